"""The control group of processes that are to have no network: made for one service, gone with it.

Announced in the undo journal like every change to the host, so that `undo` finds it after a crash too; so does the next
service of the same state folder, which removes what one that was killed left.
"""

from __future__ import annotations

import contextlib
import os
from typing import Final

from clearance.act.changes import GroupMade, path_of
from clearance.act.journal import Journal
from clearance.act.linux import cgroups
from clearance.act.undo import undo
from clearance.errors import Error
from clearance.log import LOG

NAME: Final = "clearance-cut-{}"
"""With letters of chance: a process number is another process's in another PID namespace below the same groups."""


def make(state: str, mounts: str = "/proc/self/mounts") -> str:
    """The folder of a new group; empty where this host has no groups of version 2, or they cannot be changed."""
    try:
        with open(mounts, "rb") as file:
            point = cgroups.mount_point(file.read())
        if point is None:
            return ""
        path = os.path.join(point, NAME.format(os.urandom(4).hex()))
        journal = Journal.begin(state)
        undo(journal, which=lambda change: isinstance(change, GroupMade))
        cgroups.make(journal, path)
    except (OSError, Error) as error:
        LOG.warning("no process can be cut from the network: %s", error)
        return ""
    return path


def remove(state: str, path: str) -> None:
    """The group is gone; what was in it is in the group above."""
    with contextlib.suppress(OSError, Error):
        journal = Journal.find(state) if path else None
        if journal is not None:
            undo(journal, which=lambda change: isinstance(change, GroupMade) and path_of(change.path) == path)
