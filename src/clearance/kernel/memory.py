"""Giving memory back to the system: what the C library keeps after it was freed, and programs' text that ran once."""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Iterator
from typing import Final

MADV_DONTNEED: Final = 4
_MAPPING: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (....) [0-9a-f]+ \S+ (\d+)")

_libc = ctypes.CDLL(None)


def trim() -> None:
    """Collect what is no longer used and give it back. Does nothing where the C library has no such call."""
    gc.collect()
    release = getattr(_libc, "malloc_trim", None)
    if release is not None:
        release(ctypes.c_size_t(0))


def forget_text() -> None:
    """Let go of the text of programs and libraries: what runs again is mapped again, from the file's pages.

    Only mappings of files that nobody may write to and that hold no page of this process's own (madvise(2) would
    lose those). Does nothing where /proc does not say which these are.
    """
    release = getattr(_libc, "madvise", None)
    try:
        with open("/proc/self/smaps", encoding="utf-8", errors="surrogateescape") as file:
            found = list(unwritten(file))
    except OSError:
        return
    if release is not None:
        for start, end in found:
            release(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_DONTNEED)


def unwritten(smaps: Iterator[str]) -> Iterator[tuple[int, int]]:
    """Start and end of the mappings of files that are not writable and of which no page was ever written."""
    mapping: tuple[int, int] | None = None
    for line in smaps:
        if found := _MAPPING.match(line):
            start, end, rights, inode = found.groups()
            mapping = (int(start, 16), int(end, 16)) if inode != "0" and "w" not in rights else None
        elif mapping is not None and line.startswith("Anonymous:"):
            if line.split()[1] == "0":
                yield mapping
            mapping = None
