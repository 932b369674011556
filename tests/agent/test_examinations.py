from __future__ import annotations

from clearance.agent.examinations import SECONDS, Progress


def test_late_starts_without_an_answer_are_a_stall_after_a_while_and_once() -> None:
    seen = Progress()
    assert not seen.stalled({"late": 0, "told": 5}, 0)
    assert not seen.stalled({"late": 2, "told": 5}, 1)
    assert not seen.stalled({"late": 9, "told": 5}, SECONDS)
    assert seen.stalled({"late": 9, "told": 5}, 1 + SECONDS)
    assert not seen.stalled({"late": 9, "told": 5}, 2 + 2 * SECONDS)


def test_an_answer_in_between_begins_anew() -> None:
    seen = Progress()
    seen.stalled({"late": 1, "told": 0}, 0)
    assert not seen.stalled({"late": 2, "told": 1}, 2)
    assert not seen.stalled({"late": 3, "told": 1}, 3)
    assert not seen.stalled({"late": 4, "told": 1}, 5)
    assert seen.stalled({"late": 4, "told": 1}, 3 + SECONDS)


def test_another_guard_counts_from_nothing() -> None:
    seen = Progress()
    seen.stalled({"late": 8, "told": 3}, 0)
    assert not seen.stalled({"late": 0, "told": 0}, SECONDS + 1)
    assert not seen.stalled({}, 3 * SECONDS)


def test_a_guard_that_waits_for_nobody_is_not_stalled() -> None:
    seen = Progress()
    assert not any(seen.stalled({"late": 3, "told": 7}, at * SECONDS) for at in range(2, 9))
