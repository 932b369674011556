"""No directive, no message and no failure makes the guard stop a critical program."""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.agent.guard.desk import Desk
from clearance.catalog import Catalog, load_catalog
from clearance.errors import Error
from clearance.judge.parse import parse
from clearance.kernel.fanotify import ALLOW, CLOSE_WRITE, OPEN_EXEC_PERM, OPEN_PERM, Event
from clearance.model.enforcement import Entry, KnownFile, Row, Table
from clearance.tasks.enforce.table import Circumstances, Person, Tabled
from clearance.tasks.policy import judge_of
from clearance.wire.enforcement import Answer, Ask, Examine, Examined, Learned, Message, NewTable
from tests.tasks.enforce.random_directives import directive

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
PEOPLE = (Person(0, "root"), Person(1000, "ana", ("users",)))
QUICK, LONG = 40, 10_000
TOOLS = ("codex", "claude-code", "gemini-cli")


class Kernel:
    """Takes what the desk answers; its marks may fail."""

    def __init__(self, *, failing: bool = False) -> None:
        self.answers: dict[int, int] = {}
        self.failing = failing

    def answer(self, fd: int, response: int) -> None:
        self.answers[fd] = response

    def _mark(self, *_: object) -> None:
        if self.failing:
            raise OSError(28, "no space")

    tell_writes = ignore_starts = ask_again = guard_file = release_file = _mark

    def is_marked(self, _: int) -> bool:
        return False

    def forget_files(self) -> None:
        self._mark()


class Other:
    """Another process; one that is deaf takes nothing."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.said: list[Message] = []
        self.deaf = deaf

    def send(self, message: Message, files: tuple[int, ...] = (), *, wait: bool = True) -> bool:
        if not self.deaf:
            self.said.append(message)
        return not self.deaf


class Stage:
    """A desk, a file that is critical, and a clock."""

    def __init__(self, program: Path, *, failing: bool = False, deaf: bool = False) -> None:
        self.program = program
        self.kernel, self.service, self.examiner = Kernel(failing=failing), Other(deaf=deaf), Other(deaf=deaf)
        self.clock = 0
        self.desk = Desk(self.kernel, self.service, self.examiner, lambda: self.clock, whose=lambda pid: 1000)

    @property
    def place(self) -> tuple[int, int]:
        what = self.program.stat()
        return what.st_dev, what.st_ino

    def lie(self, tool: str, **fields: Any) -> KnownFile:
        """What the critical file is not."""
        what = self.program.stat()
        said = {"entry": True, "runtime": True, "path": str(self.program), **fields}
        return KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, tool, **said)

    def starts(self, mask: int = OPEN_EXEC_PERM) -> bool:
        """Whether the critical program is let start, now and at once."""
        fd = os.open(self.program, os.O_RDONLY)
        self.desk.event(Event(mask, fd, os.getpid()))
        answer = self.kernel.answers.pop(fd, None)
        assert answer is not None, "it has to wait"
        return answer == ALLOW


@pytest.fixture(scope="module")
def few() -> Catalog:
    whole = load_catalog()
    return Catalog([whole.tools[name] for name in TOOLS], whole.shared)


def tables(catalog: Catalog, numbers: range, stage: Stage) -> Iterator[Table]:
    for number in numbers:
        try:
            judge = judge_of(parse((("d.yaml", directive(number).encode()),)), catalog, 1)
        except Error:
            continue
        dice = random.Random(number)
        tool = dice.choice((*judge.tools, ""))
        yield Tabled(
            judge, Circumstances("this", PEOPLE, {}, "block"), AT, number + 1,
            critical=[stage.place], files=[stage.lie(tool)] if dice.random() < 0.7 else [],
        ).table  # fmt: skip


def check(stage: Stage, table: Table, dice: random.Random) -> None:
    desk = stage.desk
    desk.message(NewTable(table, forget=dice.random() < 0.3))
    tool = dice.choice((*TOOLS, "own-tool", ""))
    messages: tuple[Message, ...] = (
        Learned((stage.lie(tool),)),
        Examined(dice.randrange(100), stage.lie(tool)),
        Examined(dice.randrange(100), stage.lie(tool), complete=False),
        Answer(dice.randrange(100), table.serial, tool, None, 1000, Row("block", "block", 0)),
    )
    for message in dice.sample(messages, 3):
        desk.message(message)
    assert stage.starts()
    assert stage.starts(OPEN_PERM)
    stage.clock += dice.randrange(10**9)
    desk.expire()
    desk.event(Event(CLOSE_WRITE, os.open(stage.program, os.O_RDONLY), 1))
    assert stage.starts()


@pytest.mark.parametrize(("failing", "deaf"), [(False, False), (True, False), (False, True), (True, True)])
def test_no_random_directive_stops_a_critical_program(tmp_path: Path, few: Catalog, failing: bool, deaf: bool) -> None:
    stage = _stage(tmp_path, failing=failing, deaf=deaf)
    made = 0
    for table in tables(few, range(QUICK), stage):
        made += 1
        check(stage, table, random.Random(made))
    assert made > QUICK * 0.8


@pytest.mark.long
def test_ten_thousand_random_directives_stop_no_critical_program(tmp_path: Path, few: Catalog) -> None:
    stage = _stage(tmp_path)
    made = barring = closed = 0
    for table in tables(few, range(LONG * 12 // 10), stage):
        made += 1
        barring += any(entry.row.action == "block" for entry in table.entries)
        closed += table.on_failure == "closed"
        check(stage, table, random.Random(made))
        if made == LONG:
            break
    assert made == LONG
    # They are not all harmless.
    assert barring > LONG // 4
    assert closed > LONG // 10


ROWS = st.builds(Row, st.sampled_from(["allow", "warn", "block"]), st.just("block"), st.integers(0, 3))
ENTRIES = st.builds(
    Entry, st.sampled_from((*TOOLS, "")), st.none() | st.just("1"), st.none() | st.sampled_from([0, 1000]), ROWS
)


@settings(max_examples=200)
@given(
    entries=st.lists(ENTRIES, max_size=12).map(tuple), deadline=st.integers(0, 1000),
    on_failure=st.sampled_from(["open", "closed"]), seed=st.integers(),
    failing=st.booleans(), deaf=st.booleans(),
)  # fmt: skip
def test_no_table_and_no_message_stops_a_critical_program(
    tmp_path_factory: pytest.TempPathFactory, entries: tuple[Entry, ...], deadline: int, on_failure: Any, seed: int,
    failing: bool, deaf: bool,
) -> None:  # fmt: skip
    stage = _stage(tmp_path_factory.getbasetemp(), failing=failing, deaf=deaf)
    table = Table(
        1, 1, "block", deadline, on_failure, entries, versioned=TOOLS, critical=(stage.place,),
        files=(stage.lie("codex"),),
    )  # fmt: skip
    check(stage, table, random.Random(seed))


def test_what_is_not_critical_is_barred_so_the_above_says_something(tmp_path: Path) -> None:
    stage = _stage(tmp_path)
    entry = Entry("codex", None, None, Row("block", "block", 0))
    stage.desk.message(NewTable(Table(1, 1, "block", 500, "closed", (entry,), files=(stage.lie("codex"),))))
    fd = os.open(stage.program, os.O_RDONLY)
    stage.desk.event(Event(OPEN_EXEC_PERM, fd, 1))
    asked = [one for one in stage.service.said if isinstance(one, Ask)]
    if asked:
        stage.desk.message(Answer(asked[0].ticket, 1, "codex", None, 1000, Row("block", "block", 0)))
    assert stage.kernel.answers == {fd: 2}


def test_with_a_crowd_waiting_and_a_directive_that_fails_closed(tmp_path: Path) -> None:
    stage = _stage(tmp_path)
    stage.desk.message(NewTable(Table(1, 1, "block", 500, "closed", (), critical=(stage.place,))))
    other = tmp_path / "other"
    other.write_bytes(b"x")
    waiting = [os.open(other, os.O_RDONLY) for _ in range(50)]
    for fd in waiting:
        stage.desk.event(Event(OPEN_EXEC_PERM, fd, 1))
    assert [one for one in stage.examiner.said if isinstance(one, Examine)]
    assert stage.kernel.answers == {}
    assert stage.starts()
    stage.clock = 10**10
    stage.desk.expire()
    assert set(stage.kernel.answers) == set(waiting)
    assert set(stage.kernel.answers.values()) == {2}
    assert stage.starts()


def _stage(folder: Path, **how: bool) -> Stage:
    program = folder / "sh"
    program.write_bytes(b"#!")
    return Stage(program, **how)
