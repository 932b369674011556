"""Descriptors and timers, with a clock of the test's own."""

from __future__ import annotations

import os
import socket

import pytest

from clearance.agent.network.loop import READ, WRITE, Loop


def test_calls_for_what_comes() -> None:
    loop = Loop()
    one, other = socket.socketpair()
    heard: list[bytes] = []
    loop.watch(one, READ, lambda _: heard.append(one.recv(10)))
    loop.turn(0)
    other.send(b"a")
    loop.turn(1)
    loop.forget(one)
    other.send(b"b")
    loop.turn(0)
    assert heard == [b"a"]
    loop.forget(one)
    for end in (one, other):
        end.close()
    loop.close()


def test_what_is_watched_anew_is_watched_for_something_else() -> None:
    loop = Loop()
    one, other = socket.socketpair()
    heard: list[str] = []
    loop.watch(one, READ, lambda _: heard.append("read"))
    loop.watch(one, WRITE, lambda _: heard.append("write"))
    loop.turn(1)
    assert heard == ["write"]
    for end in (one, other):
        end.close()
    loop.close()


def test_times_in_their_order_and_none_that_was_cancelled() -> None:
    now = [0.0]
    loop = Loop(lambda: now[0])
    called: list[str] = []
    loop.later(2, lambda: called.append("two"))
    loop.later(1, lambda: called.append("one"))
    loop.later(1.5, lambda: called.append("never")).cancelled = True
    loop.turn(0)
    assert called == []
    now[0] = 3
    loop.turn(0)
    assert called == ["one", "two"]
    loop.close()


def test_soon_is_the_same_turn_but_what_it_adds_is_the_next() -> None:
    loop = Loop()
    called: list[int] = []

    def again() -> None:
        called.append(len(called))
        loop.soon(again)

    loop.soon(again)
    loop.turn(10)
    loop.turn(10)
    assert called == [0, 1]
    loop.close()


def test_a_call_that_fails_costs_the_others_nothing() -> None:
    loop = Loop(lambda: 0.0)
    called: list[str] = []

    def fails() -> None:
        raise OSError

    loop.later(0, fails)
    loop.later(0, lambda: called.append("after"))
    loop.turn(0)
    assert (called, loop.failures) == (["after"], 1)

    def broken() -> None:
        raise ValueError("a mistake")

    loop.later(0, broken)
    with pytest.raises(ValueError, match="a mistake"):
        loop.turn(0)
    loop.close()


def test_one_that_is_forgotten_by_another_in_the_same_turn_is_not_called() -> None:
    loop = Loop()
    pipes = [os.pipe() for _ in range(2)]
    ends = [os.fdopen(read, "rb") for read, _ in pipes]
    called: list[int] = []

    def take(own: int, other: int) -> None:
        called.append(own)
        loop.forget(ends[other])

    loop.watch(ends[0], READ, lambda _: take(0, 1))
    loop.watch(ends[1], READ, lambda _: take(1, 0))
    for _, write in pipes:
        os.write(write, b"x")
    loop.turn(1)
    assert len(called) == 1
    for end in ends:
        end.close()
    for _, write in pipes:
        os.close(write)
    loop.close()
