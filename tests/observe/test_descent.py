from __future__ import annotations

import errno
import os

import pytest

from clearance.observe import descent
from clearance.observe.descent import Descent
from tests.observe.memory_tree import Tree, paths, skipped


@pytest.fixture(params=[1, 2, 3])
def workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(descent, "ALONE", 20)
    return int(request.param)


def test_the_whole_of_a_tree(workers: int) -> None:
    with Descent(Tree(3, 5), workers) as way:
        reports = list(way.whole(["/a", "/b"]))
    assert len(paths(reports)) == len(set(paths(reports))) == 2 * (1 + 3 + 9 + 27 + 81)
    assert not skipped(reports)


def test_a_bounded_descent_goes_to_the_highest_folders_by_name(workers: int) -> None:
    with Descent(Tree(3, 9), workers) as way:
        reports = list(way.bounded(["/b", "/a"], 20))
    inside = [path for path in paths(reports) if path.startswith("/a")]
    assert len(inside) == 20
    assert [path for path in inside if path.count("/") <= 3] == [
        "/a", *(f"/a/{n}" + rest for n in range(3) for rest in ("", "/0", "/1", "/2")),
    ]  # fmt: skip
    deepest = [path for path in inside if path.count("/") == 4]
    assert deepest == ["/a/0/0/0", "/a/0/0/1", "/a/0/0/2", "/a/0/1/0", "/a/0/1/1", "/a/0/1/2", "/a/0/2/0"]
    left = skipped(reports)
    assert [miss.path for miss in left] == ["/a", "/b"]
    assert "41 more" in left[0].reason
    assert "--deep /a" in left[0].reason
    assert not left[0].matters


def test_a_bounded_descent_that_comes_to_the_end_leaves_nothing_out(workers: int) -> None:
    with Descent(Tree(2, 4), workers) as way:
        reports = list(way.bounded(["/a", "/a-b"], 100))
    assert len(paths(reports)) == 2 * 15
    assert not skipped(reports)


def test_nothing_to_visit_is_no_error(workers: int) -> None:
    with Descent(Tree(2, 4), workers) as way:
        assert list(way.whole([])) == []
        assert not skipped(way.bounded([], 5))


def test_no_process_is_started_for_a_small_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent, "Crew", None)
    with Descent(Tree(2, 4), 2) as way:
        assert len(paths(way.whole(["/a"]))) == 15


@pytest.mark.parametrize("brief", [0.0, 60.0])
def test_what_was_put_off_comes_last_and_all_of_it(workers: int, brief: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent, "BRIEF", brief)
    for ways in ("whole", "bounded"):
        with Descent(Tree(2, 4, heavy=True), workers) as way:
            reports = list(way.whole(["/a"]) if ways == "whole" else way.bounded(["/a"], 100, beside=["/b"]))
        light = [path for path in paths(reports) if not path.endswith("heavy")]
        heavy = [path for path in paths(reports) if path.endswith("heavy")]
        assert heavy == sorted(f"{path}/heavy" for path in light)
        assert len(light) == 15 + (ways == "bounded")
        first = next(n for n, report in enumerate(reports) if paths([report])[:1] and paths([report])[0] in heavy)
        assert not [path for path in paths(reports[first:]) if path in light]


def test_of_the_folders_beside_nothing_below_is_visited(workers: int) -> None:
    with Descent(Tree(2, 4), workers) as way:
        assert paths(way.bounded([], 9, beside=["/b", "/c/0"])) == ["/b", "/c/0"]


def test_one_heavy_file_is_no_work_for_a_crew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent, "Crew", None)
    monkeypatch.setattr(descent, "BRIEF", 0.0)
    with Descent(Tree(1, 1, heavy=True), 2) as way:
        assert paths(way.whole(["/a"])) == ["/a", "/a/heavy"]


def test_where_no_process_may_be_started_one_goes_on_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.process.BaseProcess.start", refused)
    monkeypatch.setattr(descent, "ALONE", 5)
    monkeypatch.setattr(descent, "BRIEF", 0.0)
    before = len(os.listdir("/proc/self/fd"))
    for ways in ("whole", "bounded"):
        with Descent(Tree(2, 4, heavy=True), 2) as way:
            reports = list(way.whole(["/a"]) if ways == "whole" else way.bounded(["/a"], 100))
        assert len(paths(reports)) == len(set(paths(reports))) == 30
        assert not skipped(reports)
    assert len(os.listdir("/proc/self/fd")) == before
