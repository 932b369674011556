from __future__ import annotations

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
