"""Giving memory back to the system that the C library keeps after it was freed (malloc_trim(3))."""

from __future__ import annotations

import ctypes
import gc

_libc = ctypes.CDLL(None)


def trim() -> None:
    """Collect what is no longer used and give it back. Does nothing where the C library has no such call."""
    gc.collect()
    release = getattr(_libc, "malloc_trim", None)
    if release is not None:
        release(ctypes.c_size_t(0))
