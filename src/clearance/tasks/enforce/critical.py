"""Programs that no directive can block: what the running system needs to be used and mended.

Computed for each host: what init, shells, log-ins, packages and privileges are done with, what the distribution calls
essential, what runs for the system now, and this program itself. A tool is never among them, whatever it is called.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

FOLDERS: Final = (
    "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/libexec", "/usr/lib/systemd", "/usr/lib/openssh",
    "/lib/systemd", "/run/current-system/sw/bin", "/nix/var/nix/profiles/default/bin",
)  # fmt: skip
LOADERS: Final = re.compile(r"ld(-linux[\w.-]*|-musl-[\w.-]*|64|-uClibc[\w.-]*)?\.so(\.\d+)*")
"""Names of what the kernel starts first when it starts any program that is linked dynamically."""

LIBRARIES: Final = ("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64")
LISTED: Final = 20_000
LINKS: Final = 40
OTHERS_WRITE: Final = 0o022

NAMES: Final = frozenset(msgspec.json.decode(Path(__file__).with_name("critical.json").read_bytes(), type=list[str]))
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


def critical(
    is_tool: Callable[[str], bool], root: str = "/", trusted: frozenset[int] = frozenset({0})
) -> tuple[Critical, ...]:
    """All of them, sorted by path. `is_tool` says whether the content of the file at a path is a tool's.

    Only files that nobody but the `trusted` user ids can change: else a person could lay a tool down where it would be
    taken for what the system needs. For another `root` than this host's, what runs here says nothing.
    """
    places = Places(root)
    found: dict[tuple[int, int], str] = {}
    for path, own in sorted({(places.real(path), own) for path, own in _candidates(places)}):
        outside = places.outside(path)
        try:
            what = os.stat(outside)
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(what.st_mode) and what.st_mode & 0o111 and (own or places.kept(path, trusted)):
            found.setdefault((what.st_dev, what.st_ino), path)
    return tuple(
        # The path is for people: a name that is no UTF-8 is escaped.
        Critical(path.encode("utf-8", "backslashreplace").decode(), *place)
        for place, path in found.items()
        if not is_tool(places.outside(path))
    )


class Places:
    """Paths of a system whose root is `root`: links are followed inside it."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")

    def outside(self, path: str) -> str:
        """Where a path of the system lies."""
        return f"{self.root}{path}"

    def real(self, path: str) -> str:
        """The path without links; as far as it can be followed."""
        if not self.root:
            return os.path.realpath(path)
        waiting = [part for part in path.split("/") if part]
        done, links = "/", 0
        while waiting:
            part = waiting.pop(0)
            if part == "..":
                done = posixpath.dirname(done)
                continue
            step = posixpath.join(done, part)
            try:
                target = os.readlink(self.outside(step))
            except OSError:
                done = step
                continue
            links += 1
            if links > LINKS:
                return path
            waiting = [one for one in target.split("/") if one and one != "."] + waiting
            done = "/" if target.startswith("/") else done
        return done

    def names(self, folder: str) -> list[str]:
        """What a folder holds."""
        try:
            return os.listdir(self.outside(folder))[:LISTED]
        except OSError:
            return []

    def text(self, path: str) -> str:
        """A text file; empty where there is none."""
        try:
            with open(self.outside(path), encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except OSError:
            return ""

    def kept(self, path: str, trusted: frozenset[int]) -> bool:
        """Whether only `trusted` users can exchange the file: it and every folder on its way is theirs alone."""
        while True:
            try:
                what = os.lstat(self.outside(path))
            except (OSError, ValueError):
                return False
            # In a folder with the sticky bit nobody removes what is not his.
            open_to_others = what.st_mode & OTHERS_WRITE and not (stat.S_ISDIR(what.st_mode) and what.st_mode & 0o1000)
            if what.st_uid not in trusted or open_to_others:
                return False
            if path == "/":
                return True
            path = posixpath.dirname(path)


def _candidates(places: Places) -> Iterator[tuple[str, bool]]:
    """Paths, and whether it is this program's own, which counts whoever can write it."""
    for folder in FOLDERS:
        yield from ((f"{folder}/{name}", False) for name in places.names(folder) if name in NAMES)
    for path in (*_loaders(places), *_shells(places), *_essential(places)):
        yield path, False
    if not places.root:
        yield from ((path, False) for path in _system_processes())
        yield from ((path, True) for path in _own())


def _loaders(places: Places) -> Iterator[str]:
    for folder in LIBRARIES:
        for name in places.names(folder):
            if LOADERS.fullmatch(name):
                yield f"{folder}/{name}"
            elif "-linux-" in name:
                yield from (
                    f"{folder}/{name}/{one}" for one in places.names(f"{folder}/{name}") if LOADERS.fullmatch(one)
                )


def _shells(places: Places) -> Iterator[str]:
    lines = (line.strip() for line in places.text("/etc/shells").splitlines())
    yield from (line for line in lines if line.startswith("/") and "\0" not in line)


def _essential(places: Places) -> Iterator[str]:
    """The programs of packages that Debian calls essential."""
    for paragraph in places.text(PACKAGES).split("\n\n"):
        fields = dict(_FIELD.findall(paragraph))
        if fields.get("Essential") != "yes":
            continue
        for name in (fields.get("Package", ""), f"{fields.get('Package')}:{fields.get('Architecture', '')}"):
            yield from (
                line for line in places.text(FILES.format(name)).splitlines() if line.startswith(PROGRAM_FOLDERS)
            )


def _system_processes() -> Iterator[str]:
    """What runs for the system: process 1, and programs of the system's own folders that run as root."""
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            exe = os.readlink(f"/proc/{name}/exe")
            with open(f"/proc/{name}/status", "rb") as file:
                uid = int(file.read(2048).partition(b"\nUid:")[2].split(None, 1)[0])
        except (OSError, ValueError, IndexError):
            continue
        system = exe.startswith(("/usr/", "/sbin/", "/bin/", "/lib")) and not exe.startswith("/usr/local/")
        if name == "1" or (uid == 0 and system):
            yield exe


def _own() -> Iterable[str]:
    return (sys.executable, os.path.realpath(sys.executable), os.path.abspath(sys.argv[0]))
