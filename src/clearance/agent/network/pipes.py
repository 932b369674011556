"""Bytes from one socket to another without reading them: splice(2) through a pipe that is lent while it is needed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from typing import Final

SIZE: Final = 1 << 18
"""Bytes a pipe can hold, and so those of a connection that are under way in the guard in one direction."""

SPARE: Final = 32
"""Empty pipes that are kept."""

TURN: Final = 1 << 20
"""Bytes after which others have their turn."""

_FLAGS: Final = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK

Pipe = tuple[int, int]


class Pipes:
    """Lends pipes. Only a connection with bytes under way holds one."""

    def __init__(self) -> None:
        self._spare: list[Pipe] = []

    def lend(self) -> Pipe:
        """An empty pipe. OSError where there is none to be had."""
        if self._spare:
            return self._spare.pop()
        pipe = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe[1], fcntl.F_SETPIPE_SZ, SIZE)
        return pipe

    def take_back(self, pipe: Pipe, *, empty: bool) -> None:
        """It is needed no more."""
        if empty and len(self._spare) < SPARE:
            self._spare.append(pipe)
        else:
            for fd in pipe:
                os.close(fd)

    def close(self) -> None:
        """Close the spare ones."""
        while self._spare:
            for fd in self._spare.pop():
                os.close(fd)


class Flow:
    """One direction of a connection. `done`: the source has ended, all was delivered, and the sink was told."""

    def __init__(self, pipes: Pipes, source: socket.socket, sink: socket.socket) -> None:
        self._pipes = pipes
        self._source = source
        self._sink = sink
        self._pipe: Pipe | None = None
        self._under_way = 0
        self._first = b""
        self._ended = False
        self.done = False

    def first(self, data: bytes, *, ended: bool) -> None:
        """These bytes were read already and go before the others; `ended`: no others come."""
        self._first += data
        self._ended = ended

    def say(self) -> None:
        """Carry what was read already, as far as it can be carried now. OSError where one side is broken off."""
        if self._first:
            self._say_first()

    def carry(self) -> bool:
        """Carry what can be carried now. True where there is more, but it was enough for one turn. OSError where one
        side is broken off."""
        if self.done:
            return False
        if self._first and not self._say_first():
            return False
        carried = 0
        while carried < TURN:
            if not self._under_way and not self._ended and not self._fill() and not self._ended:
                return False
            if self._under_way:
                moved = self._drain()
                if not moved:
                    return False
                carried += moved
            elif self._ended:
                self.done = True
                self._sink.shutdown(socket.SHUT_WR)
                return False
        return True

    def _say_first(self) -> bool:
        try:
            self._first = self._first[self._sink.send(self._first) :]
        except BlockingIOError:
            return False
        return not self._first

    def _fill(self) -> bool:
        if self._pipe is None:
            self._pipe = self._pipes.lend()
        try:
            read = os.splice(self._source.fileno(), self._pipe[1], SIZE, flags=_FLAGS)
        except BlockingIOError:
            self._give_back()
            return False
        if read == 0:
            self._ended = True
            self._give_back()
            return False
        self._under_way = read
        return True

    def _drain(self) -> int:
        assert self._pipe is not None
        try:
            written = os.splice(self._pipe[0], self._sink.fileno(), self._under_way, flags=_FLAGS)
        except BlockingIOError:
            return 0
        self._under_way -= written
        return written

    def _give_back(self) -> None:
        if self._pipe is not None:
            self._pipes.take_back(self._pipe, empty=self._under_way == 0)
            self._pipe = None

    def release(self) -> None:
        """It is over, whatever is under way."""
        self._give_back()
        self._first = b""
        self.done = True
