from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from clearance.act.linux import desktop


@pytest.fixture
def sessions(tmp_path: Path) -> str:
    """A folder of sessions in which this user has a bus."""
    own = tmp_path / str(os.getuid())
    own.mkdir()
    bus = socket.socket(socket.AF_UNIX)
    bus.bind(str(own / "bus"))
    bus.close()
    return str(tmp_path)


def test_only_a_bus_of_that_person_counts(sessions: str, tmp_path: Path) -> None:
    assert desktop.bus_of(os.getuid(), sessions) == f"{sessions}/{os.getuid()}/bus"
    assert desktop.bus_of(os.getuid() + 1, sessions) is None
    other = tmp_path / str(os.getuid() + 1)
    other.mkdir()
    (other / "bus").symlink_to(f"{sessions}/{os.getuid()}/bus")
    assert desktop.bus_of(os.getuid() + 1, sessions) is None


def test_the_programs_words() -> None:
    words = desktop.command("/usr/bin/notify-send", "--title", "<b>a & b")
    assert words[-3:] == ["--", "--title", "&lt;b&gt;a &amp; b"]
    words = desktop.command("/usr/bin/gdbus", 'a "b"\\', "1\n2")
    assert words[words.index("--") + 1 : -3] == [
        '"Clearance"', "uint32 0", '"dialog-warning"', '"a \\"b\\"\\\\"', '"1\\n2"',
    ]  # fmt: skip


def test_it_is_shown_with_the_persons_bus_and_nothing_of_ours(
    sessions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    sender = tmp_path / "notify-send"
    sender.write_text(f'#!/bin/sh\nenv > {tmp_path}/env; printf "%s\\n" "$@" > {tmp_path}/words\nexit 3\n')
    sender.chmod(0o755)
    pid = desktop.start(os.getuid(), "title", "body", sessions=sessions, senders=(str(tmp_path / "none"), str(sender)))
    assert pid is not None
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
    assert (tmp_path / "words").read_text().splitlines()[-2:] == ["title", "body"]
    environment = (tmp_path / "env").read_text()
    assert f"DBUS_SESSION_BUS_ADDRESS=unix:path={sessions}/{os.getuid()}/bus" in environment
    assert "SECRET" not in environment


def test_no_desktop_no_program(sessions: str) -> None:
    assert desktop.start(os.getuid(), "t", "b", sessions="/nowhere") is None
    assert desktop.start(os.getuid(), "t", "b", sessions=sessions, senders=()) is None
