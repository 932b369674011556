"""Programs that were identified when they were written, before anybody started them.

Only what is no tool is kept, and only until its first start, which needs not wait then. What is written is often given
its rights, owner and name afterwards, which changes the time that files are known by; so these are known by size and
time of modification instead, and by the kernel's mark on them: with it in place every writer's close is told, and
`forget` called. A mark that is gone (the kernel forgets it with the inode), or a file that never had one, counts as
written.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from clearance.agent.guard.known import Place, place

MOST: Final = 4_096
"""Programs that are remembered until somebody starts them."""

AT_ONCE: Final = 2
"""Programs that are examined at the same time: the examiner's other threads are for those who wait."""

Stamp = tuple[int, int]


class Arrivals:
    """What was written lately. `is_marked` asks the kernel whether its mark on an open file is still there."""

    def __init__(self, is_marked: Callable[[int], bool]) -> None:
        self._is_marked = is_marked
        self._examining: dict[Place, Stamp] = {}
        self._nothing: OrderedDict[Place, Stamp] = OrderedDict()

    @property
    def busy(self) -> bool:
        """Whether as many are being examined as may be."""
        return len(self._examining) >= AT_ONCE

    def examining(self, what: os.stat_result) -> None:
        """It is being examined, and was marked before."""
        self._examining[place(what)] = _stamp(what)

    def examined(self, where: Place, *, nothing: bool) -> None:
        """Its content is no tool's (`nothing`), or may be one's, or is not known."""
        stamp = self._examining.pop(where, None)
        if stamp is not None and nothing:
            self._nothing[where] = stamp
            if len(self._nothing) > MOST:
                self._nothing.popitem(last=False)

    def forget(self, where: Place) -> None:
        """It was written, or is being examined anew."""
        self._examining.pop(where, None)
        self._nothing.pop(where, None)

    def clear(self) -> None:
        """Forget all."""
        self._examining.clear()
        self._nothing.clear()

    def is_nothing(self, fd: int, what: os.stat_result) -> bool:
        """Whether the open file is still the content that was found to be no tool's."""
        return self._nothing.get(place(what)) == _stamp(what) and self._is_marked(fd)


def _stamp(what: os.stat_result) -> Stamp:
    return what.st_size, what.st_mtime_ns
