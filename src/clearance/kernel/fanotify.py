"""fanotify(7): asked by the kernel before a program starts or a marked file is opened.

A thin binding. A `Group` is a fanotify group of class CONTENT with an unlimited queue: past a limited one the kernel
would allow unasked; whoever closes its last descriptor, by dying too, has every pending request allowed. `Writes` is a
group that is only told.
Sources: fanotify(7), fanotify_init(2), fanotify_mark(2); the kernel's include/uapi/linux/fanotify.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final, NamedTuple

CLOEXEC: Final = 0x1
NONBLOCK: Final = 0x2
CLASS_CONTENT: Final = 0x4
UNLIMITED_QUEUE: Final = 0x10
UNLIMITED_MARKS: Final = 0x20

MARK_ADD: Final = 0x1
MARK_REMOVE: Final = 0x2
MARK_FLUSH: Final = 0x80
MARK_FILESYSTEM: Final = 0x100
MARK_EVICTABLE: Final = 0x200
MARK_IGNORE: Final = 0x400

MODIFY: Final = 0x2
CLOSE_WRITE: Final = 0x8
Q_OVERFLOW: Final = 0x4000
OPEN_PERM: Final = 0x10000
OPEN_EXEC_PERM: Final = 0x40000

ALLOW: Final = 1
DENY: Final = 2

_VERSION: Final = 3
_EVENT: Final = struct.Struct("=IBBHQii")
_RESPONSE: Final = struct.Struct("=iI")
AT_ONCE: Final = 256
"""Events that are read at once."""

_O_LARGEFILE: Final = 0x8000 if struct.calcsize("P") == 4 else 0
_NOBODY: Final = -1
_AT_FDCWD: Final = -100

_libc = ctypes.CDLL(None, use_errno=True)
_libc.fanotify_init.argtypes = (ctypes.c_uint, ctypes.c_uint)
_libc.fanotify_mark.argtypes = (ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p)


class Event(NamedTuple):
    """What the kernel tells or asks. `fd` is the open file (-1 with an overflow); its receiver closes it."""

    mask: int
    fd: int
    pid: int


class Events:
    """A group's descriptor, what is read from it, and what it is told to mark. OSError as the system calls give."""

    def __init__(self, flags: int) -> None:
        self.fd: int = _libc.fanotify_init(
            CLOEXEC | NONBLOCK | flags, os.O_RDONLY | os.O_CLOEXEC | os.O_NOATIME | _O_LARGEFILE
        )
        if self.fd < 0:
            raise _failure("fanotify_init")

    def close(self) -> None:
        """Remove all marks; what is pending is allowed by the kernel."""
        os.close(self.fd)

    def read(self, most: int = AT_ONCE) -> list[Event]:
        """What waits, in order, at most so many; empty if nothing does.

        Each comes with a descriptor. The kernel denies what it has none for, so there must be as many left.
        """
        try:
            data = os.read(self.fd, max(1, min(most, AT_ONCE)) * _EVENT.size)
        except BlockingIOError:
            return []
        events = []
        place = 0
        while place + _EVENT.size <= len(data):
            length, version, _, _, mask, fd, pid = _EVENT.unpack_from(data, place)
            if version != _VERSION or length < _EVENT.size:
                raise OSError(f"fanotify events of version {version}, {length} bytes long, are not known")
            events.append(Event(mask, fd, pid))
            place += length
        return events

    def _mark(self, flags: int, mask: int, folder: int, path: bytes | None) -> None:
        if _libc.fanotify_mark(self.fd, flags, mask, folder, path) < 0:
            raise _failure(os.fsdecode(path or b"an open file"))


class Writes(Events):
    """Told of every file that a writer closed. Its queue is limited: past 16,384 events the kernel drops some."""

    def __init__(self) -> None:
        super().__init__(0)

    def watch(self, path: str) -> None:
        """Be told of every file on the file system of `path`."""
        self._mark(MARK_ADD | MARK_FILESYSTEM, CLOSE_WRITE, _AT_FDCWD, os.fsencode(path))


class Group(Events):
    """Asked before programs start and before marked files are opened."""

    def __init__(self) -> None:
        super().__init__(CLASS_CONTENT | UNLIMITED_QUEUE | UNLIMITED_MARKS)

    def watch(self, path: str) -> None:
        """Be asked before any program on the file system of `path` starts, wherever it is mounted."""
        self._mark(MARK_ADD | MARK_FILESYSTEM, OPEN_EXEC_PERM, _AT_FDCWD, os.fsencode(path))

    def guard_file(self, path: str) -> None:
        """Be asked before the file at `path` is opened, by whomever."""
        self._mark(MARK_ADD, OPEN_PERM, _AT_FDCWD, os.fsencode(path))

    def release_file(self, path: str) -> None:
        """No longer be asked before it is opened."""
        self._mark(MARK_REMOVE, OPEN_PERM, _AT_FDCWD, os.fsencode(path))

    def tell_writes(self, fd: int) -> None:
        """Be told when the open file was closed by a writer, or unmapped by one. Forgotten with the kernel's inode."""
        self._mark(MARK_ADD | MARK_EVICTABLE, CLOSE_WRITE, fd, None)

    def is_marked(self, fd: int) -> bool:
        """Whether the kernel still holds a mark on the open file: it forgets an evictable one with its inode."""
        try:
            # Takes nothing away: no mark has this. Where there is no mark at all, the kernel says so.
            self._mark(MARK_REMOVE, MODIFY, fd, None)
        except FileNotFoundError:
            return False
        return True

    def ignore_starts(self, fd: int) -> None:
        """Not be asked again before the open file starts, until it is modified or the kernel forgets it."""
        self._mark(MARK_ADD | MARK_IGNORE | MARK_EVICTABLE, OPEN_EXEC_PERM, fd, None)

    def ask_again(self, fd: int) -> None:
        """Take `ignore_starts` back for one file."""
        self._mark(MARK_REMOVE | MARK_IGNORE, OPEN_EXEC_PERM, fd, None)

    def forget_files(self) -> None:
        """Take back every mark on a single file: all that was ignored is asked about again."""
        self._mark(MARK_FLUSH, 0, _AT_FDCWD, b"/")

    def answer(self, fd: int, response: int) -> None:
        """Answer the request that came with this descriptor. FileNotFoundError if nobody waits for it any more."""
        os.write(self.fd, _RESPONSE.pack(fd, response))


def _failure(what: str) -> OSError:
    error = ctypes.get_errno()
    return OSError(error, os.strerror(error), what)
