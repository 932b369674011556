"""Tells the guard of programs as soon as they are written, so that it can know them before somebody starts them.

Nothing depends on it: what it misses (the kernel drops what it is too slow for) is examined at its start, as ever. Only
file systems that are there from the beginning are watched: what is told of holds its mount, and whoever mounts an
image, fills it and unmounts it is not to find it busy.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import struct
import threading
import time
from collections.abc import Callable, Collection
from typing import Final

from clearance.kernel.fanotify import Writes
from clearance.observe.packages import SITES

AT_ONCE: Final = 32
SHARE: Final = 8
"""Files that are open here at once, and one in how many that may be: what is examined needs descriptors too."""

PAUSE_SECONDS: Final = 0.004
"""Until the next look, where what was written were no programs: who writes many files is not interrupted for each."""

PRIORITY: Final = 0
"""As everybody's: nobody waits for it."""

PACKAGES: Final = tuple(f"/{name}/" for name in (*SITES, "node_modules"))
"""Folders where a program's package may come after it. Alone it is not told as it will be when it is started."""

SMALLEST: Final = 4_096
_KIND: Final = struct.Struct("=16xH")
_EXECUTABLE: Final = frozenset({2, 3})
"""ET_EXEC and ET_DYN of elf(5): programs that lie at a fixed address, and all others."""

_ENTRY: Final = slice(24, 28)
"""The lower half of `e_entry`: a library has none."""


def main(tell: Callable[[int], None], paths: Collection[str]) -> None:
    """Call `tell` with each program that was written on the file systems of `paths`, as an open file, for ever."""
    try:
        writes = Writes()
    except OSError:
        # As many groups as this user may have are there already.
        return
    for path in paths:
        with contextlib.suppress(OSError):
            writes.watch(path)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PRIORITY)
    most = max(1, min(AT_ONCE, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // SHARE))
    poll = select.poll()
    poll.register(writes.fd, select.POLLIN)
    while True:
        poll.poll()
        try:
            events = writes.read(most)
        except OSError:
            # There is no descriptor left for any; what was told is lost.
            time.sleep(PAUSE_SECONDS)
            continue
        programs = 0
        for event in events:
            if event.fd < 0:
                continue
            try:
                if is_program(event.fd):
                    tell(event.fd)
                    programs += 1
            finally:
                os.close(event.fd)
        if not programs:
            time.sleep(PAUSE_SECONDS)


def is_program(fd: int) -> bool:
    """Whether the open file is a native program that can be told by itself."""
    try:
        head = os.pread(fd, 64, 0)
        if head[:4] != b"\x7fELF" or len(head) < 64:
            return False
        (kind,) = _KIND.unpack_from(head)
        if kind not in _EXECUTABLE or head[_ENTRY] == b"\0\0\0\0" or os.fstat(fd).st_size < SMALLEST:
            return False
        path = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return False
    return not any(folder in path for folder in PACKAGES)
