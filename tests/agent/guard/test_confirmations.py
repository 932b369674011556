"""What was let through early is confirmed once, soon, and only so much at a time."""

from __future__ import annotations

from clearance.agent.guard.confirmations import MOST, SHARE, SOON, Confirmations
from clearance.agent.guard.waiting import Waiting


def start(pid: int) -> Waiting:
    return Waiting(-1, pid, 0, "/bin/x", "exec")


def test_each_is_due_once_and_not_at_once() -> None:
    held = Confirmations(1000)
    first, second = start(1), start(2)
    assert held.until_next(0) == 0.5
    assert held.add(0, 7, first)
    assert held.add(1_000, 8, second)
    assert list(held.due(SOON - 1)) == []
    assert held.until_next(0) == SOON / 1e9
    assert list(held.due(SOON)) == [(7, first)]
    assert list(held.due(2 * SOON)) == [(8, second)]
    assert held.until_next(0) == 0.5


def test_descriptors_are_kept_for_who_waits() -> None:
    for room, most in ((8, 8 // SHARE), (10_000, MOST)):
        held = Confirmations(room)
        assert [held.add(0, 7, start(1)) for _ in range(most + 1)] == [True] * most + [False]
