"""How a walk goes down: in this process first, since most walks are small; then with a crew.

A bounded descent visits the highest folders first, and which folders it visits depends on the tree alone: not on the
number of processes, not on which of them is faster.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, Self

from clearance.model.sighting import Skipped
from clearance.observe.crew import Batch, Crew, Report, Visits, visit_batch

ALONE: Final = 800
"""Folders that one process visits before a crew is worth its start-up (about 30 ms)."""


class Descent:
    """Goes down from folders with one visitor. `workers` None: as many processes as processors."""

    def __init__(self, visitor: Visits, workers: int | None = None) -> None:
        self._visitor = visitor
        self._size = workers or _processors()
        self._alone = 0
        self._crew: Crew | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._crew is not None:
            self._crew.dismiss()

    def whole(self, roots: Sequence[str]) -> Iterator[Report]:
        """Everything below these folders."""
        left = tuple(roots)
        while left and not self._wants_crew():
            report = visit_batch(self._visitor, Batch(left))
            left = report.left
            self._alone += report.folders
            yield report
        if left:
            yield from self._hire().descend(left)

    def bounded(self, roots: Sequence[str], most: int) -> Iterator[Report]:
        """At most `most` folders below each of these: level by level, and by name within a level.

        What is left out is in the last report.
        """
        owners = {root: root for root in roots}
        used = Counter(roots)
        left_out: Counter[str] = Counter()
        while owners:
            below: dict[str, list[str]] = {}
            for report in self._level(sorted(owners)):
                for child in report.left:
                    below.setdefault(owners[child.rpartition("/")[0]], []).append(child)
                yield report
            owners = {}
            for root, children in below.items():
                room = most - used[root]
                left_out[root] += max(0, len(children) - room)
                children.sort()
                owners |= dict.fromkeys(children[:room], root)
                used[root] += min(len(children), room)
        yield Report(tuple(_left_out(root, most, count) for root, count in sorted(left_out.items()) if count))

    def _level(self, folders: list[str]) -> Iterator[Report]:
        while folders and not self._wants_crew():
            count = ALONE - self._alone if self._size > 1 else ALONE
            report = visit_batch(self._visitor, Batch(tuple(folders[:count]), level=True))
            del folders[:count]
            self._alone += report.folders
            yield report
        if folders:
            yield from self._hire().level(folders)

    def _wants_crew(self) -> bool:
        return self._size > 1 and self._alone >= ALONE

    def _hire(self) -> Crew:
        if self._crew is None:
            self._crew = Crew(self._visitor, self._size)
        return self._crew


def _left_out(root: str, most: int, count: int) -> Skipped:
    why = f"only the {most} highest folders were looked at; {count} more and what is below them: --deep {root or '/'}"
    return Skipped("walk", root or "/", why, matters=False)


def _processors() -> int:
    if "fork" not in multiprocessing.get_all_start_methods():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
