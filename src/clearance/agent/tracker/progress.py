"""Which process is being looked at since when, and whether that look will ever end.

The looker writes into memory that its supervisor reads. A look that lasts because the machine is busy is no stall: only
time counts in which the looker neither ran nor stood in line for a processor, as the kernel keeps it (the first two
numbers of `/proc/PID/schedstat`, nanoseconds; where there are none, all time counts).
"""

from __future__ import annotations

import mmap
import struct
import time
from typing import Final, NamedTuple

_STATE: Final = struct.Struct("=QQ")

WAITS: Final = 2.0
"""Seconds that one look may wait: for a disk, for a program that serves a file system."""

RUNS: Final = 10.0
"""Seconds that one look may compute."""


class Look(NamedTuple):
    """The present look: when it began (monotonic, nanoseconds; 0 between rounds), and at which process."""

    since: int
    pid: int


class Progress:
    """Shared by a process and the children that it forks."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)

    def begin(self) -> None:
        """A round of looks begins."""
        _STATE.pack_into(self._memory, 0, time.monotonic_ns(), 0)

    def at(self, pid: int) -> None:
        """This process is looked at now."""
        _STATE.pack_into(self._memory, 0, time.monotonic_ns(), pid)

    def end(self) -> None:
        """The round is over."""
        _STATE.pack_into(self._memory, 0, 0, 0)

    def look(self) -> Look:
        """What is being looked at."""
        return Look(*_STATE.unpack_from(self._memory, 0))


class Stall:
    """Tells a look that will not end. Asked every now and then, it counts from when it first saw that look."""

    def __init__(self) -> None:
        self._look = Look(0, 0)
        self._first = (0, 0, 0)

    def stuck(self, look: Look, now: int, ran: int, in_line: int) -> bool:
        """Whether `look` has waited or computed too long. `ran` and `in_line` are the looker's, all in nanoseconds."""
        if look != self._look:
            self._look, self._first = look, (now, ran, in_line)
        if not look.since:
            return False
        lasted, ran, in_line = (value - first for value, first in zip((now, ran, in_line), self._first, strict=True))
        return ran / 1e9 > RUNS or (lasted - ran - in_line) / 1e9 > WAITS


def scheduled(pid: int) -> tuple[int, int]:
    """For how long a process has run and has stood in line, in nanoseconds; zeros where the kernel does not say."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:
            ran, in_line, _ = map(int, file.read().split())
    except (OSError, ValueError):
        return 0, 0
    return ran, in_line
