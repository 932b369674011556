from __future__ import annotations

from collections.abc import Sequence

from clearance.agent import books as module
from clearance.agent.books import BATCH, Books
from clearance.errors import Error
from clearance.model.record import Draft, Outcome, PolicyMark, Record
from clearance.prove.ledger.store import Unrecordable


def draft(number: int) -> Draft:
    return Draft("2026-11-21T12:00:00.000Z", "change", {"number": number}, Outcome("done"))


class Disk:
    """A ledger that can be full, and that has something against some numbers."""

    def __init__(self) -> None:
        self.kept: list[int] = []
        self.calls = 0
        self.full = False
        self.refuses: set[int] = set()

    def append(self, records: Sequence[Draft]) -> list[Record]:
        self.calls += 1
        numbers = [one.subject["number"] for one in records]
        if self.full:
            raise Error("no space left")
        if self.refuses & set(numbers):
            raise Unrecordable("not recorded")
        self.kept += numbers
        return [Record(0, one.at, one.kind, one.subject, None, one.outcome, PolicyMark()) for one in records]


def test_records_are_written_in_order_and_in_batches() -> None:
    disk = Disk()
    books = Books(disk)
    for number in range(BATCH * 2 + 1):
        books.add(draft(number))
    assert books.write()
    assert (disk.kept, disk.calls, books.waiting) == (list(range(BATCH * 2 + 1)), 3, 0)
    assert books.write()
    assert disk.calls == 3


def test_what_a_full_disk_refuses_is_written_later_and_that_is_told_once() -> None:
    disk = Disk()
    books = Books(disk)
    disk.full = True
    books.add(draft(1))
    assert [books.write(), books.write()] == [False, False]
    assert (books.failures, books.mended(), books.waiting) == ({"ledger-write": 2}, [], 1)
    books.add(draft(2))
    disk.full = False
    assert books.write()
    assert disk.kept == [1, 2]
    assert books.mended() == [("ledger-write", 2)]
    assert (books.mended(), books.failures["ledger-write"]) == ([], 0)


def test_a_record_that_can_never_be_kept_keeps_no_other_waiting() -> None:
    disk = Disk()
    disk.refuses = {2, 4}
    books = Books(disk)
    for number in range(6):
        books.add(draft(number))
    assert books.write()
    assert (disk.kept, books.waiting) == ([0, 1, 3, 5], 0)
    assert books.mended() == [("record-unwritable", 2)]


def test_what_was_recorded_first_is_kept_when_there_is_no_room(monkeypatch: object) -> None:
    disk = Disk()
    books = Books(disk)
    most, module.MOST = module.MOST, 3  # type: ignore[misc]
    try:
        for number in range(5):
            books.add(draft(number))
    finally:
        module.MOST = most  # type: ignore[misc]
    assert books.write()
    assert disk.kept == [0, 1, 2]
    assert books.mended() == [("ledger-overflow", 2)]


def test_another_ledger_takes_what_waits() -> None:
    first, second = Disk(), Disk()
    books = Books(first)
    first.full = True
    books.add(draft(1))
    books.write()
    books.turn_to(second)
    assert books.write()
    assert (first.kept, second.kept) == ([], [1])
