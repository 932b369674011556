"""Looking at what stands in a pipe without taking it: tee(2). Whoever reads from it reads all of it still."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

NONBLOCK: Final = 2
MOST: Final = 65_536
"""Bytes: what a pipe holds that nobody made larger."""

_libc = ctypes.CDLL(None, use_errno=True)


def peek(fd: int) -> bytes:
    """The first `MOST` bytes that stand in a pipe at most; empty where there are none. OSError where it is none."""
    copy, end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        count: int = _libc.tee(ctypes.c_int(fd), ctypes.c_int(end), ctypes.c_size_t(MOST), ctypes.c_uint(NONBLOCK))
        if count < 0 and (error := ctypes.get_errno()) != errno.EAGAIN:
            raise OSError(error, os.strerror(error), "tee")
        return os.read(copy, count) if count > 0 else b""
    finally:
        os.close(copy)
        os.close(end)
