"""Records on their way into the ledger: kept in memory while the disk refuses them, never in the way of a decision."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from clearance.errors import Error
from clearance.model.record import Draft, Record

MOST: Final = 20_000
"""Records that wait. Beyond, the newest are counted and given up: what was recorded first is the evidence."""

BATCH: Final = 512


class Appends(Protocol):
    """The ledger, as much of it as is needed."""

    def append(self, records: Sequence[Draft]) -> list[Record]: ...  # noqa: D102


class Books:
    """Collects records and appends them in batches. `failures` counts what went wrong, by reason."""

    def __init__(self, ledger: Appends) -> None:
        self._ledger = ledger
        self._waiting: deque[Draft] = deque()
        self.failures: dict[str, int] = {}

    def add(self, draft: Draft) -> None:
        """Take a record."""
        if len(self._waiting) >= MOST:
            self.failures["ledger-overflow"] = self.failures.get("ledger-overflow", 0) + 1
            return
        self._waiting.append(draft)

    def write(self) -> bool:
        """Append what waits. False where the ledger refused; it stays and is tried again with the next call."""
        while self._waiting:
            batch = [self._waiting[place] for place in range(min(BATCH, len(self._waiting)))]
            try:
                self._ledger.append(batch)
            except (OSError, Error):
                self.failures["ledger-write"] = self.failures.get("ledger-write", 0) + 1
                return False
            for _ in batch:
                self._waiting.popleft()
        return True

    @property
    def waiting(self) -> int:
        """Records that are not in the ledger yet."""
        return len(self._waiting)
