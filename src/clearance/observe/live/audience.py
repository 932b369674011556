"""Who can be told about a process: the terminals that are its own, whose they are, and what its locale says.

Read from `/proc` as it is at that moment; a process that is gone has no audience. Terminals are given as device paths
below `/dev` of this machine: those of a container's own `/dev/pts` are not.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import struct
import termios
from typing import Final

from msgspec import Struct

PTS_MAJORS: Final = range(136, 144)
"""Device numbers of pseudo terminals (Documentation/admin-guide/devices.txt): 256 a major number."""

CONSOLE_MAJOR: Final = 4
SERIAL_FROM: Final = 64

TERMINAL: Final = re.compile(r"/dev/(?:pts/[0-9]{1,7}|tty[A-Za-z0-9]{1,12})")
"""What a terminal's path looks like."""

LARGEST_ENVIRONMENT: Final = 1 << 18
DEFAULT_WIDTH: Final = 80


class Audience(Struct, frozen=True):
    """`uid` owns the terminals (None: there is none). `environment` is as the kernel gives it. `width` in cells."""

    terminals: tuple[str, ...] = ()
    uid: int | None = None
    width: int = DEFAULT_WIDTH
    environment: bytes = b""


def audience(pid: int, proc: str = "/proc", dev: str = "/dev") -> Audience:
    """Who can be told about this process."""
    found: dict[str, int] = {}
    for path, number in _terminals(pid, proc):
        real = dev + path.removeprefix("/dev")
        try:
            seen = os.lstat(real)
        except OSError:
            continue
        if stat.S_ISCHR(seen.st_mode) and number in (None, seen.st_rdev):
            found.setdefault(real, seen.st_uid)
    owner = next(iter(found.values()), None)
    terminals = tuple(path for path, uid in found.items() if uid == owner)
    width = next((width for path in terminals if (width := _width(path))), DEFAULT_WIDTH)
    return Audience(terminals, owner, width, _read(f"{proc}/{pid}/environ", LARGEST_ENVIRONMENT))


def seat(number: int, uid: int, pid: int, proc: str = "/proc") -> Audience:
    """Who can be told at the terminal of this number, as `/proc/PID/stat` gives it. Nobody where it is none.

    Terminals of a container have the numbers of others outside it. So where the terminal is not this user's own (under
    sudo it is not), it counts only while the process can be asked whether it is the very same one.
    """
    path = name_of(number)
    try:
        seen = os.lstat(path)
        if seen.st_uid != uid:
            inside = os.lstat(f"{proc}/{pid}/root{path}")
            if (inside.st_dev, inside.st_ino) != (seen.st_dev, seen.st_ino):
                return Audience()
    except OSError:
        return Audience()
    if not stat.S_ISCHR(seen.st_mode) or seen.st_rdev != number:
        return Audience()
    return Audience((path,), seen.st_uid, _width(path) or DEFAULT_WIDTH)


def _terminals(pid: int, proc: str) -> list[tuple[str, int | None]]:
    """(path, device number) of its controlling terminal and of what its first three descriptors are."""
    found: list[tuple[str, int | None]] = []
    number = controlling(_read(f"{proc}/{pid}/stat", 4096))
    if number:
        found.append((name_of(number), number))
    for descriptor in (0, 1, 2):
        try:
            place = f"{proc}/{pid}/fd/{descriptor}"
            path = os.readlink(place)
            if TERMINAL.fullmatch(path):
                found.append((path, os.stat(place).st_rdev))
        except OSError:
            continue
    return [(path, number) for path, number in found if path]


def controlling(status: bytes) -> int:
    """The device number of the controlling terminal, from `/proc/PID/stat`; 0 where there is none.

    The program's name stands in brackets and may hold any character, so fields are counted from the last bracket.
    """
    fields = status.rpartition(b")")[2].split()
    try:
        packed = int(fields[4]) & 0xFFFFFFFF
    except (IndexError, ValueError):
        return 0
    # The kernel's encoding: minor bits 0 to 7 and 20 to 31, major bits 8 to 19.
    major, minor = (packed >> 8) & 0xFFF, (packed & 0xFF) | ((packed >> 12) & 0xFFF00)
    return os.makedev(major, minor) if packed else 0


def name_of(number: int) -> str:
    """The path of a terminal by its device number; empty where only its device manager knows it."""
    major, minor = os.major(number), os.minor(number)
    if major in PTS_MAJORS:
        return f"/dev/pts/{(major - PTS_MAJORS.start) * 256 + minor}"
    if major == CONSOLE_MAJOR:
        return f"/dev/tty{minor}" if minor < SERIAL_FROM else f"/dev/ttyS{minor - SERIAL_FROM}"
    return ""


def _width(path: str) -> int:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        _, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return 0
    finally:
        os.close(fd)
    return int(columns)


def _read(path: str, most: int) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            blocks: list[bytes] = []
            while most > 0 and (block := file.read(min(most, 1 << 16))):
                blocks.append(block)
                most -= len(block)
            return b"".join(blocks)
    except OSError:
        return b""
