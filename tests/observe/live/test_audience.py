from __future__ import annotations

import os
import pty
import struct
import termios
from fcntl import ioctl
from pathlib import Path

import pytest

from clearance.observe.live.audience import Audience, name_of, seat


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (os.makedev(136, 3), "/dev/pts/3"),
        (os.makedev(137, 1), "/dev/pts/257"),
        (os.makedev(4, 2), "/dev/tty2"),
        (os.makedev(4, 64), "/dev/ttyS0"),
        (os.makedev(1, 3), ""),
        (0, ""),
    ],
)
def test_names_of_terminals(number: int, path: str) -> None:
    assert name_of(number) == path


def test_a_terminal_of_ones_own() -> None:
    master, slave = pty.openpty()
    number = os.fstat(slave).st_rdev
    assert seat(number, os.getuid(), 0) == Audience((os.ttyname(slave),), os.getuid(), 80)
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 133, 0, 0))
    assert seat(number, os.getuid(), 0).width == 133
    os.close(slave)
    os.close(master)
    assert seat(number, os.getuid(), 0) == Audience()


def test_a_terminal_of_somebody_else_counts_only_where_it_is_the_same(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    number, name = os.fstat(slave).st_rdev, os.ttyname(slave)
    assert seat(number, os.getuid() + 1, os.getpid()).uid == os.getuid(), "as under sudo"
    assert seat(number, os.getuid() + 1, 2**22 + 1) == Audience(), "who knows"
    inside = tmp_path / "7" / "root" / name.lstrip("/")
    inside.parent.mkdir(parents=True)
    inside.write_text("another one, in a container")
    assert seat(number, os.getuid() + 1, 7, str(tmp_path)) == Audience()
    os.close(slave)
    os.close(master)
