from __future__ import annotations

import os
import pty
import re
import termios
from pathlib import Path

import pytest

from clearance.act.linux.terminal import write

ANYTHING = re.compile(r"/.*", re.DOTALL)


def test_a_terminal_of_this_user_is_written_to() -> None:
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    assert write(name, os.getuid(), b"told\r\n")
    assert os.read(master, 100).replace(b"\r\r", b"\r") == b"told\r\n"
    assert not write(name, os.getuid() + 1, b"not yours")
    os.close(slave)
    os.close(master)
    assert not write(name, os.getuid(), b"gone")


def test_a_stopped_terminal_is_not_waited_for() -> None:
    master, slave = pty.openpty()
    termios.tcflow(slave, termios.TCOOFF)
    assert not write(os.ttyname(slave), os.getuid(), b"told\r\n")
    termios.tcflow(slave, termios.TCOON)
    assert write(os.ttyname(slave), os.getuid(), b"x" * 1_000_000), "what does not fit is left out"
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize(
    "path", ["/dev/null", "/dev/mem", "/dev/pts/../null", "/etc/passwd", "relative", "/dev/pts/1\n"]
)
def test_what_is_not_named_like_a_terminal_is_not_opened(path: str) -> None:
    assert not write(path, os.getuid(), b"x")


def test_what_is_no_terminal_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "pipe")
    for name in ("file", "link", "pipe", "none"):
        assert not write(str(tmp_path / name), os.getuid(), b"x", like=ANYTHING)
    assert not write("/dev/null", os.stat("/dev/null").st_uid, b"x", like=ANYTHING)
    assert (tmp_path / "file").read_text() == ""
