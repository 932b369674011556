"""The one door to a ledger's files while it is written: few operations, each of which a test can record and cut.

Guarantees: no link is followed; what `sync` has returned for survives a crash; a name given, changed or removed
survives it once `sync_folder` has returned. Nothing else is promised, and nothing else is relied upon.
"""

from __future__ import annotations

import fcntl
import os
import struct
from typing import BinaryIO, Final

_FLAGS: Final = os.O_CLOEXEC | os.O_NOFOLLOW
_FLOCK: Final = "hhqqi"  # struct flock of Linux: type, whence, start, length, process
_HELD: Final[set[tuple[int, int, int]]] = set()


class Locked(OSError):
    """Another process, or this one, writes to the folder."""


def being_written(folder: str, lock: str) -> bool:
    """Whether a process has locked the folder for writing. It asks without taking the lock itself."""
    try:
        state = os.stat(folder)
        if (os.getpid(), state.st_dev, state.st_ino) in _HELD:
            return True  # and the file must not be opened: closing it again would give the lock away
        fd = os.open(os.path.join(folder, lock), os.O_RDONLY | _FLAGS)
    except OSError:
        return False
    try:
        asked = struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        return bool(struct.unpack(_FLOCK, fcntl.fcntl(fd, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK)
    finally:
        os.close(fd)


class Disk:
    """A folder that one process writes to. OSError from every operation as the system gives it."""

    def __init__(self, folder: str) -> None:
        self.path = folder
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._open: dict[str, int] = {}
        self._lock = -1
        self._held = (0, 0, 0)

    def lock(self, name: str) -> None:
        """Be the only writer. `Locked` where there is one.

        A record lock, because a forked child does not inherit it: a new service must be able to write while a child of
        the old one still ends.
        """
        # Asked before it is opened: closing a second descriptor would drop the lock that the first one holds.
        state = os.fstat(self._folder)
        held = (os.getpid(), state.st_dev, state.st_ino)
        if held in _HELD:
            raise Locked(f"this process already writes to {self.path}")
        fd = os.open(name, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600, dir_fd=self._folder)
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            raise Locked(f"another process writes to {self.path}") from error
        self._lock, self._held = fd, held
        _HELD.add(held)

    def names(self) -> list[str]:
        """The names of all files."""
        return sorted(os.listdir(self._folder))

    def reader(self, name: str) -> BinaryIO:
        """The file, to be read from its beginning and closed by the caller."""
        return os.fdopen(os.open(name, os.O_RDONLY | os.O_NONBLOCK | _FLAGS, dir_fd=self._folder), "rb")

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return os.stat(name, dir_fd=self._folder, follow_symlinks=False).st_size

    def create(self, name: str) -> None:
        """An empty file; one of this name loses what it held."""
        self.forget(name)
        self._open[name] = os.open(
            name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | _FLAGS, 0o600, dir_fd=self._folder
        )

    def append(self, name: str, data: bytes) -> None:
        """Write all of it at the end of the file; on an error some of it may have been written."""
        rest = memoryview(data)
        fd = self._writer(name)
        while rest:
            rest = rest[os.write(fd, rest) :]

    def truncate(self, name: str, size: int) -> None:
        """Cut the file."""
        os.ftruncate(self._writer(name), size)

    def sync(self, name: str) -> None:
        """Return once the file's content is safe."""
        os.fdatasync(self._writer(name))

    def rename(self, old: str, new: str) -> None:
        """Give the file another name, instead of any that bore it."""
        self.forget(old)
        self.forget(new)
        os.rename(old, new, src_dir_fd=self._folder, dst_dir_fd=self._folder)

    def remove(self, name: str) -> None:
        """Take the file away."""
        self.forget(name)
        os.unlink(name, dir_fd=self._folder)

    def sync_folder(self) -> None:
        """Return once names given, changed and removed are safe."""
        os.fsync(self._folder)

    def replace(self, name: str, data: bytes) -> None:
        """Write a small file as a whole: after a crash it is the old one or the new one, and after this the new one."""
        draft = f"{name}.new"
        self.create(draft)
        self.append(draft, data)
        self.sync(draft)
        self.rename(draft, name)
        self.sync_folder()

    def forget(self, name: str) -> None:
        """Close the file if it is open for writing."""
        if name in self._open:
            os.close(self._open.pop(name))

    def close(self) -> None:
        """Close everything and let others write."""
        for name in list(self._open):
            self.forget(name)
        if self._lock >= 0:
            os.close(self._lock)
            _HELD.discard(self._held)
            self._lock = -1
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def _writer(self, name: str) -> int:
        if name not in self._open:
            self._open[name] = os.open(name, os.O_WRONLY | os.O_APPEND | _FLAGS, dir_fd=self._folder)
        return self._open[name]
