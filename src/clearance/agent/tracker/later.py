"""Processes that were noticed in the middle of beginning a program, before the kernel laid out its words.

On a busy machine that middle lasts: the process stands in line for a processor like any other. It is looked at again
and again, ever less often the longer it lasts, and at last as it is.
"""

from __future__ import annotations

from typing import Final, NamedTuple

SOONEST_NS: Final = 10_000_000
"""Before it is looked at again."""

SHARE: Final = 16
"""Part of its age that is waited before the next look: what took so long will not run far meanwhile."""

PATIENCE_NS: Final = 60_000_000_000
"""Age at which it is taken as it is: a program may have been started without words."""

MOST: Final = 4_096


class Begun(NamedTuple):
    """A process that has begun a program, as `Watch.look` was asked about it. `began` is when it was noticed."""

    pid: int
    running: bool
    began: int


class Later:
    """Who is to be looked at again, and when; of each process the newest only. Times are monotonic nanoseconds."""

    def __init__(self) -> None:
        self._due: dict[int, tuple[int, Begun]] = {}

    def __len__(self) -> int:
        return len(self._due)

    def put(self, one: Begun, now: int) -> bool:
        """Whether it is looked at again; not when it is too old, or too many wait."""
        age = now - one.began
        if age >= PATIENCE_NS or (one.pid not in self._due and len(self._due) >= MOST):
            return False
        self._due[one.pid] = (now + max(SOONEST_NS, age // SHARE), one)
        return True

    def due(self, now: int) -> list[Begun]:
        """Those whose time has come; they no longer wait here."""
        found = [one for at, one in self._due.values() if at <= now]
        for one in found:
            del self._due[one.pid]
        return found
