from __future__ import annotations

import os
import resource
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clearance.agent.guard import loop
from clearance.kernel.fanotify import ALLOW, OPEN_EXEC_PERM, Event
from clearance.model.enforcement import KnownFile, Table
from clearance.wire.channel import Channel
from clearance.wire.enforcement import Examine, Examined, Failed, Message, NewTable, Pulse, Stop

SECONDS = 30


class Group:
    """A fanotify group that is a pipe: each byte is a start of one program."""

    program = ""
    asked = answered = -1

    def __init__(self) -> None:
        self.fd = Group.asked

    def watch(self, path: str) -> None:
        if path == "/refused":
            raise OSError(22, "Invalid argument")

    def read(self, most: int = 256) -> list[Event]:
        if not select.select([self.fd], [], [], 0)[0]:
            return []
        count = len(os.read(self.fd, most))
        return [Event(OPEN_EXEC_PERM, os.open(Group.program, os.O_RDONLY), 1) for _ in range(count)]

    def answer(self, fd: int, response: int) -> None:
        os.write(Group.answered, b"+" if response == ALLOW else b"-")

    def _mark(self, *_: object) -> None: ...

    tell_writes = ignore_starts = ask_again = guard_file = release_file = _mark

    def forget_files(self) -> None: ...

    def close(self) -> None:
        os.write(Group.answered, b"c")


class Guard:
    """The guard's own loop in a process of its own."""

    def __init__(self, program: Path, watched: tuple[str, ...]) -> None:
        Group.program = str(program)
        Group.asked, self.asks = os.pipe()
        self.answers, Group.answered = os.pipe()
        self.pulse, beats = os.pipe()
        os.set_blocking(beats, False)
        self.service, its_service = Channel.pair()
        self.examiner, its_examiner = Channel.pair()
        self.pid = os.fork()
        if not self.pid:
            code = 1
            try:
                self.service.close()
                self.examiner.close()
                os.close(self.asks)
                loop.main(its_service, its_examiner, beats, watched)
                code = 0
            finally:
                os._exit(code)
        self.ends = [Group.asked, Group.answered, beats]
        its_service.close()
        its_examiner.close()
        for fd in self.ends:
            os.close(fd)

    def hears(self, kind: type, channel: Channel | None = None) -> Message:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            got = (channel or self.service).receive(wait=False)
            if got is not None:
                for fd in got[1]:
                    os.close(fd)
                if isinstance(got[0], kind):
                    return got[0]
        raise AssertionError(f"no {kind}")

    def ended(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self) -> None:
        self.service.close()
        self.examiner.close()
        for fd in (self.asks, self.answers, self.pulse):
            os.close(fd)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Guard]]:
    monkeypatch.setattr(loop, "Group", Group)
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF")
    made: list[Guard] = []

    def build(*watched: str) -> Guard:
        made.append(Guard(program, watched))
        return made[-1]

    yield build
    for guard in made:
        guard.close()


def test_it_answers_pulses_and_ends_when_it_is_told(start: Callable[..., Guard]) -> None:
    guard = start("/w")
    assert os.read(guard.pulse, 1) == b"."
    guard.service.send(NewTable(Table(1, 1, "block", 10_000, "open", ())))
    os.write(guard.asks, b".")
    question = guard.hears(Examine, guard.examiner)
    assert isinstance(question, Examine)
    what = os.stat(Group.program)
    known = KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, None, path=Group.program)
    guard.examiner.send(Examined(question.ticket, known))
    assert os.read(guard.answers, 1) == b"+"
    pulse = guard.hears(Pulse)
    assert isinstance(pulse, Pulse)
    assert (pulse.who, pulse.counters.get("late")) == ("guard", 0)
    guard.service.send(Stop())
    assert guard.ended() == 0
    assert os.read(guard.answers, 10) == b"c"


def test_a_deadline_passes_also_when_nothing_else_happens(start: Callable[..., Guard]) -> None:
    guard = start("/w")
    guard.service.send(NewTable(Table(1, 1, "block", 50, "closed", ())))
    guard.hears(Pulse)
    os.write(guard.asks, b".")
    assert os.read(guard.answers, 1) == b"-"
    failed = guard.hears(Failed)
    assert failed == Failed("deadline")
    guard.service.send(Stop())
    assert guard.ended() == 0


def test_it_ends_with_the_service_and_with_the_examiner(start: Callable[..., Guard]) -> None:
    guard = start("/w")
    guard.service.close()
    assert guard.ended() == 0
    guard = start("/w")
    guard.examiner.close()
    assert guard.ended() == 0


def test_a_file_system_that_cannot_be_watched_is_told_and_the_others_are(start: Callable[..., Guard]) -> None:
    guard = start("/refused", "/w")
    assert guard.hears(Failed) == Failed("watch", detail="/refused: invalid argument")
    guard.service.send(Stop())
    assert guard.ended() == 0


def test_a_watchdog_that_reads_nothing_is_not_waited_for(start: Callable[..., Guard]) -> None:
    guard = start("/w")
    guard.service.send(NewTable(Table(1, 1, "block", 0, "open", ())))
    guard.hears(Pulse)
    # Each round is a beat; far more of them than the pipe takes.
    for _ in range(70_000 // 64):
        os.write(guard.asks, b"." * 64)
        taken = 0
        while taken < 64:
            taken += len(os.read(guard.answers, 64))
    guard.service.send(Stop())
    assert guard.ended() == 0


def test_as_many_descriptors_as_it_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, most, may_raise, expected in (
        (1024, 1_048_576, True, loop.DESCRIPTORS), (1024, 4096, True, loop.DESCRIPTORS), (1024, 4096, False, 4096),
        (64, 64, False, 64), (65_536, 65_536, True, 65_536),
    ):  # fmt: skip

        def raise_to(_: int, wanted: tuple[int, int], most: int = most, may_raise: bool = may_raise) -> None:
            if wanted[1] > most and not may_raise:
                raise ValueError("not allowed to raise maximum limit")

        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=(soft, most): limits)
        monkeypatch.setattr(resource, "setrlimit", raise_to)
        assert loop.descriptors() == expected
