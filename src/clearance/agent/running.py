"""Who runs which file now: for the blast radius of a new directive."""

from __future__ import annotations

import os

from clearance.agent.guard.owner import owner


def running() -> dict[tuple[int, int], set[int]]:
    """The user ids that run a program, by the (device, inode) of its file. Processes that vanish are left out."""
    found: dict[tuple[int, int], set[int]] = {}
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            what = os.stat(f"/proc/{name}/exe")
        except OSError:
            continue
        uid = owner(int(name))
        if uid is not None:
            found.setdefault((what.st_dev, what.st_ino), set()).add(uid)
    return found
