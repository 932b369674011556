"""A tree in memory that can be visited, and what visits of it gave."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable

from clearance.model.sighting import Skipped
from clearance.observe.crew import Report
from clearance.observe.probe import Observation, Span


class Tree:
    """Every folder down to a depth has `width` folders below it and one file; with `heavy`, another that is put off.

    Where a path ends in `deadly` the process kills itself, where one ends in `endless` it never comes back.
    """

    def __init__(
        self,
        width: int,
        depth: int,
        deadly: str = "",
        kills: int = signal.SIGKILL,
        endless: str = "",
        heavy: bool = False,
    ) -> None:
        self.width = width
        self.depth = depth
        self.deadly = deadly
        self.kills = kills
        self.endless = endless
        self.later: list[tuple[int, str]] | None = [] if heavy else None
        self.files = 0
        self.seen: list[Observation] = []

    def heavy(self, path: str) -> None:
        self._meet(path)
        self.seen.append(Span("t", None, "s", path, 1, 0.0))

    def take_later(self) -> list[tuple[int, str]]:
        taken = self.later or []
        if self.later is not None:
            self.later = []
        return taken

    def _meet(self, path: str) -> None:
        if self.deadly and path.endswith(self.deadly):
            os.kill(os.getpid(), self.kills)
        while self.endless and path.endswith(self.endless):
            time.sleep(60)

    def folder(self, path: str) -> list[str]:
        self._meet(path)
        self.files += 1
        if self.later is not None:
            self.files += 1
            self.later.append((self.files, f"{path}/heavy"))
        self.seen.append(Span("t", None, "s", path, 1, 0.0))
        return [f"{path}/{n}" for n in range(self.width)] if path.count("/") < self.depth else []

    def take(self) -> list[Observation]:
        seen, self.seen = self.seen, []
        return seen


def paths(reports: Iterable[Report]) -> list[str]:
    return sorted(seen.path for report in reports for seen in report.observations if isinstance(seen, Span))


def skipped(reports: Iterable[Report]) -> list[Skipped]:
    return [seen for report in reports for seen in report.observations if isinstance(seen, Skipped)]
