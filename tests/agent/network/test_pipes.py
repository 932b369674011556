"""Bytes carried between sockets: all of them, in order, with their end."""

from __future__ import annotations

import contextlib
import os
import socket

import pytest

from clearance.agent.network.pipes import SPARE, Flow, Pipes


class Way:
    """source -> near | far -> sink."""

    def __init__(self) -> None:
        self.source, near = socket.socketpair()
        far, self.sink = socket.socketpair()
        self.pipes = Pipes()
        self.ends = [self.source, near, far, self.sink]
        for end in self.ends:
            end.setblocking(False)
        self.flow = Flow(self.pipes, near, far)

    def close(self) -> None:
        self.flow.release()
        self.pipes.close()
        for end in self.ends:
            end.close()


def test_everything_arrives_and_the_end_too() -> None:
    way = Way()
    sent, got = os.urandom(3_000_000), bytearray()
    left = memoryview(sent)
    while not way.flow.done:
        if left:
            with contextlib.suppress(BlockingIOError):
                left = left[way.source.send(left) :]
            if not left:
                way.source.shutdown(socket.SHUT_WR)
        way.flow.carry()
        with contextlib.suppress(BlockingIOError):
            got += way.sink.recv(100_000)
    while data := way.sink.recv(1 << 20):
        got += data
    assert bytes(got) == sent
    assert not way.flow.carry()
    way.close()


@pytest.mark.parametrize("ended", [True, False])
def test_what_was_read_before_goes_first(ended: bool) -> None:
    way = Way()
    way.flow.first(b"first,", ended=ended)
    way.source.send(b"then")
    assert not way.flow.carry()
    assert way.sink.recv(100) == (b"first," if ended else b"first,then")
    assert way.flow.done is ended
    if ended:
        assert way.sink.recv(100) == b""
    way.close()


def test_a_pipe_is_held_only_while_bytes_are_under_way() -> None:
    way = Way()
    before = len(os.listdir("/proc/self/fd"))
    way.flow.carry()
    way.source.send(b"x")
    way.flow.carry()
    assert len(os.listdir("/proc/self/fd")) == before + 2
    assert len(way.pipes._spare) == 1
    way.close()
    assert len(os.listdir("/proc/self/fd")) == before - 4


def test_spare_pipes_are_bounded_and_used_ones_are_not_kept() -> None:
    pipes = Pipes()
    lent = [pipes.lend() for _ in range(SPARE + 3)]
    for pipe in lent:
        pipes.take_back(pipe, empty=True)
    assert len(pipes._spare) == SPARE
    one = pipes.lend()
    pipes.take_back(one, empty=False)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(one[0])
    pipes.close()


def test_a_broken_side_is_an_error() -> None:
    way = Way()
    way.source.send(b"x" * 100)
    way.sink.close()
    with pytest.raises(OSError, match="Broken pipe"):
        way.flow.carry()
    way.close()
