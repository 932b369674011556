"""Files as one process names them: from its own root and folder, in its own mount namespace.

Only regular files are opened to be read, whatever a name leads to and however it changes meanwhile: what a name leads
to is held first, looked at, and then opened. Nothing leads out of the process's root. The caller closes what it is
given.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Final, NamedTuple

from clearance.agent.tracker.process import DELETED, link
from clearance.kernel.openat2 import open_in_root
from clearance.kernel.pipes import peek
from clearance.observe.rooted import READ, Rooted, quiet

HOLD: Final = os.O_PATH | os.O_CLOEXEC
LONGEST: Final = 4096
_DESCRIPTOR: Final = re.compile(r"/(?:dev|proc/(?:self|thread-self|\d+)(?:/task/\d+)?)/fd/(\d{1,9})|/dev/(stdin)")


_OWN: Final = re.compile(r"/dev/fd/|/proc/(self|thread-self)/(?:task/\d+/)?")


class Opened(NamedTuple):
    """An open file, what it is, and where it lies below the process's root (empty where that cannot be told)."""

    fd: int
    what: os.stat_result
    path: str


class Place:
    """Where a process stands. OSError where it is gone."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._root = os.open(f"/proc/{pid}/root", HOLD | os.O_DIRECTORY)
        try:
            here = os.stat("/")
            there = os.fstat(self._root)
            same = os.stat(f"/proc/{pid}/ns/mnt").st_ino == os.stat("/proc/self/ns/mnt").st_ino
            # The same folder may be mounted elsewhere, with other things below it.
            self.ours = same and os.path.samestat(here, there) and link(pid, "root") == "/"
        except BaseException:
            os.close(self._root)
            raise
        self.root_device = there.st_dev
        self.key = (os.stat(f"/proc/{pid}/ns/mnt").st_ino, there.st_dev, there.st_ino)
        self._prefix = link(pid, "root").rstrip("/")
        self.folder = self.inside(link(pid, "cwd"))

    def close(self) -> None:
        """Let go of the root."""
        os.close(self._root)

    def inside(self, path: str) -> str:
        """A path of the kernel's as the process names it."""
        path = path.removesuffix(DELETED)
        if self._prefix and path.startswith(f"{self._prefix}/"):
            return path[len(self._prefix) :]
        return path

    def view(self) -> Tree:
        """The process's files, for whoever looks up packages."""
        return Tree(Rooted("/" if self.ours else f"/proc/{self.pid}/root", foreign=not self.ours))

    def absolute(self, path: str, folder: str = "") -> str:
        """A path from the process's folder, or from one named from there. `..` is left for the kernel to follow."""
        return path if path.startswith("/") else f"{self.absolute(folder) if folder else self.folder}/{path}"

    def open(self, path: str, folder: str = "") -> Opened | None:
        """The regular file at a path; None where there is none."""
        held = self._hold(path, folder)
        if held < 0:
            return None
        try:
            return self._opened(held)
        finally:
            os.close(held)

    def descriptor(self, number: int) -> Opened | None:
        """The regular file that the process has open under a number."""
        return self._linked(f"fd/{number}")

    def piped(self, path: str = "/dev/fd/0") -> bytes | None:
        """What stands in a pipe that the process has open, without taking it; None where the path leads to none."""
        held = self._hold(path, "") if _DESCRIPTOR.fullmatch(path) else -1
        if held < 0:
            return None
        try:
            if not stat.S_ISFIFO(os.fstat(held).st_mode):
                return None
            fd = os.open(f"/proc/self/fd/{held}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        finally:
            os.close(held)
        try:
            return peek(fd)
        except OSError:
            return None
        finally:
            os.close(fd)

    def program(self) -> Opened | None:
        """The program's own file, also where it has no name any more."""
        return self._linked("exe")

    def program_device(self, device: int) -> int:
        """The device that the mount of the program's own file shows; `device` where that cannot be told.

        A file on an overlay over several file systems has a device of its own, which no mount shows.
        """
        if os.major(device):
            return device
        try:
            held = os.open(f"/proc/{self.pid}/exe", HOLD)
            try:
                with open(f"/proc/self/fdinfo/{held}", encoding="ascii") as info:
                    mount = next((line.split()[1] for line in info if line.startswith("mnt_id:")), "")
            finally:
                os.close(held)
            with open(f"/proc/{self.pid}/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
                for line in mounts:
                    number, _, shown, _ = line.split(" ", 3)
                    if number == mount:
                        major, _, minor = shown.partition(":")
                        return os.makedev(int(major), int(minor))
        except (OSError, ValueError):
            pass
        return device

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there."""
        held = self._hold(path, "")
        if held < 0:
            return False
        try:
            return stat.S_ISDIR(os.fstat(held).st_mode)
        finally:
            os.close(held)

    def names(self, path: str) -> tuple[str, ...]:
        """The names in a folder; none where there is none."""
        held = self._hold(path, "")
        if held < 0:
            return ()
        try:
            if not stat.S_ISDIR(os.fstat(held).st_mode):
                return ()
            fd = os.open(f"/proc/self/fd/{held}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return ()
        finally:
            os.close(held)
        try:
            return tuple(os.listdir(fd))
        except OSError:
            return ()
        finally:
            os.close(fd)

    def _linked(self, name: str) -> Opened | None:
        try:
            held = os.open(f"/proc/{self.pid}/{name}", HOLD)
        except OSError:
            return None
        try:
            return self._opened(held)
        finally:
            os.close(held)

    def _hold(self, path: str, folder: str) -> int:
        if not path or "\0" in path or len(path) > LONGEST:
            return -1
        if match := _DESCRIPTOR.fullmatch(path):
            name, root = f"/proc/{self.pid}/fd/{match[1] or 0}", True
        elif match := _OWN.match(path):
            name, root = f"/proc/{self.pid}/{'fd/' if match[1] is None else ''}{path[match.end() :]}", True
        else:
            name, root = self.absolute(path, folder), self.ours
        try:
            if root:
                return os.open(name, HOLD)
            return open_in_root(self._root, os.fsencode(name).lstrip(b"/") or b".", HOLD)
        except (OSError, ValueError):
            return -1

    def _opened(self, held: int) -> Opened | None:
        try:
            what = os.fstat(held)
            if not stat.S_ISREG(what.st_mode):
                return None
            fd = os.open(f"/proc/self/fd/{held}", READ | quiet(what.st_uid))
        except OSError:
            return None
        try:
            return Opened(fd, os.fstat(fd), self.inside(os.readlink(f"/proc/self/fd/{fd}")))
        except OSError:
            os.close(fd)
            return None


class Tree:
    """Files below a root, as `observe/packages` looks at them."""

    def __init__(self, rooted: Rooted) -> None:
        self.rooted = rooted

    def text(self, path: str, limit: int = 1 << 16) -> str:
        """The beginning of a small text file; empty where there is none."""
        return self.rooted.text(path, limit)

    def close(self) -> None:
        """Give the root back."""
        self.rooted.close()
