"""Markers compiled: what is searched, and how the rules travel."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.catalog.compiled import load_catalog
from clearance.model.tool import Where
from clearance.observe.identity.rules import WHERES, Rules, compile_rules, leading_literal, literal_of
from clearance.observe.identity.tally import Piece, Tally
from tests.builders import catalog, tool
from tests.observe.identity.made import KNOWN, RULES


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("// Version: ([0-9]+)", b"// Version: "),
        (r'\.version\("([0-9]+)', b'.version("'),
        (r"colou?r ([0-9])", b"colo"),
        ("([0-9])", b""),
        (r"a\d", b"a"),
        ("abc+", b"ab"),
        (r"a\.*", b"a"),
    ],
)
def test_leading_literal(pattern: str, literal: bytes) -> None:
    assert leading_literal(pattern) == literal


def test_names_are_bound_to_their_ends() -> None:
    assert literal_of("^acme$", "entry") == b"\nacme\n"
    assert literal_of("^acme$", "code") == b"^acme$"


def test_packages_by_name_glob_and_surface() -> None:
    assert RULES.tool_of_package("npm", "@acme/coder") == "acme"
    assert RULES.tool_of_package("npm", "@acme/coder-linux-x64") == "acme"
    assert RULES.tool_of_package("npm", "plain-coder") == "plain"
    assert RULES.tool_of_package("pypi", "plain-coder") is None
    assert RULES.tool_of_package("npm", "@acme/coderx") is None


def test_every_literal_is_found_wherever_it_stands() -> None:
    for number, literal in enumerate(RULES.literals):
        assert number in RULES.search(b"x" * 7 + literal + b"y" * 9)
        assert number not in RULES.search(literal[:-1])


@given(st.binary(max_size=2000))
def test_a_search_finds_what_is_there_and_nothing_else(data: bytes) -> None:
    assert RULES.search(data) == {number for number, literal in enumerate(RULES.literals) if literal in data}


@given(
    st.binary(max_size=200),
    st.lists(st.sampled_from(RULES.literals), max_size=3),
    st.sampled_from(WHERES),
    st.booleans(),
)
def test_nothing_that_counts_is_missed_wherever_it_stands(
    noise: bytes, planted: list[bytes], where: Where, signals: bool
) -> None:
    data = noise.join([b"", *planted, b""])
    there = RULES.search(data)
    seen = RULES.search(data, where, signals=signals)
    assert seen in (there, set())
    counting = {n for n in there if any(RULES.rules[owner].where == where for owner in RULES.owners[n])}
    assert counting <= seen
    assert not signals or there & RULES.signals.keys() <= seen


def test_rules_survive_a_pickle() -> None:
    again = pickle.loads(pickle.dumps(RULES))
    assert again.literals == RULES.literals
    tally = Tally(again)
    tally.add(Piece("argv", "x", b"--user-agent=acme/2.0"))
    assert tally.verdict() == _verdict(RULES)


def _verdict(rules: Rules) -> object:
    tally = Tally(rules)
    tally.add(Piece("argv", "x", b"--user-agent=acme/2.0"))
    return tally.verdict()


def test_no_tool_at_all() -> None:
    assert compile_rules(catalog()).search(b"ACME_HOME") == set()


def test_from_a_catalog() -> None:
    rules = compile_rules(catalog(tool("plain", packages=("npm:plain-coder",), libraries=("npm:plain-sdk",))))
    assert rules.tool_of_package("npm", "plain-coder") == "plain"
    assert rules.libraries == {"npm:plain-sdk"}


def test_the_shipped_catalog_compiles() -> None:
    rules = compile_rules(load_catalog())
    assert len(rules.literals) > 500
    for tool_id, versions in rules.versions.items():
        for version in versions:
            assert version.match(b"", 0) is None
            assert len(version.literal) >= 4, f"{tool_id}: {version.pattern!r} begins with too little literal text"
    assert all(other in load_catalog().tools for others in rules.over.values() for other in others)


def test_markers_of_the_shipped_catalog_belong_to_one_tool() -> None:
    """The same literal as proof of two tools that are not built from each other would prove neither."""
    rules = compile_rules(load_catalog())
    for number, owners in enumerate(rules.owners):
        tools = {
            rules.rules[one].tool for one in owners if not rules.rules[one].support and rules.rules[one].least == 1
        }
        assert len(tools) <= 1, (rules.literals[number], tools)


def test_what_a_tool_s_packages_run_in() -> None:
    assert RULES.runs_in("acme", frozenset({"npm"}))
    assert RULES.runs_in("acme", frozenset({"cargo", "pypi"}))
    assert not RULES.runs_in("acme", frozenset({"pypi"}))
    assert RULES.runs_in("other", frozenset({"pypi"}))


assert KNOWN
