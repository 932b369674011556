from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from clearance.agent.children import DEFECT, apart, end, fork


def ended(run: Callable[[], object], keep: set[int] | None = None) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(fork("test", keep or set(), run), 0)[1])


def test_a_child_has_only_what_it_is_given(tmp_path: Path) -> None:
    hears, says = os.pipe()
    kept = os.open(tmp_path, os.O_RDONLY)

    def run() -> None:
        os.write(says, b" ".join(sorted(name.encode() for name in os.listdir("/proc/self/fd"))))
        os.write(says, b" " + Path("/proc/self/comm").read_bytes())

    assert ended(run, {says, kept}) == 0
    os.close(says)
    os.close(kept)
    *fds, name = os.read(hears, 4096).decode().split()
    os.close(hears)
    assert name == "clr-test"
    # And the descriptor of the very listing.
    assert {"0", "1", "2", str(says), str(kept)} <= set(fds)
    assert len(fds) == 6


def test_a_defect_is_an_exit_code(capfd: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise ValueError("nothing of it")

    assert ended(fails) == DEFECT
    assert "Traceback" not in capfd.readouterr().err


def test_exits_do_not_run_the_parents_end() -> None:
    def leaves() -> None:
        raise SystemExit(3)

    assert ended(leaves) == DEFECT


def test_a_child_is_ended_and_one_that_is_gone_is_no_error() -> None:
    pid = fork("test", set(), signal.pause)
    end(pid)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    end(pid)


def test_the_terminals_interrupt_is_the_services_to_hear() -> None:
    hears, says = os.pipe()

    def run() -> None:
        os.write(says, b"x")
        os.kill(os.getpid(), signal.SIGINT)

    assert ended(run, {says}) == 0
    os.close(says)
    os.close(hears)


def test_what_a_child_finds_out_comes_back_and_nothing_else() -> None:
    seen: list[int] = []

    def looks() -> bytes:
        seen.append(1)
        return b"x" * 300_000

    before = len(os.listdir("/proc/self/fd"))
    assert apart("test", looks) == b"x" * 300_000
    assert seen == []
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_child_that_fails_finds_out_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> bytes:
        raise ValueError("nothing of it")

    assert apart("test", fails) is None
    before = len(os.listdir("/proc/self/fd"))

    def refused(*_: object) -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", refused)
    assert apart("test", fails) is None
    assert len(os.listdir("/proc/self/fd")) == before
