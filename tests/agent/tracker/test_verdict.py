"""Which row counts, and what is told of it."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.tracker.verdict import said, worst
from clearance.model.enforcement import Action, Row

ACTIONS = st.sampled_from(get_args(Action))
ROWS = st.lists(st.one_of(st.none(), st.builds(Row, ACTIONS, ACTIONS, st.just(0))), max_size=8)


@given(ROWS)
def test_what_blocks_comes_first(rows: list[Row | None]) -> None:
    place = worst(rows)
    if place is None:
        assert all(row is None or (row.action, row.would) == ("allow", "allow") for row in rows)
        return
    chosen = rows[place]
    assert chosen is not None
    if any(row is not None and row.action == "block" for row in rows):
        assert chosen.action == "block"
    elif any(row is not None and row.action == "warn" for row in rows):
        assert chosen.action == "warn"


def test_the_first_of_equals() -> None:
    assert worst([None, Row("block", "block", 1), Row("block", "block", 2)]) == 1
    assert worst([]) is None
    assert worst([None]) is None


def test_what_is_told() -> None:
    assert said(Row("warn", "warn", 0), guarded=False) == "warned"
    assert said(Row("allow", "block", 0), guarded=False) == "would-block"
    assert said(Row("allow", "warn", 0), guarded=False) == "would-warn"
    assert said(Row("allow", "allow", 0), guarded=False) is None
    assert said(Row("warn", "block", 0), guarded=True) is None
