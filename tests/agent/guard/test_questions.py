"""Each file is asked about once, whoever starts it, and an answer counts only for what was asked about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clearance.agent.guard import questions
from clearance.agent.guard.marks import Marks
from clearance.agent.guard.questions import Questions, Reply
from clearance.agent.guard.waiting import Waiting
from clearance.model.enforcement import KnownFile
from clearance.wire.enforcement import Examine, Examined
from tests.agent.guard.test_marks import Kernel


class Examiner:
    """Keeps what it is asked; listens, or not, or is gone."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.listens = True
        self.gone = False

    def send(self, message: Any, files: tuple[int, ...] = (), *, wait: bool = True) -> bool:
        if self.gone:
            raise BrokenPipeError
        if self.listens:
            self.asked.append(message)
        return self.listens


class Scene:
    """A program, and who asks about it."""

    def __init__(self, path: Path) -> None:
        path.write_text("x")
        self.path, self.fd = path, os.open(path, os.O_RDONLY)
        self.what = path.stat()
        self.examiner, self.kernel = Examiner(), Kernel()
        self.questions = Questions(self.examiner, Marks(self.kernel))

    def ask(self, pid: int = 1) -> bool:
        return self.questions.ask(self.fd, self.what, Waiting(self.fd, pid, 0, str(self.path), "exec"))

    def answer(self, tool: str | None, ticket: int = 1, *, complete: bool = True) -> Reply:
        what = self.path.stat()
        file = KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, tool)
        return self.questions.answered(Examined(ticket, file, complete))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path / "program")
    yield made
    os.close(made.fd)


def test_a_file_is_asked_about_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "TOGETHER", 2)
    assert scene.ask(1)
    assert not scene.questions.is_full(scene.what)
    assert scene.ask(2)
    assert scene.questions.is_full(scene.what)
    assert scene.examiner.asked == [Examine(1, str(scene.path), 1)]
    assert scene.kernel.did == ["tell writes"]
    reply = scene.answer("bad")
    assert ([one.pid for one in reply.waiting], reply.lasting, reply.early, reply.nothing) == (
        [1, 2],
        True,
        False,
        False,
    )
    assert scene.ask(3)
    assert scene.questions.sent == 2


def test_an_examiner_that_does_not_listen(scene: Scene) -> None:
    scene.examiner.listens = False
    assert not scene.ask()
    scene.examiner.gone = True
    assert not scene.ask()
    scene.questions.ask_early(scene.fd, scene.what, "")
    assert scene.questions.sent == 0
    assert not scene.questions.arrivals.busy
    scene.examiner.gone, scene.examiner.listens = False, True
    assert scene.ask()


def test_what_was_written_meanwhile(scene: Scene) -> None:
    scene.ask()
    scene.questions.written((scene.what.st_dev, scene.what.st_ino))
    reply = scene.answer(None)
    assert (reply.lasting, len(reply.waiting)) == (False, 1)


def test_what_could_not_be_read(scene: Scene) -> None:
    scene.ask()
    reply = scene.answer("bad", complete=False)
    assert (reply.file, reply.nothing, len(reply.waiting)) == (None, False, 1)


def test_an_answer_that_nobody_asked_for(scene: Scene) -> None:
    reply = scene.answer("bad", ticket=77)
    assert (reply.waiting, reply.lasting) == ([], False)


def test_what_was_asked_because_it_was_written(scene: Scene) -> None:
    scene.questions.ask_early(scene.fd, scene.what, str(scene.path))
    scene.questions.ask_early(scene.fd, scene.what, str(scene.path))
    assert scene.questions.sent == 1
    assert scene.ask()
    reply = scene.answer(None)
    assert (reply.early, reply.nothing, len(reply.waiting)) == (True, True, 1)
    assert scene.questions.arrivals.is_nothing(scene.fd, scene.what)
    scene.ask()
    assert not scene.questions.arrivals.is_nothing(scene.fd, scene.what)
