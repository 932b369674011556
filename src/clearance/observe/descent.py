"""How a walk goes down: in this process first, since most walks are small; then with a crew.

A bounded descent visits the highest folders first, and which folders it visits depends on the tree alone: not on the
number of processes, not on which of them is faster. Files that were put off on the way come last.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Final, Self

from msgspec import structs

from clearance.log import LOG
from clearance.model.sighting import Skipped
from clearance.observe.crew import Batch, Crew, Report, Visits, visit_batch

ALONE: Final = 800
"""Folders that one process visits before a crew is worth its start-up (about 30 ms)."""

BRIEF: Final = 0.03
"""Seconds for which one process looks into files that were put off, before a crew is worth its start-up."""


class Descent:
    """Goes down from folders with one visitor. `workers` None: as many processes as processors."""

    def __init__(self, visitor: Visits, workers: int | None = None) -> None:
        self._visitor = visitor
        self._size = workers or _processors()
        self._alone = 0
        self._crew: Crew | None = None
        self._later: list[tuple[int, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._crew is not None:
            self._crew.dismiss()

    def whole(self, roots: Sequence[str]) -> Iterator[Report]:
        """Everything below these folders."""
        yield from self._noting(self._everything(roots))
        yield from self._put_off()

    def _everything(self, roots: Sequence[str]) -> Iterator[Report]:
        left = tuple(roots)
        while left and not self._wants_crew():
            report = visit_batch(self._visitor, Batch(left))
            left = report.left
            self._alone += report.folders
            yield report
        if left and self._crew is not None:
            yield from self._crew.descend(left)

    def bounded(self, roots: Sequence[str], most: int, beside: Sequence[str] = ()) -> Iterator[Report]:
        """At most `most` folders below each of these: level by level, and by name within a level.

        What is left out is told in a report. Of the folders `beside`, only what lies directly in them.
        """
        for report in self._level(list(beside)):
            yield structs.replace(report, left=())
        yield from self._bounded(roots, most)
        yield from self._put_off()

    def _bounded(self, roots: Sequence[str], most: int) -> Iterator[Report]:
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

    def _put_off(self) -> Iterator[Report]:
        """The files that were put off: the smallest first, then, where it takes long, the largest first by a crew."""
        files = deque(path for _, path in sorted(self._later))
        self._later.clear()
        until = time.monotonic() + BRIEF
        while files and (len(files) == 1 or (self._crew is None and time.monotonic() < until) or not self._hired()):
            yield visit_batch(self._visitor, Batch((files.popleft(),), files=True))
        if files and self._crew is not None:
            yield from self._crew.files(reversed(files))

    def _noting(self, reports: Iterable[Report]) -> Iterator[Report]:
        for report in reports:
            self._later.extend(report.later)
            yield report

    def _level(self, folders: list[str]) -> Iterator[Report]:
        return self._noting(self._visits(folders))

    def _visits(self, folders: list[str]) -> Iterator[Report]:
        while folders and not self._wants_crew():
            count = ALONE - self._alone if self._size > 1 else ALONE
            report = visit_batch(self._visitor, Batch(tuple(folders[:count]), level=True))
            del folders[:count]
            self._alone += report.folders
            yield report
        if folders and self._crew is not None:
            yield from self._crew.level(folders)

    def _wants_crew(self) -> bool:
        return self._alone >= ALONE and self._hired()

    def _hired(self) -> bool:
        """Whether there is a crew, now at the latest. Where no process may be started, one goes on alone."""
        if self._crew is None and self._size > 1:
            try:
                self._crew = Crew(self._visitor, self._size)
            except OSError as error:
                LOG.info("no further processes: %s", error.strerror)
                self._size = 1
        return self._crew is not None


def _left_out(root: str, most: int, count: int) -> Skipped:
    why = f"only the {most} highest folders were looked at; {count} more and what is below them: --deep {root or '/'}"
    return Skipped("walk", root or "/", why, matters=False)


def _processors() -> int:
    if "fork" not in multiprocessing.get_all_start_methods():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
