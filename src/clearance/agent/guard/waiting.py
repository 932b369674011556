"""Starts that the kernel waits with, and until when."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from clearance.model.enforcement import KnownFile, Means


class Waiting:
    """A start that the kernel waits with. `fd` is -1 once it is answered; `file` is what it is, once that is known.

    `early`: it was let through because its program was known since it was written. `denied`: it was not let through.
    """

    __slots__ = (
        "began",
        "denied",
        "early",
        "fd",
        "file",
        "locale",
        "means",
        "path",
        "pid",
        "queued",
        "terminal",
        "tries",
        "uid",
    )

    def __init__(self, fd: int, pid: int, began: int, path: str, means: Means) -> None:
        self.fd = fd
        self.pid = pid
        self.began = began
        self.path = path
        self.means = means
        self.file: KnownFile | None = None
        self.queued = False
        self.early = False
        self.denied = False
        self.uid: int | None = None
        self.tries = 0
        self.terminal = 0
        self.locale: dict[str, str] = {}


class Queue:
    """Who waits, in the order in which they came: at most `room`. Times are nanoseconds of one clock."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._order: deque[tuple[int, Waiting]] = deque()

    def __len__(self) -> int:
        return len(self._order)

    @property
    def free(self) -> int:
        """How many more may wait."""
        return self._room - len(self._order)

    def add(self, waiting: Waiting, patience: int) -> bool:
        """Have it wait for so long from when it began, whatever is asked about it. False where too many wait."""
        if waiting.queued:
            return True
        if not self.free:
            return False
        self._order.append((waiting.began + patience, waiting))
        waiting.queued = True
        return True

    def due(self, now: int) -> Iterator[Waiting]:
        """Who waited long enough and has no answer; none of them waits any more."""
        order = self._order
        while order and (order[0][1].fd < 0 or order[0][0] <= now):
            _, waiting = order.popleft()
            if waiting.fd >= 0:
                yield waiting

    def until_next(self, now: int) -> float:
        """Seconds until the next one is due; at most 0.5."""
        return min(0.5, (self._order[0][0] - now) / 1e9) if self._order else 0.5
