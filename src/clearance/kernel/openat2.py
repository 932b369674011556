"""`openat2(2)`: open a path as if a folder were the root of the file system (Linux 5.6 and newer).

With `RESOLVE_IN_ROOT` neither `..` nor an absolute symbolic link leads out of the folder, whatever changes below it
meanwhile; with `RESOLVE_BENEATH` what would lead out is refused. `RESOLVE_NO_MAGICLINKS` closes the way through
`/proc`. Source: openat2(2), Linux manual pages.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

SYS_OPENAT2: Final = 437
RESOLVE_NO_MAGICLINKS: Final = 0x02
RESOLVE_BENEATH: Final = 0x08
RESOLVE_IN_ROOT: Final = 0x10


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_libc = ctypes.CDLL(None, use_errno=True)


def open_in_root(root: int, path: bytes, flags: int) -> int:
    """A file descriptor for `path` below the folder `root` (a descriptor). OSError as open(2) gives; ENOSYS where the
    kernel has no openat2."""
    return _open(root, path, flags, RESOLVE_IN_ROOT)


def open_beneath(folder: int, path: bytes, flags: int) -> int:
    """As `open_in_root`, but EXDEV where `..` or an absolute symbolic link would lead out of the folder."""
    return _open(folder, path, flags, RESOLVE_BENEATH)


def _open(folder: int, path: bytes, flags: int, resolve: int) -> int:
    how = _How(flags | os.O_CLOEXEC, 0, resolve | RESOLVE_NO_MAGICLINKS)
    fd: int = _libc.syscall(
        ctypes.c_long(SYS_OPENAT2), ctypes.c_int(folder), ctypes.c_char_p(path), ctypes.byref(how), ctypes.c_size_t(24)
    )
    if fd < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), os.fsdecode(path))
    return fd
