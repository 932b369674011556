"""What came of a process that split without beginning another program: its like, of which no start tells."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

MOST: Final = 4_096
"""Processes whose offspring is remembered, and children of each."""


class Offspring:
    """Who split of late. `births` gives process and new process, of all that split since it was asked last."""

    def __init__(self, births: Callable[[], Iterable[tuple[int, int]]]) -> None:
        self._births = births
        self._of: OrderedDict[int, list[int]] = OrderedDict()

    def note(self) -> None:
        """Take in what has been told."""
        for parent, child in self._births():
            # A number that was another process's before.
            self._of.pop(child, None)
            children = self._of.setdefault(parent, [])
            if len(children) < MOST:
                children.append(child)
            if len(self._of) > MOST:
                self._of.popitem(last=False)

    def take(self, pid: int) -> list[int]:
        """What came of a process, each once."""
        self.note()
        return self._of.pop(pid, [])
