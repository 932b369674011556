"""Which file systems are guarded: those of the paths that were named, or all of the host's own.

A filesystem mark is on the superblock: it sees every mount of it, in every namespace. So one that the machine's init
also has mounted concerns the whole machine, whoever asks for it, and is only guarded when that was said (`--host`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from clearance.errors import Error, Place
from clearance.observe.mounts import reason

INITIAL_PID_NAMESPACE: Final = "pid:[4026531836]"
"""The kernel's PROC_PID_INIT_INO: process 1 is the machine's init, and not a container's."""

LAST_INITIAL: Final = 0xF000001F
"""Namespaces that the kernel makes as it starts have numbers up to about here; later ones, higher numbers."""

_OCTAL: Final = re.compile(r"\\([0-7]{3})")


class Mount(Struct, frozen=True):
    """A mount point, the device of its superblock as `MAJOR:MINOR`, and the kind of file system."""

    point: str
    device: str
    kind: str


class Watched(Struct, frozen=True):
    """A path on each guarded file system, and the devices (`st_dev`); `host`: all of the machine's own."""

    paths: tuple[str, ...]
    devices: frozenset[int]
    host: bool


def mounts(mountinfo: str) -> Iterator[Mount]:
    """The mounts of a namespace, from the text of its `mountinfo` (proc_pid_mountinfo(5))."""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) >= 5 and right:
            point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
            yield Mount(point, fields[2], right.split(" ", 1)[0])


def host_paths() -> tuple[str, ...]:
    """A mount point of each of this machine's own file systems. Network file systems and FUSE are left to the tracker:
    who serves them may itself have to start a program."""
    seen: dict[str, str] = {}
    for mount in mounts(_text("/proc/self/mountinfo")):
        if reason(mount.kind, network=False) is None and not mount.kind.startswith("fuse"):
            seen.setdefault(mount.device, mount.point)
    return tuple(seen.values())


def watched(paths: Sequence[str], host: bool) -> Watched:
    """What to guard. `Error` where a path is not there, or where it is the machine's and `host` was not said."""
    if not paths and not host:
        raise Error(
            "nothing to guard was named",
            remedy="guard the whole machine: clearance enforce run --host; or only some file systems: --watch PATH",
        )
    chosen = tuple(os.path.abspath(path) for path in paths) or host_paths()
    devices: dict[int, str] = {}
    for path in chosen:
        try:
            devices.setdefault(os.stat(path).st_dev, path)
        except OSError as error:
            if paths:
                what = f"cannot be watched: {(error.strerror or '').lower()}"
                raise Error(what, place=Place(path), remedy="name a folder that is there with --watch") from error
    if not host:
        shared = _shared()
        for device, path in devices.items():
            if device in shared:
                raise Error(
                    f"{path} lies on a file system of the whole machine ({shared[device]}):"
                    " guarding it would guard that for everybody",
                    place=Place(path),
                    remedy="say that this is meant: --host; or name a path on a file system that was mounted for this",
                )
    return Watched(tuple(devices.values()), frozenset(devices), host and not paths)


def _shared() -> dict[int, str]:
    """The devices that the machine's init has mounted too, with the mount point.

    In a PID namespace of its own the machine's init is not to be seen. Then it is what this program and its root lie
    on, and all that process 1 of the namespace has mounted where that has other mounts than we have.
    """
    found: dict[int, str] = {}
    if outermost() or _namespace("1", "mnt") != _namespace("self", "mnt"):
        for mount in mounts(_text("/proc/1/mountinfo")):
            major, _, minor = mount.device.partition(":")
            found.setdefault(os.makedev(int(major), int(minor)), mount.point)
    for path in ("/", __file__):
        found.setdefault(os.stat(path).st_dev, path)
    return found


def outermost() -> bool:
    """Whether process 1 is the machine's own init."""
    return _namespace("self", "pid") == INITIAL_PID_NAMESPACE


def machines_network() -> bool:
    """Whether the network here is the machine's own, and not that of a namespace which was made for something."""
    mine = _namespace("self", "net")
    if outermost() and (init := _namespace("1", "net")):
        return mine == init
    number = mine.partition("[")[2].rstrip("]")
    return not number.isdecimal() or int(number) <= LAST_INITIAL


def _namespace(process: str, kind: str) -> str:
    """What tells a namespace from another; empty where it may not be seen."""
    try:
        return os.readlink(f"/proc/{process}/ns/{kind}")
    except OSError:
        return ""


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()
