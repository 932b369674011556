"""Whether any of some texts stands in a piece."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clearance.catalog.compiled import load_catalog
from clearance.observe.identity.rules import compile_rules
from clearance.observe.identity.sieve import GROUP, Sieve

TEXTS = st.binary(min_size=1, max_size=6)


@given(st.lists(TEXTS, max_size=3 * GROUP), st.lists(TEXTS, max_size=5))
def test_it_holds_what_is_there_and_nothing_else(texts: list[bytes], pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert Sieve(texts).holds(data) == any(text in data for text in texts)


def test_each_of_the_shipped_literals_is_seen_wherever_it_stands() -> None:
    literals = compile_rules(load_catalog()).literals
    sieve = Sieve(literals)
    for literal in literals:
        assert sieve.holds(b"~" * 37 + literal + b"~" * 5), literal
        assert Sieve([literal]).holds(literal)
    assert not sieve.holds(b"~" * 5000)


def test_no_texts_at_all() -> None:
    assert not Sieve([]).holds(b"anything")
