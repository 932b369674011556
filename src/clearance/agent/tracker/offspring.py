"""What came of a process that split without beginning another program: its like, of which no start tells."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

MOST: Final = 4_096
"""Children that are remembered, of all processes together: those that came last."""


class Offspring:
    """Who split of late. `births` gives process and new process, of all that split since it was asked last."""

    def __init__(self, births: Callable[[], Iterable[tuple[int, int]]]) -> None:
        self._births = births
        self._of: OrderedDict[int, list[int]] = OrderedDict()
        self._count = 0

    def note(self) -> None:
        """Take in what has been told."""
        for parent, child in self._births():
            # A number that was another process's before.
            self._forget(child)
            self._of.setdefault(parent, []).append(child)
            self._count += 1
            while self._count > MOST:
                # A half of what came of one: a process that splits without end is not forgotten as a whole.
                oldest, children = next(iter(self._of.items()))
                kept = children[len(children) // 2 + 1 :]
                self._forget(oldest)
                if kept:
                    self._of[oldest] = kept
                    self._count += len(kept)

    def take(self, pid: int) -> list[int]:
        """What came of a process as far as it is noted, each once."""
        return self._forget(pid)

    def _forget(self, pid: int) -> list[int]:
        children = self._of.pop(pid, [])
        self._count -= len(children)
        return children
