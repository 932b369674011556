"""Which process is being looked at since when: memory that the looker writes and its supervisor reads."""

from __future__ import annotations

import mmap
import struct
import time
from typing import Final

_STATE: Final = struct.Struct("=QQ")


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

    def stuck(self) -> tuple[float, int]:
        """For how many seconds the present look has lasted (0 between rounds), and at which process."""
        since, pid = _STATE.unpack_from(self._memory, 0)
        return (time.monotonic_ns() - since) / 1e9 if since else 0.0, pid
