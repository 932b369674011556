"""Starts that were let through early, until they are confirmed: each with its program as an open file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from clearance.agent.guard.waiting import Waiting

SOON: Final = 5_000_000
"""Nanoseconds after which a start is confirmed: its beginning is not to be disturbed."""

MOST: Final = 64
SHARE: Final = 4
"""Of the descriptors that starts may have, one in so many at most."""


class Confirmations:
    """In the order in which they came. `room` is how many descriptors starts may have; times are nanoseconds."""

    def __init__(self, room: int) -> None:
        self._most = min(MOST, room // SHARE)
        self._order: deque[tuple[int, int, Waiting]] = deque()

    def add(self, now: int, fd: int, waiting: Waiting) -> bool:
        """Have it confirmed soon. False where too many are to be already."""
        if len(self._order) >= self._most:
            return False
        self._order.append((now + SOON, fd, waiting))
        return True

    def due(self, now: int) -> Iterator[tuple[int, Waiting]]:
        """Those whose time has come, with their open files, which are the receiver's to close."""
        while self._order and self._order[0][0] <= now:
            _, fd, waiting = self._order.popleft()
            yield fd, waiting

    def until_next(self, now: int) -> float:
        """Seconds until the next one is due; at most 0.5."""
        return min(0.5, (self._order[0][0] - now) / 1e9) if self._order else 0.5
