"""What the guard let through at its deadline and learns of later, the tracker is told to look for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.agent.guard.desk import Desk
from clearance.kernel.fanotify import ALLOW, DENY, OPEN_EXEC_PERM, Event
from clearance.model.enforcement import Entry, KnownFile, Row, Table
from clearance.wire.enforcement import Answer, Ask, Examine, Examined, Learned, NewTable, Seen
from tests.agent.guard.test_critical_programs import Kernel, Other

BLOCK, ALLOWED = Row("block", "block", 0), Row("allow", "allow", 1)
DEADLINE = 500


class Scene:
    """A desk with a table, a program, and a clock that is moved by hand."""

    def __init__(self, folder: Path, entries: tuple[Entry, ...], *, versioned: tuple[str, ...] = ()) -> None:
        self.program = folder / "program"
        self.program.write_bytes(b"\x7fELF")
        self.kernel, self.service, self.examiner = Kernel(), Other(), Other()
        self.clock = 0
        self.desk = Desk(self.kernel, self.service, self.examiner, lambda: self.clock, whose=lambda pid: 1000)
        self.desk.message(NewTable(Table(1, 1, "block", DEADLINE, "open", entries, versioned=versioned)))

    def start(self) -> int:
        """Somebody starts the program; the descriptor that stands for it."""
        fd = os.open(self.program, os.O_RDONLY)
        self.desk.event(Event(OPEN_EXEC_PERM, fd, 42))
        return fd

    def file(self, tool: str | None) -> KnownFile:
        what = self.program.stat()
        return KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, tool, "1.0", path=str(self.program))

    def past_the_deadline(self) -> None:
        self.clock += DEADLINE * 1_000_000 + 1
        self.desk.expire()

    def said(self, kind: type) -> list[object]:
        return [one for one in self.service.said if isinstance(one, kind)]


def ticket(scene: Scene) -> int:
    (asked,) = [one for one in scene.examiner.said if isinstance(one, Examine)]
    return asked.ticket


def test_what_turns_out_to_be_barred_is_told_with_its_file(tmp_path: Path) -> None:
    scene = Scene(tmp_path, (Entry("codex", None, 1000, BLOCK),))
    fd = scene.start()
    assert scene.kernel.answers == {}
    scene.past_the_deadline()
    assert scene.kernel.answers == {fd: ALLOW}
    scene.desk.message(Examined(ticket(scene), scene.file("codex")))
    (seen,) = scene.said(Seen)
    assert isinstance(seen, Seen)
    assert (seen.done, seen.pid, seen.uid, seen.tool) == ("late", 42, 1000, "codex")
    assert scene.said(Learned) == [Learned((scene.file("codex"),))]
    # The next one does not start.
    fd = scene.start()
    assert scene.kernel.answers[fd] == DENY


@pytest.mark.parametrize("tool", [None, "cursor"])
def test_what_turns_out_to_be_allowed_is_not(tmp_path: Path, tool: str | None) -> None:
    scene = Scene(tmp_path, (Entry("codex", None, 1000, BLOCK), Entry("cursor", None, 1000, ALLOWED)))
    scene.start()
    scene.past_the_deadline()
    scene.desk.message(Examined(ticket(scene), scene.file(tool)))
    assert (scene.said(Seen), scene.said(Learned)) == ([], [])


def test_an_answer_of_the_service_that_comes_too_late_counts_too(tmp_path: Path) -> None:
    scene = Scene(tmp_path, (), versioned=("codex",))
    scene.start()
    scene.desk.message(Examined(ticket(scene), scene.file("codex")))
    (ask,) = scene.said(Ask)
    assert isinstance(ask, Ask)
    scene.past_the_deadline()
    scene.desk.message(Answer(ask.ticket, 1, "codex", "1.0", 1000, BLOCK))
    assert [one.done for one in scene.said(Seen) if isinstance(one, Seen)] == ["late"]
    assert scene.said(Learned) == [Learned((scene.file("codex"),))]


def test_a_failed_examination_lets_go_at_once(tmp_path: Path) -> None:
    scene = Scene(tmp_path, (Entry("codex", None, None, BLOCK),))
    fd = scene.start()
    scene.desk.message(Examined(ticket(scene), scene.file(None), complete=False))
    assert scene.kernel.answers == {fd: ALLOW}
