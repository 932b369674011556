"""Who began a program and has no words yet: looked at again, ever less often, and at last as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.tracker.later import MOST, PATIENCE_NS, SHARE, SOONEST_NS, Begun, Later


def test_it_waits_a_moment_and_is_then_due_once() -> None:
    later = Later()
    one = Begun(7, False, 1_000)
    assert later.put(one, 1_000)
    assert later.due(1_000 + SOONEST_NS - 1) == []
    assert len(later) == 1
    assert later.due(1_000 + SOONEST_NS) == [one]
    assert later.due(PATIENCE_NS) == []
    assert len(later) == 0


def test_of_a_process_the_newest_counts() -> None:
    later = Later()
    later.put(Begun(7, True, 0), 0)
    later.put(Begun(7, False, 5), 5)
    assert later.due(PATIENCE_NS) == [Begun(7, False, 5)]


def test_not_more_than_a_bound_wait() -> None:
    later = Later()
    assert all(later.put(Begun(pid, False, 0), 0) for pid in range(MOST))
    assert not later.put(Begun(MOST, False, 0), 0)
    assert later.put(Begun(3, False, 0), 0)


@given(st.integers(0, 2**60), st.integers(0, 40_000_000))
def test_whoever_is_asked_again_and_again_is_taken_as_it_is_in_the_end(began: int, delay: int) -> None:
    """However late each look comes, the pauses grow with the age and the looks end."""
    later = Later()
    now, looks = began, 0
    while later.put(Begun(7, False, began), now):
        before = now
        while not later.due(now):
            now += SOONEST_NS
        assert now - before < max(SOONEST_NS, (before - began) // SHARE) + 2 * SOONEST_NS
        now += delay
        looks += 1
    assert now - began >= PATIENCE_NS
    assert looks < 200
