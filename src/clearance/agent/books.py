"""Records on their way into the ledger: kept in memory while the disk refuses them, never in the way of a decision."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from clearance.errors import Error
from clearance.model.record import Draft, Record
from clearance.prove.ledger.store import Unrecordable

MOST: Final = 20_000
"""Records that wait. Beyond, the newest are counted and given up: what was recorded first is the evidence."""

BATCH: Final = 512


class Appends(Protocol):
    """The ledger, as much of it as is needed."""

    def append(self, records: Sequence[Draft]) -> list[Record]: ...  # noqa: D102


class Books:
    """Collects records and appends them in batches. `failures` counts what went wrong, by reason."""

    def __init__(self, ledger: Appends, say: Callable[[Draft], None] = lambda _: None) -> None:
        self._ledger = ledger
        self._say = say
        self._waiting: deque[Draft] = deque()
        self._refused = 0
        self._mended: dict[str, int] = {}
        self.failures: dict[str, int] = {}

    def add(self, draft: Draft) -> None:
        """Take a record, and say it."""
        self._say(draft)
        if len(self._waiting) >= MOST:
            self._count("ledger-overflow")
            self._mended["ledger-overflow"] = self._mended.get("ledger-overflow", 0) + 1
            return
        self._waiting.append(draft)

    def write(self) -> bool:
        """Append what waits. False where the ledger refused; it stays and is tried again with the next call."""
        most = BATCH
        while self._waiting:
            batch = [self._waiting[place] for place in range(min(most, len(self._waiting)))]
            try:
                self._ledger.append(batch)
            except Unrecordable:
                # One of them can never be kept: it is found by trying them one by one, and given up.
                if len(batch) > 1:
                    most = 1
                    continue
                self._count("record-unwritable")
                self._mended["record-unwritable"] = self._mended.get("record-unwritable", 0) + 1
            except (OSError, Error):
                self._count("ledger-write")
                self._refused += 1
                return False
            for _ in batch:
                self._waiting.popleft()
        if self._refused:
            self._mended["ledger-write"], self._refused = self._refused, 0
        return True

    def mended(self) -> list[tuple[str, int]]:
        """What went wrong and is over, so that it can be recorded now: reasons, and how often. Told once."""
        told, self._mended = self._mended, {}
        for reason in told:
            # Who records it counts it again.
            self.failures[reason] -= told[reason]
        return list(told.items())

    def turn_to(self, ledger: Appends) -> None:
        """Write into another ledger from now on."""
        self._ledger = ledger

    def _count(self, reason: str) -> None:
        self.failures[reason] = self.failures.get(reason, 0) + 1

    @property
    def waiting(self) -> int:
        """Records that are not in the ledger yet."""
        return len(self._waiting)
