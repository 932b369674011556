"""The catalog's markers as YARA rules."""

from __future__ import annotations

import pytest

from clearance.catalog.compiled import load_catalog
from clearance.observe.identity import opaque
from clearance.observe.identity.rules import compile_rules
from clearance.observe.identity.tally import Tally
from clearance.observe.reader import BytesReader
from tests.observe.identity.made import RULES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_both_encodings_are_found_and_count_as_support(encoding: str) -> None:
    text = "crates/acme-cli/src/x.rs and Acme Coder, your agent"
    tally = Tally(RULES)
    opaque.search(BytesReader(b"\xff" * 1000 + text.encode(encoding)), tally, 1 << 20)
    verdict = tally.verdict()
    assert verdict is not None
    assert (verdict.tool, verdict.confidence) == ("acme", "strong")


def test_as_many_strings_as_a_marker_needs() -> None:
    tally = Tally(RULES)
    opaque.search(BytesReader(b"ACME_HOME"), tally, 1 << 20)
    assert tally.support == {}


def test_what_lies_on_the_edge_of_a_piece_is_found() -> None:
    tally = Tally(RULES)
    data = b"\0" * (opaque.PIECE - 5) + b"Acme Coder, your agent" + b"\0" * 100
    opaque.search(BytesReader(data), tally, len(data))
    assert "banner" in tally.support["acme"]


def test_only_so_much_is_read() -> None:
    tally = Tally(RULES)
    opaque.search(BytesReader(b"\0" * 3 * opaque.PIECE + b"Acme Coder, your agent"), tally, opaque.PIECE)
    assert tally.support == {}


def test_the_shipped_catalog_compiles() -> None:
    assert opaque.compiled(compile_rules(load_catalog()).tools) is not None


def test_strings_are_quoted() -> None:
    assert opaque._quoted('a"b\\c\té') == r'"a\x22b\x5cc\x09\xc3\xa9"'
