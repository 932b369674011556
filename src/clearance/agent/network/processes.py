"""Cuts a process known to be barred from the network, with all that it started and will start.

It is put into a control group whose packets the rules refuse, whatever name or address they are for; what it had open
already is ended by the kernel. Its way back is to end.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from clearance.act.linux.cgroups import mount_point
from clearance.kernel.sock_diag import SocketDiagnosis

ROOT: Final = "/sys/fs/cgroup"
"""Where nft looks for control groups."""

ROUNDS: Final = 8
"""It may start others while they are moved; each round catches those of the round before."""

LOOKED_AT: Final = 16_384
"""Descriptors of a process that are looked at for sockets to end; the others are refused their packets all the same."""

_SOCKET: Final = re.compile(r"socket:\[(\d+)\]")


class Group(Struct, frozen=True):
    """A control group as the packet rules name it: its path below /sys/fs/cgroup, and how deep it lies."""

    path: str
    level: int

    def there(self) -> bool:
        """Whether it is still there."""
        return os.path.isdir(f"{ROOT}/{self.path}")


def group_of(path: str, mounts: bytes) -> Group | None:
    """How the rules name the group at `path`. None where it is no group of version 2 that nft can see."""
    mount = mount_point(mounts)
    if mount is None or not path.startswith(f"{mount}/") or not path.startswith(f"{ROOT}/") or not os.path.isdir(path):
        return None
    return Group(path[len(ROOT) + 1 :].strip("/"), path[len(mount) :].strip("/").count("/") + 1)


class Processes:
    """The processes of one group. `folder` is the group's."""

    def __init__(
        self, folder: str, proc: str = "/proc", diagnosis: Callable[[], SocketDiagnosis] = SocketDiagnosis
    ) -> None:
        self._folder = folder
        self._proc = proc
        self._diagnosis = diagnosis

    def cut(self, pid: int, started: int = 0) -> int:
        """Cut a process and its descendants off; how many. 0 where it is gone, or is no longer the one that started at
        `started` (field 22 of /proc/PID/stat). OSError where the group refuses it."""
        stat = self._stat(pid)
        if stat is None or (started and stat[1] != started):
            return 0
        moved: set[int] = set()
        for _ in range(ROUNDS):
            new = (self._descendants(pid) | {pid}) - moved
            if not new:
                break
            for one in new:
                with contextlib.suppress(ProcessLookupError):
                    self._move(one)
                moved.add(one)
        inodes = {inode for one in moved for inode in self._sockets(one)}
        if inodes:
            diagnosis = self._diagnosis()
            try:
                diagnosis.end(inodes)
            finally:
                diagnosis.close()
        return len(moved)

    def _move(self, pid: int) -> None:
        fd = os.open(os.path.join(self._folder, "cgroup.procs"), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, str(pid).encode())
        finally:
            os.close(fd)

    def _descendants(self, pid: int) -> set[int]:
        children: dict[int, list[int]] = {}
        for name in os.listdir(self._proc):
            stat = self._stat(int(name)) if name.isdigit() else None
            if stat is not None:
                children.setdefault(stat[0], []).append(int(name))
        found: set[int] = set()
        waiting = [pid]
        while waiting:
            for child in children.get(waiting.pop(), ()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return found

    def _stat(self, pid: int) -> tuple[int, int] | None:
        """Parent and start time."""
        try:
            with open(f"{self._proc}/{pid}/stat", "rb") as stat:
                fields = stat.read(4096).rpartition(b")")[2].split()
            return int(fields[1]), int(fields[19])
        except (OSError, IndexError, ValueError):
            return None

    def _sockets(self, pid: int) -> set[int]:
        found = set()
        with contextlib.suppress(OSError), os.scandir(f"{self._proc}/{pid}/fd") as entries:
            for entry in itertools.islice(entries, LOOKED_AT):
                with contextlib.suppress(OSError):
                    match = _SOCKET.fullmatch(os.readlink(entry.path))
                    if match:
                        found.add(int(match[1]))
        return found
