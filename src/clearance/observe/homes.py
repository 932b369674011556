"""The homes of a host: from its own `/etc/passwd`, and the folders where homes usually lie.

A home that a passwd line names but that cannot be listed is a home too: it is reported, not forgotten.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from typing import Final

from clearance.model.terms import OS
from clearance.observe.links import Closed, resolve
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
NO_HOME: Final = frozenset(
    {
        "", "/bin", "/boot", "/dev", "/dev/null", "/etc", "/home", "/lib", "/media", "/mnt", "/nonexistent", "/opt",
        "/proc", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/Users", "/var",
        "/var/empty", "/var/lib", "/var/run", "/var/tmp",
    }
)  # fmt: skip
FIRST_PERSON: Final = 1000
LAST_PERSON: Final = 60000
NO_SHELLS: Final = frozenset({"nologin", "false", "sync", "halt", "shutdown", "git-shell"})


def homes_of(rooted: Rooted, system: OS, why_closed: Callable[[str], str | None]) -> tuple[Home, ...]:
    """Every home, in order of their paths, each place once. `why_closed` says what is not to be touched.

    A home in a closed place is in the result, but whether it is there was not looked at.
    """
    found: dict[str, Home] = {}
    places: set[tuple[int, int]] = set()

    def take(user: str, path: str) -> None:
        if path in found:
            return
        try:
            real = resolve(rooted, path, why_closed)
            what = rooted.stat(real)
        except Closed:
            found[path] = Home(user, path)
            return
        except OSError as error:
            if error.errno == errno.EACCES:
                found[path] = Home(user, path)
            return
        # The same folder under another name (a link, a bind mount) is the same home.
        if stat.S_ISDIR(what.st_mode) and (what.st_dev, what.st_ino) not in places:
            places.add((what.st_dev, what.st_ino))
            found[path] = Home(user, path)

    for name, path in _people(rooted):
        take(name, path)
    take("root", "/root")
    for folder in FOLDERS[system]:
        if why_closed(folder) is not None:
            continue
        try:
            names = rooted.list(folder)
        except OSError:
            continue
        for name in names:
            if name not in NOT_PEOPLE and not name.startswith("."):
                take(name, f"{folder}/{name}")
    return tuple(found[path] for path in sorted(found))


def _people(rooted: Rooted) -> Iterator[tuple[str, str]]:
    """(login, home) of the accounts that somebody or something works with.

    Service accounts have tools too: where one can log in, or has its home among people's.
    """
    for name, uid, path, shell in _entries(rooted):
        path = path.rstrip("/")
        works = FIRST_PERSON <= uid < LAST_PERSON or uid == 0 or (shell and shell.rpartition("/")[2] not in NO_SHELLS)
        if path not in NO_HOME and (works or path.startswith(("/home/", "/Users/"))):
            yield name, path


def accounts(rooted: Rooted) -> tuple[tuple[str, int, str], ...]:
    """(login, uid, home) of every line of the root's passwd that has them."""
    return tuple((name, uid, path) for name, uid, path, _ in _entries(rooted))


def _entries(rooted: Rooted) -> Iterator[tuple[str, int, str, str]]:
    for line in _lines(rooted, "/etc/passwd"):
        fields = [*line.split(":"), ""]
        if len(fields) >= 7 and fields[2].isdecimal() and len(fields[2]) < 11 and fields[5].startswith("/"):
            yield fields[0], int(fields[2]), fields[5], fields[6].strip()


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
