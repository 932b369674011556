"""Who waits is due in the order of coming, once, and only so many may wait."""

from __future__ import annotations

from clearance.agent.guard.waiting import Queue, Waiting

SECOND = 1_000_000_000


def start(began: int) -> Waiting:
    return Waiting(7, 1, began, "/bin/x", "exec")


def test_who_waited_long_enough_is_due_once() -> None:
    queue = Queue(4)
    first, second = start(0), start(SECOND)
    assert queue.add(first, 2 * SECOND)
    assert queue.add(second, 2 * SECOND)
    assert list(queue.due(2 * SECOND - 1)) == []
    assert queue.until_next(2 * SECOND - SECOND // 10) == 0.1
    assert list(queue.due(2 * SECOND)) == [first]
    assert queue.until_next(0) == 0.5
    assert list(queue.due(9 * SECOND)) == [second]
    assert (len(queue), queue.until_next(0)) == (0, 0.5)


def test_who_was_answered_is_not_due() -> None:
    queue = Queue(4)
    waiting = start(0)
    queue.add(waiting, SECOND)
    waiting.fd = -1
    assert list(queue.due(0)) == []
    assert queue.free == 4


def test_nobody_waits_twice_nor_too_many() -> None:
    queue = Queue(2)
    waiting = start(0)
    assert queue.add(waiting, SECOND)
    assert queue.add(waiting, 9 * SECOND)
    assert (len(queue), queue.free) == (1, 1)
    assert queue.add(start(0), SECOND)
    assert not queue.add(start(0), SECOND)
    assert len(queue) == 2
