"""Who can be told at a terminal: its path, whose it is, and how wide it is. Read as it is at that moment."""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import termios
from typing import Final

from msgspec import Struct

PTS_MAJORS: Final = range(136, 144)
"""Device numbers of pseudo terminals (Documentation/admin-guide/devices.txt): 256 a major number."""

CONSOLE_MAJOR: Final = 4
SERIAL_FROM: Final = 64

DEFAULT_WIDTH: Final = 80


class Audience(Struct, frozen=True):
    """`uid` owns the terminals (None: there is none). `width` in cells."""

    terminals: tuple[str, ...] = ()
    uid: int | None = None
    width: int = DEFAULT_WIDTH


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
