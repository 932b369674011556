"""Processes that are held by a descriptor."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest

from clearance.kernel.pidfd import Held, Image, image_of, started_at

SLEEP = (sys.executable, "-c", "import sys; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()")


def sleeper() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(SLEEP, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(1)
    return process


def test_it_is_ended_while_it_runs_what_was_judged() -> None:
    process = sleeper()
    with process, Held(process.pid) as held:
        image = image_of(process.pid)
        assert image is not None
        assert held.alive()
        assert not held.kill(image._replace(inode=image.inode + 1))
        assert not held.kill(image._replace(started=image.started + 1))
        assert held.alive()
        assert held.kill(image)
        assert process.wait() == -signal.SIGKILL
        assert not held.alive()
        assert not held.kill(image)


def test_a_zombie_is_gone() -> None:
    process = sleeper()
    with process, Held(process.pid) as held:
        process.kill()
        select.select([held], [], [])
        assert not held.alive()
        assert image_of(process.pid) is None


def test_what_is_not_there() -> None:
    process = sleeper()
    with process:
        process.kill()
    with pytest.raises(ProcessLookupError):
        Held(process.pid)
    assert image_of(process.pid) is None
    assert image_of(os.getpid()) is not None


def test_a_name_may_hold_anything() -> None:
    name = b") 1 2 (x"
    before = started_at(os.getpid())
    with open("/proc/self/comm", "rb") as comm:
        own = comm.read()
    try:
        with open("/proc/self/comm", "wb") as comm:
            comm.write(name)
        assert started_at(os.getpid()) == before
        what = os.stat("/proc/self/exe")
        assert image_of(os.getpid()) == Image(before or 0, what.st_dev, what.st_ino)
    finally:
        with open("/proc/self/comm", "wb") as comm:
            comm.write(own)
