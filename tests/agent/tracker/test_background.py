"""Looks that take long, in a child."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from clearance.agent.tracker import background
from clearance.agent.tracker.background import Background
from clearance.model.enforcement import UNKNOWN_AGENT, KnownFile
from tests.agent.tracker.outcomes import AGENT
from tests.observe.identity.made import RULES, SOURCE


def known(path: Path) -> tuple[int, KnownFile]:
    fd = os.open(path, os.O_RDONLY)
    what = os.fstat(fd)
    return fd, KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, None, path=str(path))


def answer(one: Background) -> KnownFile:
    poll = select.poll()
    poll.register(one.fileno(), select.POLLIN)
    assert poll.poll(60_000)
    ((key, file),) = one.answers()
    assert key == (file.device, file.inode, file.changed)
    return file


def test_a_tool_an_agent_and_nothing(tmp_path: Path) -> None:
    one = Background(RULES)
    try:
        assert one.fileno() == -1
        expected: list[tuple[str | bytes, str | None]] = [
            (SOURCE, "acme"), (AGENT * 2, UNKNOWN_AGENT), ("console.log(1)\n" * 99, None)
        ]  # fmt: skip
        for number, (text, tool) in enumerate(expected):
            path = tmp_path / f"{number}.mjs"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            path.chmod(0o755)
            fd, file = known(path)
            assert one.ask(fd, file)
            found = answer(one)
            assert found.tool == tool
            assert (found.score or 0) > 0.8 or tool != UNKNOWN_AGENT
            # Not twice.
            assert one.ask(fd, file)
            assert not one.waits()
            os.close(fd)
    finally:
        one.end()
    assert one.pid == 0


def test_one_that_nobody_asks_is_let_go_and_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Background(RULES)
    try:
        for number in range(2):
            path = tmp_path / f"{number}.mjs"
            path.write_text("console.log(1)\n" * 99)
            fd, file = known(path)
            assert one.ask(fd, file)
            one.rest()
            assert one.pid
            answer(one)
            one.rest()
            assert one.pid
            os.close(fd)
            with monkeypatch.context() as later:
                later.setattr(background, "IDLE", -1.0)
                one.rest()
            assert one.pid == 0
            assert one.fileno() == -1
    finally:
        one.end()


def test_one_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Background(RULES)
    path = tmp_path / "x.mjs"
    path.write_bytes(SOURCE)
    fd, file = known(path)
    try:
        assert one.ask(fd, file)
        first = one.pid
        os.kill(first, signal.SIGSTOP)
        assert not one.overdue()
        monkeypatch.setattr(background, "SECONDS", 0.0)
        assert one.overdue()
        assert one.pid == 0
        one.forget()
        monkeypatch.setattr(background, "SECONDS", 60.0)
        assert one.ask(fd, file)
        assert one.pid != first
        assert answer(one).tool == "acme"
    finally:
        one.end()
        os.close(fd)


def test_a_child_that_is_gone_costs_what_it_was_asked(tmp_path: Path) -> None:
    one = Background(RULES)
    path = tmp_path / "x.mjs"
    path.write_bytes(SOURCE)
    fd, file = known(path)
    try:
        assert one.ask(fd, file)
        os.kill(one.pid, signal.SIGKILL)
        poll = select.poll()
        poll.register(one.fileno(), select.POLLIN)
        assert poll.poll(60_000)
        one.answers()
        one.answers()
        assert not one.waits()
    finally:
        one.end()
        os.close(fd)
