"""Where a service's log goes: to standard error, without ever waiting for whoever reads it.

The reader may itself be waiting for a start to be allowed. What it does not take is dropped, and how much that was is
said as soon as it reads again.
"""

from __future__ import annotations

import logging
import os
import select
from typing import Final

PIECE: Final = 4096
"""Bytes that a pipe or socket which is ready takes without waiting (POSIX: PIPE_BUF)."""


class Unwaiting:
    """A stream for a logging handler, over a descriptor that is never waited for."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)
        self.dropped = 0

    @classmethod
    def into(cls, log: logging.Logger) -> None:
        """Have all stream handlers of a logger write through one of these."""
        for handler in log.handlers:
            if isinstance(handler, logging.StreamHandler):
                try:
                    handler.setStream(cls(handler.stream.fileno()))
                except (OSError, ValueError):
                    # It has no descriptor, so nobody can be waited for.
                    continue

    def fileno(self) -> int:
        """The descriptor."""
        return self._fd

    def write(self, text: str) -> int:
        """Write a line, or drop it."""
        if not self._ready():
            self.dropped += 1
            return len(text)
        if self.dropped:
            dropped, self.dropped = self.dropped, 0
            self._put(f"{dropped} lines were not read and are left out\n")
            if not self._ready():
                self.dropped += 1
                return len(text)
        self._put(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def _ready(self) -> bool:
        return any(what & select.POLLOUT for _, what in self._poll.poll(0))

    def _put(self, text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        if len(data) > PIECE:
            data = data[: PIECE - 1] + b"\n"
        try:
            os.write(self._fd, data)
        except OSError:
            self.dropped += 1
