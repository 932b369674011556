"""inotify(7), as much of it as is needed to hear that something in a folder changed."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

CLOSE_WRITE: Final = 0x8
MOVED: Final = 0xC0
CREATE: Final = 0x100
DELETE: Final = 0x200
ONLYDIR: Final = 0x01000000

_EVENT: Final = struct.Struct("=iIII")
_libc = ctypes.CDLL(None, use_errno=True)


class Folders:
    """Hears of files that were written, moved, made or removed in folders. `fd` is readable when something was."""

    def __init__(self) -> None:
        self.fd: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), "inotify_init1")
        self._folders: dict[int, str] = {}

    def watch(self, folder: str) -> bool:
        """Hear of what happens in a folder. False where it cannot be watched."""
        mask = ctypes.c_uint32(CLOSE_WRITE | MOVED | CREATE | DELETE | ONLYDIR)
        number: int = _libc.inotify_add_watch(self.fd, os.fsencode(folder), mask)
        if number < 0:
            return False
        self._folders[number] = folder
        return True

    def changed(self) -> set[str]:
        """The paths that something happened to since the last call."""
        try:
            data = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return set()
        paths = set()
        place = 0
        while place + _EVENT.size <= len(data):
            number, _, _, length = _EVENT.unpack_from(data, place)
            name = data[place + _EVENT.size : place + _EVENT.size + length].rstrip(b"\0")
            paths.add(f"{self._folders.get(number, '')}/{os.fsdecode(name)}")
            place += _EVENT.size + length
        return paths

    def close(self) -> None:
        """Stop hearing."""
        os.close(self.fd)
