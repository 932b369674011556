"""What the kernel is told of single files: whose starts it need not ask about, and whose writers it tells.

Unasked start only files that are no tool at all and that only root can write: an ignore mark knows no user, no waiver
and no date. For what its user can write, the kernel tells when a writer lets go of it.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import Final, Protocol

SHARED_WRITE: Final = 0o022


class Marking(Protocol):
    """What is asked of the kernel; `kernel.fanotify.Group` is one."""

    def tell_writes(self, fd: int) -> None: ...  # noqa: D102
    def is_marked(self, fd: int) -> bool: ...  # noqa: D102
    def ignore_starts(self, fd: int) -> None: ...  # noqa: D102
    def ask_again(self, fd: int) -> None: ...  # noqa: D102


class Marks:
    """Marks on files. OSError as the kernel gives."""

    def __init__(self, group: Marking) -> None:
        self._group = group

    def tell_writes(self, fd: int) -> None:
        """Whoever writes the open file from now on is noticed, also through memory, which changes no time."""
        self._group.tell_writes(fd)

    def is_marked(self, fd: int) -> bool:
        """Whether there still is a mark on the open file."""
        return self._group.is_marked(fd)

    def cache(self, fd: int, what: os.stat_result) -> bool:
        """Have the open file start unasked, if that is safe. True if it does now."""
        if what.st_uid != 0 or what.st_mode & SHARED_WRITE or not stat.S_ISREG(what.st_mode):
            return False
        # Whoever is marked is told of, so that no mark is ever taken for one that stands for more.
        self._group.tell_writes(fd)
        self._group.ignore_starts(fd)
        if os.fstat(fd).st_ctime_ns != what.st_ctime_ns:
            self._group.ask_again(fd)
        return True

    def ask_again(self, fd: int) -> None:
        """Take that back, if it was said. What is written through memory does not take it back by itself."""
        # It is no error if it was not.
        with contextlib.suppress(OSError):
            self._group.ask_again(fd)

    def ask_again_at(self, path: str) -> None:
        """Take that back for the file at `path`, if it is there."""
        with contextlib.suppress(OSError):
            fd = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
            self.ask_again(fd)
            os.close(fd)
