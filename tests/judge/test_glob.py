from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.judge.glob import example, expression, fold, is_glob, matcher

PATTERNS = st.text("ab*?[]!-", max_size=8)
TEXTS = st.text("ab-!]", max_size=8)


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("lab-*", ["lab-", "lab-7", "lab-a\nb"], ["LAB-7", "xlab-7"]),
        ("*", ["", "x"], []),
        ("a*b*c", ["abc", "axbxbxc"], ["axbx", "ac"]),
        ("*.ex?mple", ["x.example", ".exxmple"], ["x.exmple", "example"]),
        ("[a-c]x", ["ax", "bx", "cx"], ["dx", "x", "Ax", "0x", "-x"]),
        ("[a-cxy]", ["b", "x", "y"], ["-", "z"]),
        ("[a-a]", ["a"], ["b", "-"]),
        ("[ab]", ["a", "b"], ["X", "c"]),
        ("lab-[0-9]x", ["lab-7x"], ["7x", "lab-x"]),
        ("[!a]", ["!", "b", "X"], ["a", ""]),
        ("[!a-c]x", ["dx"], ["ax"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[!]a]", ["b"], ["]", "a"]),
        ("[!]", ["[!]"], ["!", "x"]),
        ("[]", ["[]"], [""]),
        ("a[", ["a["], ["a"]),
        ("[c-a]", [], ["a", "b", "c"]),
        ("[!c-a]", ["a", "z"], ["", "ab"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("a.c", ["a.c"], ["abc"]),
        ("a**b", ["ab", "axb"], ["a"]),
        ("", [""], ["x"]),
        ("aba*aba", ["abaaba", "abaxaba"], ["aba", "ababa"]),
    ],
)
def test_globs(pattern: str, inside: list[str], outside: list[str]) -> None:
    matches = matcher((pattern,))
    assert [text for text in inside if not matches(text)] == []
    assert [text for text in outside if matches(text)] == []


@given(PATTERNS, TEXTS)
def test_globs_are_those_of_the_shell(pattern: str, text: str) -> None:
    # The library takes `[]` and `[!]` at an end of a class differently in corners; those are covered above.
    if re.search(r"\[!?\]|-\]|\[!?-|--|-.-|\[!", pattern):
        return
    assert matcher((pattern,))(text) == (re.fullmatch(fnmatch.translate(pattern), text) is not None)


@given(PATTERNS)
def test_an_example_matches_if_anything_does(pattern: str) -> None:
    if "[" not in pattern:
        assert matcher((pattern,))(example(pattern))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("lab-*", "lab-x"),
        ("a?", "ax"),
        ("plain", "plain"),
        ("[bc]", "b"),
        ("[b]", "b"),
        ("[X]", "X"),
        ("[!a]", "x"),
        ("[!x]", "y"),
        ("[!xy]", "0"),
        ("[z-a]", "x"),
    ],
)
def test_examples(pattern: str, text: str) -> None:
    assert example(pattern) == text


def test_many_wildcards_do_not_cost_exponential_time() -> None:
    assert not matcher(("*a" * 30 + "b",))("a" * 5000)


def test_a_matcher_takes_any_of_its_patterns() -> None:
    matches = matcher(["a", "b*", "?c"])
    assert [text for text in ("a", "b", "bx", "xc", "c", "") if matches(text)] == ["a", "b", "bx", "xc"]
    assert not matcher(())("")


def test_folding_touches_ascii_capitals_only() -> None:
    assert fold("AbZ@[`{") == "abz@[`{"
    assert fold("ÄbC\u212a") == "Äbc\u212a"


def test_what_is_a_glob() -> None:
    assert [text for text in ("a", "a*", "?", "[a]", "[", "a]", "[]", "[!]") if is_glob(text)] == ["a*", "?", "[a]"]
    assert expression("a.[bc]*d?") == r"a\.[bc].*d."
