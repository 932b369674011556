"""Whose process it is, and how its person can be told. Reads a few files of /proc, which never wait for anything."""

from __future__ import annotations

import re
from typing import Final

_NOBODY: Final = 4_294_967_295
_GENERATIONS: Final = 8
_ENVIRONMENT: Final = 131_072
_LOCALE: Final = re.compile(rb"(?:^|\0)(LANG|LANGUAGE|LC_ALL|LC_MESSAGES|LC_CTYPE)=([^\0]{0,64})")


def owner(pid: int) -> int | None:
    """The user id that a process counts as: its real one; for root, that of the person who logged in.

    Who becomes root by sudo or su is still that person. None where the process is gone or not of this namespace.
    """
    if pid <= 0:
        return None
    try:
        with open(f"/proc/{pid}/status", "rb", buffering=0) as status:
            uid = int(status.read(2048).partition(b"\nUid:")[2].split(None, 1)[0])
        if uid == 0:
            with open(f"/proc/{pid}/loginuid", "rb", buffering=0) as file:
                login = int(file.read(16))
            return login if login not in (0, _NOBODY) else 0
    except (OSError, ValueError, IndexError):
        # No loginuid: a kernel without audit.
        return locals().get("uid")
    return uid


def reached_by(pid: int) -> tuple[int, dict[str, str]]:
    """The number of the process's controlling terminal (0: none), and the variables that say its reader's language."""
    if pid <= 0:
        return 0, {}
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as stat:
            terminal = int(stat.read(2048).rpartition(b")")[2].split()[4])
        with open(f"/proc/{pid}/environ", "rb", buffering=0) as environ:
            found = _LOCALE.findall(environ.read(_ENVIRONMENT))
    except (OSError, ValueError, IndexError):
        return 0, {}
    return max(terminal, 0), {name.decode(): value.decode("ascii", "replace") for name, value in found}


def descends(pid: int, ancestor: int) -> bool:
    """Whether a process was started by another one, or by one that it started, and so on; itself included."""
    for _ in range(_GENERATIONS):
        if pid == ancestor:
            return True
        try:
            with open(f"/proc/{pid}/stat", "rb", buffering=0) as stat:
                pid = int(stat.read(2048).rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return False
        if pid <= 1:
            return pid == ancestor
    return False
