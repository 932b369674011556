"""One start that the kernel asks about twice: of the file on an overlay, and of the same one below it."""

from __future__ import annotations

from typing import Final

from clearance.agent.guard.known import Place
from clearance.model.enforcement import Done, KnownFile, Means

LATEST: Final = 1_024
"""Processes of which the last start is remembered."""


class Overlays:
    """Tells the second from the first: the same process and change time, another device or inode."""

    def __init__(self) -> None:
        self._latest: dict[int, tuple[object, Place]] = {}

    def told(self, pid: int, file: KnownFile, means: Means, done: Done) -> bool:
        """Whether this very start was told already. If not, it is now."""
        start, where = (means, done, file.tool, file.changed), (file.device, file.inode)
        before = self._latest.pop(pid, None)
        self._latest[pid] = (start, where)
        if len(self._latest) > LATEST:
            del self._latest[next(iter(self._latest))]
        return before is not None and before[0] == start and before[1] != where
