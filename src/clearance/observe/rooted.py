"""Opening paths below a root, so that nothing leads out of it.

For the real host the root is `/` and the kernel's ordinary resolution is right. For a folder that is scanned as if it
were a host, every path is resolved inside it by the kernel (`openat2`), or, where the kernel cannot, component by
component here. Paths may be longer than the kernel takes in one call (PATH_MAX, 4,096 bytes).
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

from clearance.kernel.openat2 import open_in_root

LONGEST: Final = 4000
LINKS: Final = 40
READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC
NO_ATIME: Final = getattr(os, "O_NOATIME", 0)


class Rooted:
    """A root folder and the one way to open what is below it. Paths are absolute, as the scanned host names them."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.real = os.path.realpath(root) == "/"
        self._fd = os.open(root, FOLDER)
        self._openat2 = not self.real

    def close(self) -> None:
        """Give the root's descriptor back."""
        os.close(self._fd)

    def open(self, path: str, flags: int) -> int:
        """A descriptor for `path`. OSError as open(2) gives. The caller closes it."""
        raw = os.fsencode(path)
        if self.real and len(raw) < LONGEST:
            return os.open(raw, flags)
        if self._openat2 and len(raw) < LONGEST:
            try:
                return open_in_root(self._fd, raw.lstrip(b"/") or b".", flags)
            except OSError as error:
                if error.errno not in (errno.ENOSYS, errno.EPERM):
                    raise
                self._openat2 = error.errno != errno.ENOSYS
        return self._by_component(raw, flags)

    def _by_component(self, path: bytes, flags: int) -> int:
        """Resolve one name after the other, symbolic links included, never above the root."""
        rest = [name for name in reversed(path.split(b"/")) if name not in (b"", b".")]
        stack = [os.dup(self._fd)]
        links = 0
        try:
            while rest:
                name = rest.pop()
                if name == b"..":
                    if len(stack) > 1:
                        os.close(stack.pop())
                    continue
                try:
                    target = os.readlink(name, dir_fd=stack[-1])
                except OSError as error:
                    if error.errno != errno.EINVAL:
                        raise
                    target = None
                if target is not None and not (not rest and flags & os.O_NOFOLLOW):
                    links += 1
                    if links > LINKS:
                        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fsdecode(path))
                    if target.startswith(b"/"):
                        while len(stack) > 1:
                            os.close(stack.pop())
                    rest.extend(part for part in reversed(target.split(b"/")) if part not in (b"", b"."))
                    continue
                if not rest:
                    return os.open(name, flags | os.O_NOFOLLOW, dir_fd=stack[-1])
                stack.append(os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=stack[-1]))
                if len(stack) > 64:
                    # `..` through so deep a path is rare; what it would lead back to is forgotten, never left.
                    os.close(stack.pop(1))
            return os.open(b".", flags, dir_fd=stack[-1])
        finally:
            for fd in stack:
                os.close(fd)

    def stat(self, path: str) -> os.stat_result:
        """What is at `path`, links followed inside the root. OSError as stat(2) gives."""
        if self.real and len(path) < LONGEST // 4:
            return os.stat(path)
        fd = self.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            return os.fstat(fd)
        finally:
            os.close(fd)

    def open_regular(self, path: str) -> tuple[int, os.stat_result]:
        """A descriptor and what it is, for a regular file only: a FIFO, device or socket is never opened to be read."""
        found = self.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        fd = self.open(path, READ)
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "not a regular file", path)
        return fd, found

    def list(self, path: str) -> tuple[str, ...]:
        """The names in a folder, sorted. OSError as opendir(3) gives."""
        fd = self.open(path, FOLDER)
        try:
            return tuple(sorted(os.listdir(fd)))
        finally:
            os.close(fd)
