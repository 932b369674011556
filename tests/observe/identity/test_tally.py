"""What follows from markers found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.tool import Where
from clearance.observe.identity.tally import Piece, Tally, narrow
from clearance.observe.identity.types import Package
from tests.observe.identity.made import RULES

BANNER = Piece("code", "script", b"// Acme Coder, your agent")
VARIABLES = Piece("code", "script", b"process.env.ACME_HOME || ACME_PROFILE")
VERSION = Piece("code", "script", b'ACME_VERSION="4.5.6"')
ENTRY = Piece("entry", "bun-entry", b"/$bunfs/root/acme")
PACKAGE = Package("npm", "@acme/coder", "7.8.9", "/x/package.json")


def tally(*pieces: Piece) -> Tally:
    found = Tally(RULES)
    for piece in pieces:
        found.add(piece)
    return found


@pytest.mark.parametrize(
    ("pieces", "confidence"),
    [
        ((BANNER, VARIABLES), "certain"), ((BANNER, ENTRY), "certain"), ((BANNER,), "strong"), ((VARIABLES,), "strong"),
        ((Piece("code", "script", b"acme coder"),), "weak"),
        ((Piece("data", "elf-data", b"crates/acme-cli/src/x.rs ACME_HOME is not set"),), "certain"),
    ],
)  # fmt: skip
def test_two_roles_are_certain_one_is_strong_words_are_weak(pieces: tuple[Piece, ...], confidence: str) -> None:
    verdict = tally(*pieces).verdict()
    assert verdict is not None
    assert (verdict.tool, verdict.confidence) == ("acme", confidence)
    assert all(evidence.kind and evidence.detail for evidence in verdict.evidence)


@pytest.mark.parametrize(
    "piece",
    [
        Piece("code", "script", b"ACME_HOME"),  # one of the two that are needed
        Piece("data", "elf-data", b"ACME_HOME is not set"),  # support, alone
        Piece("data", "elf-data", b"// Acme Coder, your agent"),  # not where the program itself says it
        Piece("entry", "bun-entry", b"/$bunfs/root/acme-viewer"),  # not the whole name
        Piece("modules", "archive-names", b"tests/test_acme.py"),
    ],
)
def test_what_proves_nothing(piece: Piece) -> None:
    assert tally(piece).verdict() is None


def test_a_part_that_shows_only_its_origin_is_that_of_the_package_it_lies_in() -> None:
    found = tally(BANNER, VARIABLES, VERSION)
    found.add_package(Package("npm", "fork-coder", "1.2.3", "/x/package.json"))
    verdict = found.verdict()
    assert verdict is not None
    assert (verdict.tool, verdict.version, verdict.confidence) == ("fork", "1.2.3", "strong")
    assert verdict.evidence[-1].kind == "package"


def test_the_package_of_a_tool_that_is_no_descendant_says_nothing() -> None:
    found = tally(BANNER, VARIABLES, VERSION)
    found.add_package(Package("npm", "other-agent", "1.2.3", "/x/package.json"))
    verdict = found.verdict()
    assert verdict is not None
    assert (verdict.tool, verdict.version) == ("acme", "4.5.6")


def test_the_role_decides_not_the_presence() -> None:
    """A program about several tools holds the marks of all of them."""
    about = tally(
        BANNER, VARIABLES, ENTRY, Piece("code", "script", b"The Other Agent starts FORK_HOME FORK_TOKEN_FILE")
    )
    many = tally(BANNER, Piece("code", "script", b"The Other Agent starts"), Piece("code", "script", b"npm:x"))
    assert about.verdict() is not None
    third = Tally(RULES)
    for piece in (
        Piece("code", "x", b"Acme Coder, your agent"),
        Piece("code", "x", b"OTHER_HOME FORK_HOME FORK_TOKEN_FILE"),
    ):
        third.add(piece)
    assert many.verdict() is not None
    assert {one for one in ("acme", "other", "fork") if one in third.roles} == {"acme", "other", "fork"}


def test_a_program_built_from_another_goes_before_it() -> None:
    both = tally(BANNER, VARIABLES, VERSION, Piece("code", "script", b"FORK_HOME FORK_TOKEN_FILE"))
    verdict = both.verdict()
    assert verdict is not None
    assert verdict.tool == "fork"


def test_versions_from_the_content_first() -> None:
    found = tally(BANNER, VARIABLES, VERSION)
    found.add_package(PACKAGE)
    verdict = found.verdict()
    assert verdict is not None
    assert verdict.version == "4.5.6"


def test_the_package_alone_tells_only_its_own_programs() -> None:
    carried, own = Tally(RULES), Tally(RULES)
    carried.add_package(PACKAGE)
    own.add_package(Package("npm", "@acme/coder", "7.8.9", "/x/package.json", program=True))
    assert carried.verdict() is None
    verdict = own.verdict()
    assert verdict is not None
    assert (verdict.version, verdict.confidence) == ("7.8.9", "strong")


def test_the_package_adds_to_what_the_content_shows() -> None:
    found = tally(BANNER)
    found.add_package(PACKAGE)
    verdict = found.verdict()
    assert verdict is not None
    assert (verdict.version, verdict.confidence) == ("7.8.9", "certain")


def test_another_tools_package_says_nothing_of_a_version() -> None:
    found = tally(BANNER, VARIABLES)
    found.add_package(Package("npm", "plain-coder", "9.9", "/x/package.json"))
    verdict = found.verdict()
    assert verdict is not None
    assert (verdict.tool, verdict.version) == ("acme", None)


def test_settled_needs_the_version_and_no_rival() -> None:
    found = tally(BANNER, VARIABLES)
    assert found.certain()
    assert not found.settled()
    found.add(VERSION)
    assert found.settled()
    assert not found.contested()
    found.add(Piece("code", "script", b"FORK_HOME FORK_TOKEN_FILE"))
    assert not found.certain()


def test_utf_16_is_read_as_what_it_says() -> None:
    found = tally(Piece("code", "bun-code", BANNER.data.decode().encode("utf-16-le")))
    assert found.verdict() is not None


@given(st.binary(max_size=600))
def test_narrow_gives_text_back(data: bytes) -> None:
    text = bytes(byte for byte in data if 32 <= byte < 127)
    if len(text) >= 16:
        assert narrow(text.decode().encode("utf-16-le")) == text
        assert narrow(text) == text
    narrow(data)


@given(st.lists(st.sampled_from([BANNER, VARIABLES, VERSION, ENTRY]), min_size=1, max_size=6), st.randoms())
def test_the_order_of_pieces_does_not_matter(pieces: list[Piece], random: object) -> None:
    shuffled = list(pieces)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = tally(*pieces).verdict(), tally(*shuffled).verdict()
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert (one.tool, one.version, one.confidence) == (other.tool, other.version, other.confidence)


@pytest.mark.parametrize("where", ["code", "data"])
def test_signals_are_weighed_only_where_they_are_asked_for(where: Where) -> None:
    text = b"Acme Coder, your agent crates/acme-cli/src/ ACME_HOME is not set api.anthropic.com tool_use"
    asked, other = Tally(RULES), Tally(RULES, weighs=False)
    for tally in (asked, other):
        tally.add(Piece(where, "x", text))
        tally.add(Piece(where, "x", b"api.anthropic.com"))
    assert asked.signals
    assert not other.signals
    assert asked.verdict() == other.verdict() is not None
