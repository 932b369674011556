from __future__ import annotations

import os
import subprocess
import sys

import pytest

from clearance.agent.guard.owner import descends, owner, reached_by

SLEEP = (sys.executable, "-c", "input()")


def test_a_process_is_its_real_user() -> None:
    found = owner(os.getpid())
    assert found == os.getuid() or os.getuid() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: another user's process")
def test_a_set_user_id_does_not_change_who_it_is() -> None:
    code = "import os; os.setresuid(1234, 0, 0); print(flush=True); input()"
    with subprocess.Popen(
        (sys.executable, "-c", code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        assert owner(process.pid) == 1234
        process.communicate("\n")


@pytest.mark.parametrize("pid", [0, -1, 1 << 22])
def test_nobody(pid: int) -> None:
    assert owner(pid) is None
    assert reached_by(pid) == (0, {})
    assert not descends(pid, os.getpid())


def test_the_readers_language_is_that_of_the_process() -> None:
    environment = {"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR", "MYLANG": "no", "LANGUAGE": "x" * 99}
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=environment, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        terminal, found = reached_by(process.pid)
        process.communicate(b"\n")
    assert terminal == 0
    assert found == {"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR", "LANGUAGE": "x" * 64}


def test_descent() -> None:
    with subprocess.Popen(SLEEP, stdin=subprocess.PIPE) as process:
        assert descends(process.pid, os.getpid())
        assert descends(process.pid, process.pid)
        assert not descends(os.getpid(), process.pid)
        process.communicate(b"\n")
