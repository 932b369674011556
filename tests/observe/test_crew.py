from __future__ import annotations

import os
import signal

import pytest

from clearance.observe.crew import Batch, Crew, Report, visit_batch
from tests.observe.memory_tree import Tree, paths, skipped


def alone(tree: Tree, *roots: str) -> list[Report]:
    reports = [visit_batch(tree, Batch(roots))]
    while reports[-1].left:
        reports.append(visit_batch(tree, Batch(reports[-1].left)))
    return reports


def crew(tree: Tree, *roots: str, size: int = 2) -> list[Report]:
    with Crew(tree, size, stuck=0.5) as workers:
        return list(workers.descend(roots))


def test_a_crew_sees_what_one_sees() -> None:
    one = alone(Tree(4, 6), "/a", "/b")
    many = crew(Tree(4, 6), "/a", "/b", size=3)
    assert paths(many) == paths(one)
    assert sum(r.files for r in many) == sum(r.files for r in one) == len(paths(one))
    assert sum(r.folders for r in many) == sum(r.folders for r in one)


def test_a_level_is_what_lies_below_these_folders_and_no_more() -> None:
    with Crew(Tree(3, 9), 2) as workers:
        reports = list(workers.level(["/a", "/b"]))
        assert paths(reports) == ["/a", "/b"]
        below = sorted(path for report in reports for path in report.left)
        assert below == ["/a/0", "/a/1", "/a/2", "/b/0", "/b/1", "/b/2"]
        assert paths(workers.level(below)) == below


@pytest.mark.parametrize("kills", [signal.SIGKILL, signal.SIGXCPU])
def test_a_worker_that_dies_costs_one_folder(kills: int) -> None:
    whole = paths(alone(Tree(3, 5), "/a"))
    reports = crew(Tree(3, 5, deadly="/a/1/2", kills=kills), "/a")
    lost = skipped(reports)
    assert [miss.path for miss in lost] == ["/a/1/2"]
    assert f"signal {int(kills)}" in lost[0].reason
    assert lost[0].matters
    assert set(whole) - set(paths(reports)) == {p for p in whole if p == "/a/1/2" or p.startswith("/a/1/2/")}


def test_a_worker_that_dies_in_a_level_costs_one_folder() -> None:
    folders = [f"/{n}" for n in range(40)]
    with Crew(Tree(2, 9, deadly="/17"), 2) as workers:
        reports = list(workers.level(folders))
    assert [miss.path for miss in skipped(reports)] == ["/17"]
    assert paths(reports) == sorted(set(folders) - {"/17"})
    assert len([path for report in reports for path in report.left]) == 2 * 39


def test_a_worker_that_is_stuck_costs_one_folder() -> None:
    reports = crew(Tree(3, 4, endless="/a/2"), "/a")
    assert [(miss.path, miss.reason) for miss in skipped(reports)] == [("/a/2", "took too long")]
    assert "/a/1/0" in paths(reports)


def test_a_tree_on_which_every_worker_dies_ends() -> None:
    assert crew(Tree(30, 2)) == []
    roots = [f"/{n}0" for n in range(200)]
    lost = [miss.path for miss in skipped(crew(Tree(60, 3, deadly="0"), *roots))]
    assert sorted(lost) == sorted(roots)


def test_no_worker_outlives_a_walk_that_is_given_up() -> None:
    with Crew(Tree(6, 9), 2) as workers:
        processes = [worker.process for worker in workers._workers.values()]
        next(workers.descend(["/a"]))
    assert all(process.exitcode is not None for process in processes)


def test_workers_end_when_their_chief_is_killed() -> None:
    told, tell = os.pipe()
    chief = os.fork()
    if chief == 0:
        workers = Crew(Tree(2, 2), 2)
        os.write(tell, " ".join(str(worker.process.pid) for worker in workers._workers.values()).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(chief, 0)
    os.close(tell)
    pids = [int(word) for word in os.read(told, 99).split()]
    assert len(pids) == 2
    # The pipe's last writing end closes when the last worker is gone.
    assert os.read(told, 1) == b""
    os.close(told)


def test_files_that_are_put_off_come_back_with_the_report_and_are_handed_out_by_themselves() -> None:
    report = visit_batch(Tree(3, 2, heavy=True), Batch(("/a",)))
    later = [path for _, path in report.later]
    assert sorted(later) == sorted(f"{path}/heavy" for path in paths([report]))
    with Crew(Tree(3, 2, heavy=True), 2) as workers:
        assert paths(workers.files(later)) == sorted(later)
    assert paths([visit_batch(Tree(3, 2, heavy=True), Batch(tuple(later), files=True))]) == sorted(later)


def test_a_worker_that_dies_on_a_file_costs_that_file() -> None:
    files = [f"/a/{n}/heavy" for n in range(9)]
    with Crew(Tree(3, 2, deadly="/4/heavy"), 2, stuck=0.5) as workers:
        reports = list(workers.files(files))
    assert paths(reports) == [path for path in files if path != "/a/4/heavy"]
    (miss,) = skipped(reports)
    assert miss.path == "/a/4/heavy"
