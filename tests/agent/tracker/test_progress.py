"""Memory that says who is looked at since when, and what counts as a look that will not end."""

from __future__ import annotations

import os
import time

from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.tracker.progress import RUNS, WAITS, Look, Progress, Stall, scheduled

SECOND = 1_000_000_000


def test_a_child_writes_and_its_parent_reads() -> None:
    progress = Progress()
    assert progress.look() == (0, 0)
    pid = os.fork()
    if pid == 0:
        progress.begin()
        progress.at(77)
        os._exit(0)
    os.waitpid(pid, 0)
    assert progress.look().since > 0
    assert progress.look().pid == 77
    progress.end()
    assert progress.look() == (0, 0)


def test_a_look_that_waits_is_stuck_and_one_that_stands_in_line_is_not() -> None:
    look = Look(1, 77)
    waits, queues, runs = Stall(), Stall(), Stall()
    for stall in (waits, queues, runs):
        assert not stall.stuck(look, 0, 0, 0)
    late = int(WAITS * SECOND) + 1
    assert waits.stuck(look, late, 0, 0)
    assert not queues.stuck(look, 60 * SECOND, SECOND, 59 * SECOND)
    assert not runs.stuck(look, int(RUNS * SECOND), int(RUNS * SECOND), 0)
    assert runs.stuck(look, 60 * SECOND, int(RUNS * SECOND) + 1, 0)


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1))
def test_whoever_goes_on_is_never_stuck(seen: list[tuple[int, int]]) -> None:
    """Each look is another one; between rounds nothing is looked at."""
    stall = Stall()
    for number, (ran, in_line) in enumerate(seen):
        assert not stall.stuck(Look(number + 1, 5), number * 60 * SECOND, ran, in_line)
        assert not stall.stuck(Look(0, 0), number * 60 * SECOND + 1, ran, in_line)
        assert not stall.stuck(Look(0, 0), number * 60 * SECOND + 50 * SECOND, ran, in_line)


def test_the_kernel_says_how_long_a_process_ran() -> None:
    before = scheduled(os.getpid())
    # It keeps its books by the clock's ticks.
    until = time.process_time() + 1.0
    while scheduled(os.getpid())[0] == before[0] and time.process_time() < until:
        continue
    assert scheduled(os.getpid())[0] > before[0] > 0
    assert scheduled(2**22 + 1) == (0, 0)
