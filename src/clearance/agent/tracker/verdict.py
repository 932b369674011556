"""What is done about a process, from the rows that its findings have: pure."""

from __future__ import annotations

from collections.abc import Sequence

from clearance.model.enforcement import Done, Row


def worst(rows: Sequence[Row | None]) -> int | None:
    """The place of the row that counts: one that blocks before one that warns before one that would; None for none."""
    ranked = [(_rank(row), -number) for number, row in enumerate(rows) if row is not None and _rank(row)]
    return -max(ranked)[1] if ranked else None


def _rank(row: Row) -> int:
    order = ("allow", "warn", "block")
    return 3 * order.index(row.action) + order.index(row.would)


def said(row: Row, *, guarded: bool) -> Done | None:
    """What is to be told of a process that goes on. None for nothing, also where the guard has told it (`guarded`)."""
    if guarded:
        return None
    if row.action == "warn":
        return "warned"
    if row.action == "allow" and row.would != "allow":
        return "would-block" if row.would == "block" else "would-warn"
    return None
