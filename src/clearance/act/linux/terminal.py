"""Writing to somebody's terminal without ever waiting for it, and without touching anything that is no terminal."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from typing import Final

TERMINAL: Final = re.compile(r"/dev/(?:pts/[0-9]{1,7}|tty[A-Za-z0-9]{1,12})")


def write(path: str, uid: int, data: bytes, *, like: re.Pattern[str] = TERMINAL) -> bool:
    """Write to the terminal at this path if it is a terminal and belongs to this user. False where nothing was written.

    A terminal that does not take it at once (stopped with Ctrl-S, or a window that nobody empties) gets no more than
    it takes. The program that reads from it is not affected: this is a descriptor of its own.
    """
    if not like.fullmatch(path):
        return False
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        seen = os.lstat(path)
        if not stat.S_ISCHR(seen.st_mode) or seen.st_uid != uid:
            return False
        fd = os.open(path, flags)
    except OSError:
        return False
    try:
        seen = os.fstat(fd)
        if not stat.S_ISCHR(seen.st_mode) or seen.st_uid != uid or not os.isatty(fd):
            return False
        written = 0
        with contextlib.suppress(OSError):
            while written < len(data) and (count := os.write(fd, data[written:])) > 0:
                written += count
        return written > 0
    finally:
        os.close(fd)
