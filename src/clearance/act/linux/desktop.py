"""A notice on somebody's desktop, over their own session bus, by a program that runs as they do.

Uses `notify-send`, else `gdbus`, whichever is installed (org.freedesktop.Notifications). The program is started in a
process that has given up every right but the person's, and is killed when it takes too long. Only for the process that
tells people: no other part of enforcement starts programs.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable, Sequence
from typing import Final

SENDERS: Final = ("/usr/bin/notify-send", "/usr/bin/gdbus")
SESSIONS: Final = "/run/user"
SHOWN_FOR: Final = 20_000
"""Milliseconds."""


def bus_of(uid: int, sessions: str = SESSIONS) -> str | None:
    """The person's session bus, or None where they have none: no desktop, or not logged in."""
    path = f"{sessions}/{uid}/bus"
    try:
        seen = os.lstat(path)
    except OSError:
        return None
    return path if stat.S_ISSOCK(seen.st_mode) and seen.st_uid == uid else None


def command(sender: str, title: str, body: str) -> list[str]:
    """The program's words. The body is escaped, because desktops read it as markup."""
    text = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if sender.endswith("notify-send"):
        return [sender, "-a", "Clearance", "-u", "critical", "-t", str(SHOWN_FOR), "--", title, text]
    words = ("Clearance", "dialog-warning", title, text)
    name, icon, *shown = (_variant(word) for word in words)
    bus = "org.freedesktop.Notifications"
    return [
        sender, "call", "--session", "--timeout", "5", "--dest", bus, "--object-path", "/org/freedesktop/Notifications",
        "--method", f"{bus}.Notify", "--", name, "uint32 0", icon, *shown, "@as []", "@a{sv} {}", f"int32 {SHOWN_FOR}",
    ]  # fmt: skip


def _variant(text: str) -> str:
    """A string in the GVariant text format."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def start(uid: int, title: str, body: str, *, sessions: str = SESSIONS, senders: Sequence[str] = SENDERS) -> int | None:
    """Start showing it; the process id of what the caller must wait for. None where this person has no desktop."""
    bus = bus_of(uid, sessions)
    sender = next((path for path in senders if os.access(path, os.X_OK)), None)
    if bus is None or sender is None:
        return None
    try:
        person = pwd.getpwuid(uid)
    except KeyError:
        return None
    words = command(sender, title, body)
    environment = {
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}", "XDG_RUNTIME_DIR": os.path.dirname(bus),
        "HOME": person.pw_dir, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    pid = os.fork()
    if pid:
        return pid
    _become(uid, person.pw_gid, lambda: os.execve(words[0], words, environment))  # noqa: S606 - a fixed program, no shell
    return None


def _become(uid: int, gid: int, then: Callable[[], object]) -> None:
    """In a child: give up all rights but this person's, then do it. Never returns."""
    try:
        if os.geteuid() == 0:
            os.setgroups([gid])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.closerange(3, 1 << 16)
        os.chdir("/")
        os.setsid()
        then()
    finally:
        os._exit(127)
