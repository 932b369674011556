"""Whose process it is. Reads two files of /proc, which never wait for anything."""

from __future__ import annotations

from typing import Final

_NOBODY: Final = 4_294_967_295


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
