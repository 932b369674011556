"""Control groups (version 2) that this program makes, each announced in the undo journal first.

Undoing a group moves the processes in it to the group above and removes it. A group of the same name that was there
before is not ours and stays.
"""

from __future__ import annotations

import contextlib
import errno
import os

from clearance.act.changes import GroupMade, path_of, written
from clearance.act.journal import Journal

ATTEMPTS = 16
"""Processes may be started in a group while it is emptied; each round catches those of the round before."""


def mount_point(mounts: bytes) -> str | None:
    """Where control groups of version 2 are, from the text of `/proc/self/mounts`; None where they are not mounted."""
    for line in mounts.splitlines():
        parts = line.split(b" ")
        if len(parts) > 2 and parts[2] == b"cgroup2":
            return os.fsdecode(parts[1].replace(rb"\040", b" "))
    return None


def make(journal: Journal, path: str) -> bool:
    """Make a group. False where it is there already."""
    if os.path.isdir(path):
        return False
    journal.record(GroupMade(written(path)))
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o755)
    return True


def dissolve(change: GroupMade) -> bool:
    """Undo the making of a group. False where it is gone. EBUSY where it cannot be emptied."""
    path = path_of(change.path)
    if not os.path.isdir(path):
        return False
    for inner in sorted(entry.path for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False)):
        dissolve(GroupMade(written(inner)))
    for _ in range(ATTEMPTS):
        _empty(path)
        try:
            os.rmdir(path)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        else:
            return True
    raise OSError(errno.EBUSY, "processes keep being started in it", path)


def _empty(path: str) -> None:
    with open(os.path.join(path, "cgroup.procs"), "rb") as members:
        pids = members.read().split()
    for pid in pids:
        # One that ended meanwhile needs no moving.
        with contextlib.suppress(ProcessLookupError):
            fd = os.open(os.path.join(os.path.dirname(path), "cgroup.procs"), os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.write(fd, pid)
            finally:
                os.close(fd)
