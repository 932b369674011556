"""What came of processes that split."""

from __future__ import annotations

from clearance.agent.tracker import offspring
from clearance.agent.tracker.offspring import Offspring


def test_what_came_of_a_process_is_given_once() -> None:
    told = [[(1, 2), (1, 3), (3, 4)], [(4, 5)]]
    found = Offspring(lambda: told.pop(0))
    found.note()
    found.note()
    assert found.take(1) == [2, 3]
    assert found.take(1) == []
    assert found.take(4) == [5]
    assert found.take(3) == [4]


def test_a_number_that_is_used_again_has_no_offspring_yet() -> None:
    found = Offspring(iter([[(1, 2), (9, 1)]]).__next__)
    found.note()
    assert found.take(1) == []


def test_of_one_that_splits_without_end_the_last_are_remembered() -> None:
    many = [(1, number) for number in range(2, 10 * offspring.MOST)]
    told = iter([[(7, 8)], many, []])
    found = Offspring(told.__next__)
    found.note()
    found.note()
    children = found.take(1)
    assert offspring.MOST // 4 < len(children) <= offspring.MOST
    assert children == [child for _, child in many][-len(children) :]
    assert found._count == sum(map(len, found._of.values()))


def test_memory_is_bounded(monkeypatch: object) -> None:
    many = [(number, number + 1_000_000) for number in range(2 * offspring.MOST)]
    told = iter([many, [], []])
    found = Offspring(told.__next__)
    found.note()
    assert found.take(0) == []
    assert found.take(many[-1][0]) == [many[-1][1]]
