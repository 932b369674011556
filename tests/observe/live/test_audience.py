from __future__ import annotations

import os
import pty
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.live.audience import Audience, audience, controlling, name_of


@pytest.mark.parametrize(
    ("status", "number"),
    [
        (b"12 (bash) S 1 12 12 34819 12 0", os.makedev(136, 3)),
        (b"12 (a) 9 9) x) S 1 12 12 34816 12 0", os.makedev(136, 0)),
        (b"12 (x) S 1 1 1 0 -1 0", 0),
        (b"", 0),
        (b"12 (x) S 1 1 1 x", 0),
    ],
)
def test_the_controlling_terminal(status: bytes, number: int) -> None:
    assert controlling(status) == number


@given(st.binary(max_size=80))
def test_any_status_is_read(status: bytes) -> None:
    controlling(status)


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (os.makedev(136, 3), "/dev/pts/3"),
        (os.makedev(137, 1), "/dev/pts/257"),
        (os.makedev(4, 2), "/dev/tty2"),
        (os.makedev(4, 64), "/dev/ttyS0"),
        (os.makedev(1, 3), ""),
    ],
)
def test_names_of_terminals(number: int, path: str) -> None:
    assert name_of(number) == path


def test_a_process_on_a_terminal_of_its_own() -> None:
    pid, master = pty.fork()
    if pid == 0:
        os.execve("/bin/sleep", ["sleep", "600"], {"LANG": "de_DE.UTF-8"})
    try:
        while (found := audience(pid)).environment != b"LANG=de_DE.UTF-8\0":
            os.sched_yield()
        name = os.readlink(f"/proc/{pid}/fd/0")
        assert found.terminals == (name,)
        assert found.uid == os.getuid()
        assert found.width == 80
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(master)


def test_what_is_no_terminal_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "7" / "fd"
    folder.mkdir(parents=True)
    (tmp_path / "7" / "stat").write_bytes(b"7 (x) S 1 1 1 34819 1 0")
    (folder / "0").symlink_to("/dev/pts/../mem")
    (folder / "1").symlink_to("/dev/ttyX (deleted)")
    (tmp_path / "dev" / "pts").mkdir(parents=True)
    (tmp_path / "dev" / "pts" / "3").write_text("a file")
    assert audience(7, str(tmp_path), str(tmp_path / "dev")) == Audience()
    assert audience(8, str(tmp_path)) == Audience()
