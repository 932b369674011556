"""The homes of a host: from its own `/etc/passwd`, and the folders where homes usually lie.

A home that a passwd line names but that cannot be listed is a home too: it is reported, not forgotten.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

from clearance.model.terms import OS
from clearance.observe.probe import Home
from clearance.observe.rooted import Rooted

FOLDERS: Final[dict[OS, tuple[str, ...]]] = {
    "linux": ("/home", "/var/home"),
    "macos": ("/Users",),
    "windows": ("/Users", "/Documents and Settings"),
}
NOT_PEOPLE: Final = frozenset(
    {"Public", "Default", "Default User", "All Users", "Shared", "lost+found", "desktop.ini", ".localized"}
)
NO_HOME: Final = frozenset({"/", "/nonexistent", "/dev/null", "/var/empty", "/bin", "/sbin", "/usr/sbin", "/usr/bin"})
FIRST_PERSON: Final = 1000
LAST_PERSON: Final = 60000


def homes_of(rooted: Rooted, system: OS) -> tuple[Home, ...]:
    """Every home, in order of their paths, each path once."""
    found: dict[str, Home] = {}
    for name, uid, path in accounts(rooted):
        person = FIRST_PERSON <= uid < LAST_PERSON or uid == 0
        # Service accounts have homes with real tools in them too, where those lie among people's.
        if path not in NO_HOME and (person or path.startswith(("/home/", "/Users/"))) and _is_folder(rooted, path):
            found.setdefault(path.rstrip("/"), Home(name, path.rstrip("/")))
    for folder in FOLDERS[system]:
        try:
            names = rooted.list(folder)
        except OSError:
            continue
        for name in names:
            path = f"{folder}/{name}"
            if name not in NOT_PEOPLE and not name.startswith(".") and path not in found and _is_folder(rooted, path):
                found[path] = Home(name, path)
    if "/root" not in found and _is_folder(rooted, "/root"):
        found["/root"] = Home("root", "/root")
    return tuple(found[path] for path in sorted(found))


def accounts(rooted: Rooted) -> tuple[tuple[str, int, str], ...]:
    """(login, uid, home) of every line of the root's passwd that has them."""
    entries = []
    for line in _lines(rooted, "/etc/passwd"):
        fields = line.split(":")
        if len(fields) >= 6 and fields[2].isdecimal() and len(fields[2]) < 11 and fields[5].startswith("/"):
            entries.append((fields[0], int(fields[2]), fields[5]))
    return tuple(entries)


def unix_groups(rooted: Rooted) -> dict[str, tuple[str, ...]]:
    """The groups of each login, by name, from the root's group and passwd files."""
    by_gid: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for line in _lines(rooted, "/etc/group"):
        fields = line.split(":")
        if len(fields) >= 4:
            by_gid[fields[2]] = fields[0]
            for member in filter(None, fields[3].strip().split(",")):
                groups.setdefault(member, []).append(fields[0])
    for line in _lines(rooted, "/etc/passwd"):
        fields = line.split(":")
        if len(fields) >= 4 and fields[3] in by_gid:
            groups.setdefault(fields[0], []).insert(0, by_gid[fields[3]])
    return {login: tuple(dict.fromkeys(names)) for login, names in groups.items()}


def _lines(rooted: Rooted, path: str) -> list[str]:
    try:
        fd, _ = rooted.open_regular(path)
    except OSError:
        return []
    try:
        return os.pread(fd, 1 << 20, 0).decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
    finally:
        os.close(fd)


def _is_folder(rooted: Rooted, path: str) -> bool:
    try:
        return stat.S_ISDIR(rooted.stat(path).st_mode)
    except OSError as error:
        return error.errno == errno.EACCES
