"""A small file system in memory that is mounted nowhere: only who holds its descriptor can reach it.

Made with fsopen(2), fsconfig(2) and fsmount(2) (Linux 5.2 and newer), whose numbers are the same on every machine. It
goes with its descriptor. Good for trying out what the kernel can do without touching a file system that others see.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

_FSOPEN: Final = 430
_FSCONFIG: Final = 431
_FSMOUNT: Final = 432
_CLOEXEC: Final = 1
_SET_STRING: Final = 1
_CREATE: Final = 6

_libc = ctypes.CDLL(None, use_errno=True)


def memory(size: str = "1m") -> int:
    """A descriptor (O_PATH) of the root of a new file system of at most this size. OSError; EPERM for who may not."""
    context = _called(_FSOPEN, ctypes.c_char_p(b"tmpfs"), ctypes.c_uint(_CLOEXEC))
    try:
        for key, value in ((b"size", size.encode()), (b"mode", b"700")):
            _called(
                _FSCONFIG, ctypes.c_int(context), ctypes.c_uint(_SET_STRING), ctypes.c_char_p(key),
                ctypes.c_char_p(value), ctypes.c_int(0),
            )  # fmt: skip
        _called(
            _FSCONFIG, ctypes.c_int(context), ctypes.c_uint(_CREATE), ctypes.c_void_p(None), ctypes.c_void_p(None),
            ctypes.c_int(0),
        )  # fmt: skip
        return _called(_FSMOUNT, ctypes.c_int(context), ctypes.c_uint(_CLOEXEC), ctypes.c_uint(0))
    finally:
        os.close(context)


def _called(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), "tmpfs")
    return result
