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

from clearance.kernel.openat2 import open_beneath, open_in_root

LONGEST: Final = 4000
"""Bytes of a path that are resolved in one call."""

LINKS: Final = 40
READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC
NO_ATIME: Final = getattr(os, "O_NOATIME", 0)
LOOK: Final = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK) | os.O_CLOEXEC
"""A descriptor that only says what is there: it needs no right to read and starts no device."""


ENTRY: Final = READ | getattr(os, "O_NOFOLLOW", 0)
_ME: Final = os.geteuid() if hasattr(os, "geteuid") else 0


def quiet(owner: int) -> int:
    """The flag that leaves a file's access time alone, where this user may ask for it: root, and the file's owner."""
    return NO_ATIME if _ME in (owner, 0) else 0


def regular(fd: int, path: str) -> tuple[int, os.stat_result]:
    """The descriptor and what it is. EINVAL, and the descriptor closed, where it is no regular file."""
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return fd, found


class Rooted:
    """A root folder and the one way to open what is below it. Paths are absolute, as the scanned host names them."""

    def __init__(self, root: str, *, foreign: bool = False) -> None:
        self.root = root
        self._fd = os.open(root, FOLDER)
        # Not by name: the root of a process in another mount namespace is called `/` too. It may even be the same
        # folder, with other things mounted below it: who knows that says that it is foreign.
        self.real = not foreign and os.path.samestat(os.fstat(self._fd), os.stat("/"))
        self._openat2 = not self.real

    def close(self) -> None:
        """Give the root's descriptor back."""
        os.close(self._fd)

    def open(self, path: str, flags: int) -> int:
        """A descriptor for `path`. OSError as open(2) gives. The caller closes it."""
        raw = os.fsencode(path)
        if self.real:
            return os.open(raw, flags) if len(raw) < LONGEST else self._in_steps(raw, flags)
        if self._openat2:
            try:
                if len(raw) < LONGEST:
                    return open_in_root(self._fd, raw.lstrip(b"/") or b".", flags)
                return self._in_steps(raw, flags)
            except OSError as error:
                # EAGAIN: something was renamed meanwhile. EPERM: a sandbox that does not know the call. EXDEV: a link
                # in a later step that leads above the step before.
                if error.errno not in (errno.ENOSYS, errno.EPERM, errno.EAGAIN, errno.EXDEV):
                    raise
                self._openat2 = error.errno != errno.ENOSYS
        return self._by_component(raw, flags)

    def _in_steps(self, path: bytes, flags: int) -> int:
        """Open what one call cannot name: a folder as far down as one call goes, the next from there, and so on."""
        here = os.dup(self._fd)
        left = path.strip(b"/")
        first = True
        try:
            while left:
                cut = len(left) if len(left) < LONGEST else left.rfind(b"/", 0, LONGEST)
                step, left = (left[:cut], left[cut:].lstrip(b"/")) if cut > 0 else (left, b"")
                how = LOOK | os.O_DIRECTORY if left else flags
                if self.real:
                    there = os.open(step, how, dir_fd=here)
                else:
                    there = (open_in_root if first else open_beneath)(here, step, how)
                os.close(here)
                here, first = there, False
        except BaseException:
            os.close(here)
            raise
        return here

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
                stack.append(os.open(name, LOOK | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=stack[-1]))
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
        fd = self.open(path, LOOK)
        try:
            return os.fstat(fd)
        finally:
            os.close(fd)

    def link(self, path: str) -> str | None:
        """Where the symbolic link at `path` points; None where there is none, or nothing, or it may not be seen."""
        try:
            if self.real and len(path) < LONGEST // 4:
                return os.readlink(path)
            parent, _, name = path.rpartition("/")
            fd = self.open(parent or "/", LOOK | os.O_DIRECTORY)
            try:
                return os.readlink(name, dir_fd=fd)
            finally:
                os.close(fd)
        except OSError:
            return None

    def open_regular(self, path: str) -> tuple[int, os.stat_result]:
        """A descriptor and what it is, for a regular file only: a FIFO, device or socket is never opened to be read.

        Its access time stays as it is, where this user may have it so.
        """
        found = self.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        try:
            fd = self.open(path, READ | quiet(found.st_uid))
        except PermissionError:
            fd = self.open(path, READ)
        return regular(fd, path)

    def text(self, path: str, limit: int) -> str:
        """The beginning of a small text file; empty where there is none."""
        try:
            fd, _ = self.open_regular(path)
        except OSError:
            return ""
        try:
            return os.pread(fd, limit, 0).decode("utf-8", "surrogateescape")
        except OSError:
            return ""
        finally:
            os.close(fd)

    def open_entry(self, name: str, folder: int, owner: int) -> tuple[int, os.stat_result]:
        """As `open_regular`, for a name in an open folder; a link is not followed."""
        return regular(self.open_name(name, folder, owner), name)

    def open_name(self, name: str, folder: int, owner: int) -> int:
        """A descriptor for what has this name in an open folder; a link is not followed, and nothing is waited for."""
        try:
            return os.open(name, ENTRY | NO_ATIME if _ME in (owner, 0) else ENTRY, dir_fd=folder)
        except PermissionError:
            return os.open(name, ENTRY, dir_fd=folder)

    def open_folder(self, name: str, above: int) -> int:
        """A descriptor for the folder of this name in an open folder. A link is not followed."""
        return os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=above)

    def list(self, path: str) -> tuple[str, ...]:
        """The names in a folder, sorted. OSError as opendir(3) gives."""
        fd = self.open(path, FOLDER)
        try:
            return tuple(sorted(os.listdir(fd)))
        finally:
            os.close(fd)
