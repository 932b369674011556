from __future__ import annotations

from typing import get_args

import msgspec

from clearance.model.enforcement import Action, Entry, KnownFile, Row, Table
from clearance.model.terms import EFFECTS

ROW = Row("block", "block", 3)


def test_a_table_is_small_on_the_wire() -> None:
    """Thousands of rows travel with each new table: they carry no names of fields."""
    assert msgspec.to_builtins(Entry("t", None, 7, ROW)) == ["t", None, 7, ["block", "block", 3], None]
    assert len(msgspec.msgpack.encode(Entry("claude-code", None, 1000, ROW))) < 40


def test_a_table_is_a_value() -> None:
    table = Table(1, 2, "block", 500, "open", (Entry("t", None, None, ROW),), files=(KnownFile(1, 2, 3, None),))
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(table), type=Table)
    assert again == table
    assert hash(again) == hash(table)


def test_fields_that_are_added_last_have_defaults() -> None:
    """An older process reads what a newer one sends, and the other way round."""
    assert msgspec.convert(["t", None, 7, ["allow", "warn", 0]], Entry).confidence is None
    assert msgspec.convert([1, 2, 3, None], KnownFile) == KnownFile(1, 2, 3, None)


def test_what_is_done_is_among_the_effects() -> None:
    assert set(get_args(Action)) <= set(EFFECTS)
