"""Where a path with symbolic links in it leads, found without touching what a scan stays out of.

The kernel follows links by itself, and would mount an automount or wait for a dead file server on the way. So a path
that may hold a link is followed here first, name by name.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Final

from clearance.observe.rooted import Rooted

LINKS: Final = 40
"""Links in one path, as the kernel counts them."""


class Closed(OSError):
    """The path leads into a place to stay out of; `why` says why."""

    def __init__(self, why: str, path: str) -> None:
        super().__init__(errno.EXDEV, why, path)
        self.why = why


def resolve(rooted: Rooted, path: str, why_closed: Callable[[str], str | None]) -> str:
    """The same place, named without links, `.` and `..`. What does not exist is not followed, and no error.

    `Closed` where the path leads into a closed place; OSError for a loop.
    """
    rest = [name for name in reversed(path.split("/")) if name not in ("", ".")]
    here = ""
    links = 0
    while rest:
        name = rest.pop()
        if name == "..":
            here = here.rpartition("/")[0]
            continue
        there = f"{here}/{name}"
        why = why_closed(there)
        if why is not None:
            if why_closed("/".join((there, *reversed(rest)))) is not None:
                raise Closed(why, path)
            # Further on lies a mount point that is open; nothing on the way to it can be a link.
            here = there
            continue
        target = rooted.link(there)
        if target is None:
            here = there
            continue
        links += 1
        if links > LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        if target.startswith("/"):
            here = ""
        rest.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
    return here or "/"
