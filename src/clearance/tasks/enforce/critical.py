"""Programs that no directive can block: what the running system needs to be used and mended.

Computed for each host: what init, shells, log-ins, packages and privileges are done with, what the distribution calls
essential, what runs for the system now, and this program itself. A tool is never among them, whatever it is called.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from typing import Final

import msgspec
from msgspec import Struct

FOLDERS: Final = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/libexec", "/usr/lib/systemd")
NAMES: Final = frozenset(
    msgspec.json.decode(resources.files(__package__).joinpath("critical.json").read_bytes(), type=list[str])
)
"""By what these things are called on the systems that Clearance runs on. A name alone makes no tool critical."""

PACKAGES: Final = "/var/lib/dpkg/status"
FILES: Final = "/var/lib/dpkg/info/{}.list"
_FIELD: Final = re.compile(r"^(Package|Essential|Architecture): (.*)$", re.MULTILINE)
PROGRAM_FOLDERS: Final = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/")


class Critical(Struct, frozen=True):
    """A program that nothing may block, by its path and by the (device, inode) of its file."""

    path: str
    device: int
    inode: int


def critical(is_tool: Callable[[str], bool]) -> tuple[Critical, ...]:
    """All of them, sorted by path. `is_tool` says whether the content of the file at a path is a tool's."""
    found: dict[tuple[int, int], str] = {}
    for path in sorted({os.path.realpath(path) for path in _candidates()}):
        try:
            what = os.stat(path)
        except OSError:
            continue
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            found.setdefault((what.st_dev, what.st_ino), path)
    return tuple(Critical(path, *place) for place, path in found.items() if not is_tool(path))


def _candidates() -> Iterator[str]:
    for folder in FOLDERS:
        yield from (f"{folder}/{name}" for name in NAMES if os.path.lexists(f"{folder}/{name}"))
    yield from _shells()
    yield from _essential()
    yield from _system_processes()
    yield from _own()


def _shells() -> Iterator[str]:
    try:
        with open("/etc/shells", encoding="utf-8", errors="surrogateescape") as file:
            yield from (line.strip() for line in file if line.startswith("/"))
    except OSError:
        return


def _essential() -> Iterator[str]:
    """The programs of packages that Debian calls essential."""
    try:
        with open(PACKAGES, encoding="utf-8", errors="surrogateescape") as file:
            status = file.read()
    except OSError:
        return
    for paragraph in status.split("\n\n"):
        fields = dict(_FIELD.findall(paragraph))
        if fields.get("Essential") != "yes":
            continue
        for name in (fields["Package"], f"{fields['Package']}:{fields.get('Architecture', '')}"):
            try:
                with open(FILES.format(name), encoding="utf-8", errors="surrogateescape") as file:
                    yield from (line for line in file.read().splitlines() if line.startswith(PROGRAM_FOLDERS))
            except OSError:
                continue


def _system_processes() -> Iterator[str]:
    """What runs for the system: process 1, and programs that belong to root and run as root beside people's."""
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            exe = os.readlink(f"/proc/{name}/exe")
            with open(f"/proc/{name}/status", "rb") as file:
                uid = int(file.read(2048).partition(b"\nUid:")[2].split(None, 1)[0])
            owner = os.stat(exe).st_uid
        except (OSError, ValueError, IndexError):
            continue
        if name == "1" or (uid == 0 and owner == 0 and exe.startswith(("/usr/", "/sbin/", "/bin/", "/lib"))):
            yield exe


def _own() -> Iterable[str]:
    return (sys.executable, os.path.realpath(sys.executable), os.path.abspath(sys.argv[0]))
