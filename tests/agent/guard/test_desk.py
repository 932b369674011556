"""What the guard answers to what, with a kernel, a service and an examiner that only keep what they are told.

Whatever comes in whatever order, every question of the kernel is answered once, no descriptor stays open, and memory
is bounded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.agent.guard import arrivals, confirmations, outbox, questions
from clearance.agent.guard import desk as desks
from clearance.agent.guard.desk import Desk
from clearance.kernel.fanotify import ALLOW, CLOSE_WRITE, DENY, OPEN_EXEC_PERM, OPEN_PERM, Q_OVERFLOW, Event
from clearance.model.enforcement import Entry, KnownFile, Row, Table
from clearance.wire.enforcement import (
    Answer,
    Ask,
    Examine,
    Examined,
    Failed,
    Learned,
    Message,
    NewTable,
    Pulse,
    Seen,
)  # fmt: skip

BLOCK, WARN, ALLOWED, WATCHED = (
    Row("block", "block", 0), Row("warn", "warn", 1), Row("allow", "allow", 2), Row("allow", "block", 3),
)  # fmt: skip
UID = 1000
NOBODY = 1 << 22
"""No process has this number."""

MS = 1_000_000


class Kernel:
    """Keeps what it is told. `waiting` are descriptors of questions that have no answer yet."""

    def __init__(self) -> None:
        self.waiting: set[int] = set()
        self.answers: list[int] = []
        self.did: list[tuple[str, str]] = []
        self.marked: set[int] = set()
        self.gone = False

    def answer(self, fd: int, response: int) -> None:
        self.waiting.remove(fd)
        self.answers.append(response)
        if self.gone:
            raise FileNotFoundError

    def _do(self, what: str, fd: int) -> None:
        self.did.append((what, os.path.basename(os.readlink(f"/proc/self/fd/{fd}"))))

    def tell_writes(self, fd: int) -> None:
        self._do("tell writes", fd)
        self.marked.add(os.fstat(fd).st_ino)

    def is_marked(self, fd: int) -> bool:
        return os.fstat(fd).st_ino in self.marked

    def ignore_starts(self, fd: int) -> None:
        self._do("ignore", fd)

    def ask_again(self, fd: int) -> None:
        self._do("ask again", fd)

    def guard_file(self, path: str) -> None:
        self.did.append(("guard", os.path.basename(path)))

    def release_file(self, path: str) -> None:
        self.did.append(("release", os.path.basename(path)))

    def forget_files(self) -> None:
        self.did.append(("forget", ""))


class Other:
    """Another process: keeps messages; takes none while it is `busy`."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.busy = False

    def send(self, message: Message, files: tuple[int, ...] = (), *, wait: bool = True) -> bool:
        assert not wait
        if not self.busy:
            self.got.append(message)
        return not self.busy

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.got if isinstance(message, kind)]


def table(*entries: Entry, serial: int = 1, **fields: Any) -> Table:
    return Table(serial, 1, "block", 500, fields.pop("on_failure", "open"), entries, **fields)


def rows(tool: str, row: Row) -> tuple[Entry, ...]:
    return Entry(tool, None, UID, row), Entry(tool, None, None, row)


class Post:
    """A desk with everything around it."""

    def __init__(self, folder: Path, room: int = desks.WAITING) -> None:
        self.folder = folder
        self.kernel, self.service, self.examiner = Kernel(), Other(), Other()
        self.clock = 1000 * MS
        self.desk = Desk(
            self.kernel, self.service, self.examiner, lambda: self.clock, whose=lambda _: UID, room=room, family=NOBODY
        )  # fmt: skip
        self.put(table(*rows("bad", BLOCK), *rows("odd", WARN), *rows("fine", ALLOWED), *rows("seen", WATCHED)))

    def put(self, new: Table, *, forget: bool = False) -> None:
        self.desk.message(NewTable(new, forget))

    def file(self, name: str, content: str = "x", mode: int = 0o755) -> Path:
        path = self.folder / name
        path.write_text(content)
        path.chmod(mode)
        return path

    def event(self, path: Path, mask: int = OPEN_EXEC_PERM) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if mask != CLOSE_WRITE:
            self.kernel.waiting.add(fd)
        self.desk.event(Event(mask, fd, os.getpid()))

    def arrive(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.desk.arrived(fd)
        os.close(fd)

    def identify(self, path: Path, tool: str | None, **fields: Any) -> None:
        """Answer the oldest question of the examiner."""
        question = self.examiner.got.pop(0)
        assert isinstance(question, Examine)
        self.desk.message(Examined(question.ticket, known(path, tool, **fields)))

    @property
    def last(self) -> int:
        return self.kernel.answers[-1]

    def done(self) -> list[str]:
        return [seen.done for seen in self.service.of(Seen)]


def known(path: Path, tool: str | None, **fields: Any) -> KnownFile:
    what = path.stat()
    return KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, tool, path=str(path), **fields)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    before = len(os.listdir("/proc/self/fd"))
    made = Post(tmp_path)
    yield made
    made.clock += 10_000 * MS
    made.desk.expire()
    assert made.kernel.waiting == set()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("tool", "answer", "done"),
    [
        (None, ALLOW, []), ("fine", ALLOW, ["allowed"]), ("odd", ALLOW, ["warned"]), ("bad", DENY, ["blocked"]),
        ("seen", ALLOW, ["would-block"]),
    ],
)  # fmt: skip
def test_a_start(post: Post, tool: str | None, answer: int, done: list[str]) -> None:
    path = post.file("a")
    post.event(path)
    assert post.kernel.waiting
    post.identify(path, tool)
    assert post.last == answer
    post.event(path)
    assert post.examiner.got == []
    assert post.last == answer
    assert post.done() == done * 2


def test_a_record_says_what_where_and_who(post: Post) -> None:
    path = post.file("a")
    post.event(path)
    post.clock += 3 * MS
    post.identify(path, "bad", version="1.2", confidence="strong")
    (seen,) = post.service.of(Seen)
    assert (seen.means, seen.tool, seen.version, seen.path, seen.uid) == ("exec", "bad", "1.2", str(path), UID)
    assert (seen.latency_us, seen.row, seen.serial, seen.confidence) == (3000, BLOCK, 1, "strong")


def test_starts_of_one_file_are_examined_together(post: Post) -> None:
    path = post.file("a")
    for _ in range(5):
        post.event(path)
    assert len(post.examiner.got) == 1
    post.identify(path, "bad")
    assert post.kernel.answers == [DENY] * 5


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: files that only root can write")
def test_the_kernel_lets_start_what_only_root_can_write(post: Post) -> None:
    own, shared = post.file("own"), post.file("shared", mode=0o777)
    for path in (own, shared):
        post.event(path)
        post.identify(path, None)
    assert [name for what, name in post.kernel.did if what == "ignore"] == ["own"]
    tool = post.file("tool")
    post.event(tool)
    post.identify(tool, "fine")
    assert ("ignore", "tool") not in post.kernel.did


def test_what_was_written_is_examined_again(post: Post) -> None:
    path = post.file("a")
    post.event(path)
    post.identify(path, None)
    path.write_text("something else")
    post.event(path)
    post.identify(path, "bad")
    assert post.kernel.answers == [ALLOW, DENY]


def test_what_a_writer_let_go_of_is_examined_again(post: Post) -> None:
    """Through memory, nothing of the file's times need change, and the kernel goes on letting it start unasked."""
    path = post.file("a")
    post.event(path)
    post.identify(path, None)
    post.event(path, CLOSE_WRITE)
    assert post.kernel.did[-1] == ("ask again", "a")
    post.event(path)
    assert len(post.examiner.got) == 1


def test_what_is_written_while_it_is_examined_is_not_remembered(post: Post) -> None:
    path = post.file("a")
    post.event(path)
    post.event(path, CLOSE_WRITE)
    post.identify(path, None)
    assert post.last == ALLOW
    post.event(path)
    assert len(post.examiner.got) == 1


def test_what_changed_while_it_was_examined_is_examined_anew_a_few_times(post: Post) -> None:
    path = post.file("a")
    post.event(path)
    for number in range(desks.TRIES):
        old = known(path, None)
        os.utime(path, ns=(number, number))
        question = post.examiner.got.pop(0)
        post.desk.message(Examined(question.ticket, old))
        assert post.kernel.waiting
    post.identify(path, "bad")
    assert post.last == DENY


def test_what_was_examined_when_it_was_written_starts_at_once(post: Post) -> None:
    """Though it was given its rights and its name since, which changes the time that files are known by."""
    path = post.file("a", mode=0o644)
    post.arrive(path)
    post.identify(path, None)
    path.chmod(0o755)
    path = path.rename(path.with_name("b"))
    post.event(path)
    assert post.last == ALLOW
    assert post.examiner.got == []
    post.clock += confirmations.SOON
    post.desk.expire()
    post.identify(path, None)
    post.event(path)
    assert post.kernel.answers == [ALLOW, ALLOW]
    assert post.examiner.got == []
    assert post.done() == []


def test_what_tells_a_tool_may_come_after_it(post: Post) -> None:
    """It was let through early; the tracker is told to end it, and it does not start again."""
    path = post.file("a")
    post.arrive(path)
    post.identify(path, None)
    post.event(path)
    assert post.last == ALLOW
    post.clock += confirmations.SOON
    post.desk.expire()
    post.identify(path, "bad")
    assert post.done() == ["late"]
    assert [one.path for message in post.service.of(Learned) for one in message.files] == [str(path)]
    post.event(path)
    assert post.last == DENY


@pytest.mark.parametrize("when", ["before it is asked about", "while it is examined"])
def test_what_is_written_after_a_start_was_not_started(post: Post, when: str) -> None:
    path = post.file("a")
    post.arrive(path)
    post.identify(path, None)
    post.event(path)
    if when == "before it is asked about":
        post.event(path, CLOSE_WRITE)
    post.clock += confirmations.SOON
    post.desk.expire()
    if when == "while it is examined":
        post.event(path, CLOSE_WRITE)
        post.identify(path, "bad")
    assert (post.examiner.got, post.done(), post.service.of(Learned)) == ([], [], [])


def test_a_tool_that_is_written_is_known_at_its_first_start(post: Post) -> None:
    path = post.file("a")
    post.arrive(path)
    post.identify(path, "bad")
    post.event(path)
    assert post.last == DENY
    assert post.examiner.got == []


@pytest.mark.parametrize("change", ["closed by a writer", "mark gone", "length", "time", "another catalog"])
def test_what_may_have_changed_since_it_was_written_is_examined_at_its_start(post: Post, change: str) -> None:
    path = post.file("a")
    post.arrive(path)
    post.identify(path, None)
    match change:
        case "closed by a writer":
            post.event(path, CLOSE_WRITE)
        case "mark gone":
            post.kernel.marked.clear()
        case "length":
            times = path.stat()
            os.truncate(path, 0)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        case "time":
            os.utime(path, ns=(1, 1))
        case _:
            post.put(table(*rows("bad", BLOCK)), forget=True)
    post.event(path)
    assert post.kernel.waiting
    post.identify(path, "bad")
    assert post.last == DENY


def test_a_start_during_the_examination_of_what_was_written(post: Post) -> None:
    path = post.file("a")
    post.arrive(path)
    post.event(path)
    path.chmod(0o700)
    assert len(post.examiner.got) == 1
    post.identify(path, None)
    assert post.last == ALLOW
    post.clock += confirmations.SOON
    post.desk.expire()
    post.identify(path, None)


def test_a_writer_during_the_examination_of_what_was_written(post: Post) -> None:
    """What was read may be neither the old nor the new."""
    path = post.file("a")
    post.arrive(path)
    post.event(path, CLOSE_WRITE)
    post.event(path)
    post.identify(path, None)
    assert post.kernel.waiting
    post.identify(path, "bad")
    assert post.last == DENY


def test_few_are_examined_when_they_are_written(post: Post) -> None:
    """The examiner is there for those who wait."""
    for number in range(9):
        post.arrive(post.file(str(number)))
    assert len(post.examiner.got) == arrivals.AT_ONCE
    post.examiner.busy = True
    post.desk.message(Examined(1, KnownFile(0, 0, 0, None), complete=False))
    post.arrive(post.file("x"))
    post.desk.flush(pulse=True)
    assert post.service.of(Failed) == []


def test_many_starts_of_what_was_written(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post.desk._unconfirmed, "_most", 2)
    monkeypatch.setattr(questions, "TOGETHER", 1)
    path = post.file("a")
    post.arrive(path)
    post.identify(path, None)
    for _ in range(3):
        post.event(path)
    assert post.kernel.answers == [ALLOW] * 3
    assert len(post.examiner.got) == 1
    post.clock += confirmations.SOON
    post.desk.expire()
    post.identify(path, None)
    assert post.examiner.got == []


def test_the_deadline(post: Post) -> None:
    path = post.file("a")
    post.event(path)
    post.clock += 499 * MS
    assert post.desk.expire() == pytest.approx(0.001)
    assert post.kernel.waiting
    post.clock += MS
    assert post.desk.expire() == 0.5
    assert post.last == ALLOW
    post.identify(path, "bad")
    assert post.done() == ["late"]
    assert [one.path for message in post.service.of(Learned) for one in message.files] == [str(path)]
    post.event(path)
    assert post.last == DENY


def test_on_failure_closed(post: Post) -> None:
    post.put(table(on_failure="closed"))
    post.event(post.file("a"))
    post.clock += 500 * MS
    post.desk.expire()
    assert post.last == DENY


@pytest.mark.parametrize("busy", [True, False])
def test_an_examiner_that_does_not_answer(post: Post, busy: bool) -> None:
    path = post.file("a")
    if busy:
        post.examiner.busy = True
        post.event(path)
    else:
        post.event(path)
        post.desk.message(Examined(post.examiner.got[0].ticket, KnownFile(0, 0, 0, None), complete=False))
    assert post.last == ALLOW
    post.desk.flush(pulse=True)
    reason = "examiner-busy" if busy else "examination-failed"
    assert [(one.reason, one.count) for one in post.service.of(Failed)] == [(reason, 1)]


def test_what_the_table_does_not_say_is_asked_once(post: Post) -> None:
    post.put(table(*rows("new", BLOCK)[1:]))
    path = post.file("a")
    post.event(path)
    post.identify(path, "new", version="3")
    (ask,) = post.service.of(Ask)
    assert (ask.tool, ask.version, ask.uid) == ("new", "3", UID)
    post.desk.message(Answer(ask.ticket, 1, "new", "3", UID, ALLOWED))
    post.event(path)
    assert post.kernel.answers == [ALLOW, ALLOW]
    assert len(post.service.of(Ask)) == 1


def test_without_an_answer_it_counts_as_anybody(post: Post) -> None:
    post.put(table(*rows("new", BLOCK)[1:]))
    path = post.file("a")
    post.event(path)
    post.identify(path, "new")
    post.clock += 500 * MS
    post.desk.expire()
    assert post.last == DENY
    (ask,) = post.service.of(Ask)
    post.desk.message(Answer(ask.ticket, 1, "new", None, UID, ALLOWED))
    assert post.done() == ["blocked"]


def test_what_was_refused_at_the_deadline_was_not_let_through(post: Post) -> None:
    """However it turns out later: refused for anybody, or because what fails is refused here."""
    post.put(table(*rows("new", BLOCK)[1:]))
    path = post.file("a")
    post.event(path)
    post.identify(path, "new")
    post.clock += 500 * MS
    post.desk.expire()
    post.desk.message(Answer(post.service.of(Ask)[0].ticket, 1, "new", None, UID, BLOCK))
    assert (post.last, post.done()) == (DENY, ["blocked"])
    post.put(table(*rows("bad", BLOCK), on_failure="closed"))
    other = post.file("b")
    post.event(other)
    post.clock += 500 * MS
    post.desk.expire()
    post.identify(other, "bad")
    assert (post.last, post.done()) == (DENY, ["blocked"])
    assert post.service.of(Learned) == []


def test_answers_of_an_old_table_are_not_kept(post: Post) -> None:
    post.put(table())
    path = post.file("a")
    post.event(path)
    post.identify(path, "new")
    (ask,) = post.service.of(Ask)
    post.put(table(serial=2))
    post.desk.message(Answer(ask.ticket, 1, "new", None, UID, BLOCK))
    assert post.last == DENY
    post.event(path)
    assert len(post.service.of(Ask)) == 2


def test_critical_programs_start_whatever_they_are(post: Post) -> None:
    path = post.file("a")
    what = path.stat()
    files = (known(path, "bad"),)
    post.put(table(*rows("bad", BLOCK), critical=((what.st_dev, what.st_ino),), files=files))
    post.event(path)
    assert post.last == ALLOW
    assert post.done() == []


def test_a_script_is_guarded_against_being_read_by_an_interpreter(post: Post) -> None:
    script, interpreter = post.file("cli.js"), Path(sys.executable).resolve()
    post.put(table(*rows("bad", BLOCK), files=(known(script, "bad", entry=True),)))
    assert ("guard", "cli.js") in post.kernel.did
    post.event(script, OPEN_PERM)
    assert post.last == ALLOW
    post.desk.message(Learned((known(interpreter, None, runtime=True),)))
    post.event(script, OPEN_PERM)
    assert post.last == DENY
    assert [seen.means for seen in post.service.of(Seen)] == ["open"]
    post.put(table(*rows("bad", ALLOWED)))
    assert post.kernel.did[-1] == ("release", "cli.js")


def test_what_the_tracker_learned_counts_at_once(post: Post) -> None:
    path = post.file("a")
    post.event(path)
    post.identify(path, None)
    post.desk.message(Learned((known(path, "bad"),)))
    assert post.kernel.did[-1] == ("ask again", "a")
    post.event(path)
    assert post.last == DENY


def test_another_catalog_forgets_what_files_are(post: Post) -> None:
    path = post.file("a")
    post.event(path)
    post.identify(path, None)
    post.put(table(), forget=True)
    assert ("forget", "") in post.kernel.did
    post.event(path)
    assert len(post.examiner.got) == 1


def test_a_lost_event_is_told(post: Post) -> None:
    post.desk.event(Event(Q_OVERFLOW, -1, 0))
    post.desk.flush(pulse=True)
    assert [one.reason for one in post.service.of(Failed)] == ["queue-overflow"]
    (pulse,) = post.service.of(Pulse)
    assert pulse.counters["events"] == 0


def test_who_was_killed_while_it_waited_is_no_failure(post: Post) -> None:
    path = post.file("a")
    post.event(path)
    post.kernel.gone = True
    post.identify(path, "bad")
    post.desk.flush(pulse=True)
    assert post.service.of(Failed) == []


def test_records_wait_for_a_service_that_does_not_read_up_to_a_bound(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "UNSENT", 3)
    path = post.file("a")
    post.put(table(*rows("bad", BLOCK), files=(known(path, "bad"),)))
    post.service.busy = True
    for _ in range(5):
        post.event(path)
    assert post.kernel.answers == [DENY] * 5
    post.service.busy = False
    post.desk.flush(pulse=True)
    assert post.done() == ["blocked"] * 3
    assert [(one.reason, one.count) for one in post.service.of(Failed)] == [("records-dropped", 2)]


def test_who_comes_when_too_many_wait_is_answered_at_once(tmp_path: Path) -> None:
    post = Post(tmp_path, room=2)
    for number in range(4):
        post.event(post.file(str(number)))
    assert post.kernel.answers == [ALLOW, ALLOW]
    assert post.desk.free == 0
    post.clock += 500 * MS
    post.desk.expire()
    assert post.kernel.waiting == set()
    assert post.desk.free == 2


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["start", "open", "write", "change", "learn", "arrive"]), st.integers(0, 3)),
        st.tuples(st.sampled_from(["examined", "incomplete", "answer", "stray"]), st.integers(0, 5)),
        st.tuples(st.sampled_from(["table", "forget", "closed"]), st.integers(0, 3)),
        st.tuples(st.sampled_from(["wait", "busy service", "busy examiner", "flush"]), st.integers(0, 600)),
    ),
    max_size=60,
)
TOOLS = ("bad", "odd", "fine", "new", None)


@settings(max_examples=300)
@given(STEPS, st.integers(1, 8))
def test_every_question_is_answered_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], room: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "desk"
    folder.mkdir(exist_ok=True)
    before = len(os.listdir("/proc/self/fd"))
    post = Post(folder, room=room)
    files = [post.file(str(number), mode=0o777 if number % 2 else 0o755) for number in range(4)]
    asked = 0
    for what, number in steps:
        match what:
            case "start" | "open":
                asked += 1
                post.event(files[number], OPEN_EXEC_PERM if what == "start" else OPEN_PERM)
            case "write":
                post.event(files[number], CLOSE_WRITE)
            case "arrive":
                post.arrive(files[number])
            case "change":
                os.utime(files[number], ns=(number, len(steps)))
            case "learn":
                post.desk.message(Learned((known(files[number], TOOLS[number], entry=bool(number % 2)),)))
            case "examined" | "incomplete" if post.examiner.got:
                question = post.examiner.got.pop(number % len(post.examiner.got))
                file = known(Path(question.path), TOOLS[number % 5])
                post.desk.message(Examined(question.ticket, file, complete=what == "examined"))
            case "answer" if asks := post.service.of(Ask):
                ask = asks[number % len(asks)]
                post.desk.message(Answer(ask.ticket, number % 3, ask.tool, ask.version, ask.uid, BLOCK))
            case "stray":
                post.desk.message(Examined(9999, known(files[0], "bad")))
            case "table" | "forget" | "closed":
                new = table(*rows("bad", BLOCK), serial=number, on_failure="closed" if what == "closed" else "open")
                post.put(new, forget=what == "forget")
            case "wait":
                post.clock += number * MS
                post.desk.expire()
            case "busy service":
                post.service.busy = bool(number % 2)
            case "busy examiner":
                post.examiner.busy = bool(number % 2)
            case "flush":
                post.desk.flush(pulse=True)
        assert len(post.kernel.answers) + len(post.kernel.waiting) == asked
        assert len(post.kernel.waiting) <= room
    post.clock += 10_000 * MS
    post.desk.expire()
    assert post.kernel.waiting == set()
    assert len(post.kernel.answers) == asked
    assert len(os.listdir("/proc/self/fd")) == before
