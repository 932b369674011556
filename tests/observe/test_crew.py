from __future__ import annotations

import os
import signal
from collections.abc import Iterable

import pytest

from clearance.model.sighting import Skipped
from clearance.observe.crew import Crew, Report, visit_alone
from clearance.observe.probe import Observation, Span


class Tree:
    """A tree in memory: every folder of a depth has `width` folders below it and one file."""

    def __init__(self, width: int, depth: int, deadly: str = "", kills: int = signal.SIGKILL) -> None:
        self.width = width
        self.depth = depth
        self.deadly = deadly
        self.kills = kills
        self.files = 0
        self.seen: list[Observation] = []

    def folder(self, path: str) -> list[str]:
        if self.deadly and path.endswith(self.deadly):
            os.kill(os.getpid(), self.kills)
        self.files += 1
        self.seen.append(Span("t", None, "s", path, 1, 0.0))
        return [f"{path}/{n}" for n in range(self.width)] if path.count("/") < self.depth else []

    def take(self) -> list[Observation]:
        seen, self.seen = self.seen, []
        return seen


def paths(reports: Iterable[Report]) -> list[str]:
    return sorted(seen.path for report in reports for seen in report.observations if isinstance(seen, Span))


def skipped(reports: Iterable[Report]) -> list[Skipped]:
    return [seen for report in reports for seen in report.observations if isinstance(seen, Skipped)]


def test_a_crew_sees_what_one_sees() -> None:
    alone = list(visit_alone(Tree(4, 6), ["/a", "/b"]))
    crew = list(Crew(Tree(4, 6), 3).walk(["/a", "/b"]))
    assert paths(crew) == paths(alone)
    assert sum(r.files for r in crew) == sum(r.files for r in alone) == len(paths(alone))
    assert sum(r.folders for r in crew) == sum(r.folders for r in alone)


@pytest.mark.parametrize("kills", [signal.SIGKILL, signal.SIGXCPU])
def test_a_worker_that_dies_costs_one_folder(kills: int) -> None:
    whole = paths(visit_alone(Tree(3, 5), ["/a"]))
    reports = list(Crew(Tree(3, 5, deadly="/a/1/2", kills=kills), 2).walk(["/a"]))
    lost = skipped(reports)
    assert [miss.path for miss in lost] == ["/a/1/2"]
    assert f"signal {int(kills)}" in lost[0].reason
    assert set(whole) - set(paths(reports)) == {p for p in whole if p == "/a/1/2" or p.startswith("/a/1/2/")}


def test_a_tree_on_which_every_worker_dies_ends() -> None:
    reports = list(Crew(Tree(30, 2, deadly=""), 2).walk([]))
    assert reports == []
    deadly = list(Crew(Tree(60, 3, deadly="0"), 2).walk([f"/{n}0" for n in range(200)]))
    assert skipped(deadly)


def test_a_bounded_walk_says_what_is_left() -> None:
    reports = list(Crew(Tree(4, 8), 2).walk(["/a"], most=1))
    assert reports[-1].left
    assert len(paths(reports)) + len(reports[-1].left) < len(paths(visit_alone(Tree(4, 8), ["/a"])))
    alone = list(visit_alone(Tree(4, 8), ["/a"], most=1))
    assert alone[-1].left


def test_no_worker_outlives_a_walk_that_is_given_up() -> None:
    crew = Crew(Tree(6, 9), 2)
    processes = [process for process, _ in crew._workers.values()]
    reports = crew.walk(["/a"])
    next(reports)
    reports.close()  # type: ignore[attr-defined]
    assert all(process.exitcode is not None for process in processes)


def test_workers_end_when_their_chief_is_killed() -> None:
    told, tell = os.pipe()
    chief = os.fork()
    if chief == 0:
        crew = Crew(Tree(2, 2), 2)
        os.write(tell, " ".join(str(process.pid) for process, _ in crew._workers.values()).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(chief, 0)
    os.close(tell)
    pids = [int(word) for word in os.read(told, 99).split()]
    assert len(pids) == 2
    # The pipe's last writing end closes when the last worker is gone.
    assert os.read(told, 1) == b""
    os.close(told)
