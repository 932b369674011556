"""Waiting for many descriptors and for times, in one thread. A callback that fails costs its own connection only."""

from __future__ import annotations

import heapq
import itertools
import select
import time
from collections.abc import Callable
from typing import Final, Protocol

READ: Final = select.EPOLLIN
WRITE: Final = select.EPOLLOUT
ENDED: Final = select.EPOLLHUP | select.EPOLLERR
EDGE: Final = select.EPOLLET
_AT_ONCE: Final = 256

Called = Callable[[int], None]
"""Called with the events (as of epoll) of its descriptor."""


class HasDescriptor(Protocol):
    """What can be waited for."""

    def fileno(self) -> int:
        """The descriptor."""
        ...


class Timer:
    """A call to come. `cancelled` ones are never made."""

    __slots__ = ("call", "cancelled")

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.cancelled = False


class Loop:
    """Descriptors and timers. Not thread-safe. Seconds are of the monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._poll = select.epoll()
        self._called: dict[int, Called] = {}
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._soon: list[Callable[[], None]] = []
        self.failures = 0

    def watch(self, what: HasDescriptor, events: int, called: Called) -> None:
        """Call when one of the events comes. A descriptor watched already is watched anew."""
        fd = what.fileno()
        if fd in self._called:
            self._poll.modify(fd, events)
        else:
            self._poll.register(fd, events)
        self._called[fd] = called

    def forget(self, what: HasDescriptor) -> None:
        """Never call for it again. To be called before it is closed."""
        fd = what.fileno()
        if self._called.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call once, not before so many seconds have gone."""
        timer = Timer(call)
        heapq.heappush(self._timers, (self.clock() + seconds, next(self._order), timer))
        return timer

    def soon(self, call: Callable[[], None]) -> None:
        """Call in the next turn, after what waits meanwhile has had its turn."""
        self._soon.append(call)

    def turn(self, longest: float) -> None:
        """Wait until something comes, at most so many seconds, and make the calls."""
        wait = longest
        while self._timers and self._timers[0][2].cancelled:
            heapq.heappop(self._timers)
        if self._timers:
            wait = min(wait, max(0.0, self._timers[0][0] - self.clock()))
        for fd, events in self._poll.poll(0 if self._soon else wait, _AT_ONCE):
            called = self._called.get(fd)
            if called is not None:
                self._guard(lambda called=called, events=events: called(events))  # type: ignore[misc]
        soon, self._soon = self._soon, []
        for call in soon:
            self._guard(call)
        now = self.clock()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if not timer.cancelled:
                self._guard(timer.call)

    def _guard(self, call: Callable[[], None]) -> None:
        try:
            call()
        except OSError:
            self.failures += 1

    def close(self) -> None:
        """Forget everything."""
        self._called.clear()
        self._poll.close()
