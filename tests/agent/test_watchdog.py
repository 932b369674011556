from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from clearance.agent import watchdog

SECONDS = 0.2


class Scene:
    """A guard that does nothing but be there, its pulse, and a service."""

    def __init__(self) -> None:
        self.guard = os.fork()
        if not self.guard:
            while True:
                signal.pause()
        self.pidfd = os.pidfd_open(self.guard)
        self.pulse, self.beats = os.pipe()
        self.alive, self.service = os.pipe()
        self.watching = threading.Thread(
            target=watchdog.main, args=(self.pulse, self.pidfd, self.alive, SECONDS), daemon=True
        )

    def end(self) -> None:
        os.kill(self.guard, signal.SIGKILL)
        os.waitpid(self.guard, 0)
        self.watching.join(10)
        for fd in (self.pidfd, self.pulse, self.alive):
            os.close(fd)

    def lives(self) -> bool:
        return os.waitpid(self.guard, os.WNOHANG) == (0, 0)


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    try:
        made.end()
    except (ProcessLookupError, ChildProcessError):
        made.watching.join(10)


def test_a_guard_without_a_pulse_is_killed(scene: Scene) -> None:
    scene.watching.start()
    assert os.waitstatus_to_exitcode(os.waitpid(scene.guard, 0)[1]) == -signal.SIGKILL
    scene.watching.join(10)
    assert not scene.watching.is_alive()


def test_a_guard_with_a_pulse_lives(scene: Scene) -> None:
    scene.watching.start()
    for _ in range(20):
        os.write(scene.beats, b".")
        scene.watching.join(SECONDS / 4)
    assert scene.lives()
    assert scene.watching.is_alive()


def test_it_ends_with_the_service_and_leaves_the_guard_alone(scene: Scene) -> None:
    os.close(scene.service)
    scene.watching.start()
    scene.watching.join(10)
    assert not scene.watching.is_alive()
    assert scene.lives()


def test_it_ends_with_the_guard(scene: Scene) -> None:
    os.kill(scene.guard, signal.SIGKILL)
    scene.watching.start()
    scene.watching.join(10)
    assert not scene.watching.is_alive()


def test_a_pulse_that_was_closed_ends_it(scene: Scene) -> None:
    os.close(scene.beats)
    scene.watching.start()
    scene.watching.join(10)
    assert not scene.watching.is_alive()
    assert scene.lives()
