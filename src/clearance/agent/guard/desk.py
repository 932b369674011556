"""What the guard does with each event and each message. It waits for nobody.

A start is answered at once where the file is known by device, inode and change time; else the examiner is asked what
the file is, and where the table has no row the service what to do. Whoever has no answer at the deadline is let
through, or not, as the directive says (`on_failure`). Memory is bounded, whatever comes.

A program is examined as soon as it is written. If it was no tool's then and is still the same, its first start is let
through at once, and examined while it runs: what tells a tool may be files beside it that came later.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, Protocol

from clearance.agent.guard.confirmations import Confirmations
from clearance.agent.guard.entries import Entries, Guards
from clearance.agent.guard.known import Known, Place, place
from clearance.agent.guard.marks import Marking, Marks
from clearance.agent.guard.outbox import Outbox, Sends
from clearance.agent.guard.overlays import Overlays
from clearance.agent.guard.owner import descends, owner, reached_by
from clearance.agent.guard.questions import Questions
from clearance.agent.guard.waiting import Queue, Waiting
from clearance.agent.lookup import Rows
from clearance.kernel.fanotify import ALLOW, CLOSE_WRITE, DENY, OPEN_PERM, Q_OVERFLOW, Event
from clearance.model.enforcement import Done, KnownFile, Row, Table
from clearance.wire.enforcement import Answer, Ask, Examined, Learned, Message, NewTable, Pulse, Seen

WAITING: Final = 4_096
"""Starts that wait for an answer. What comes beyond is answered as at the deadline."""

TRIES: Final = 3
"""Times that a file is examined anew because it was changed meanwhile."""

COUNTED: Final = ("events", "allowed", "warned", "blocked", "late", "early", "cached", "told", "asked", "opens")


class Answers(Guards, Marking, Protocol):
    """What is asked of the kernel; `kernel.fanotify.Group` is one."""

    def answer(self, fd: int, response: int) -> None: ...  # noqa: D102
    def forget_files(self) -> None: ...  # noqa: D102


class Desk:
    """The guard's state. `now` gives nanoseconds of a clock that never goes back; `room` is how many may wait."""

    def __init__(
        self,
        group: Answers,
        service: Sends,
        examiner: Sends,
        now: Callable[[], int],
        *,
        whose: Callable[[int], int | None] = owner,
        room: int = WAITING,
        family: int = 0,
    ) -> None:
        self._group = group
        self._outbox = Outbox(service)
        self._now = now
        self._owner = whose
        self._family = family or os.getppid()
        self._rows = Rows(Table(0, 0, "observe", 500, "open", ()))
        self._known = Known()
        self._critical: frozenset[Place] = frozenset()
        self._marks = Marks(group)
        self._entries = Entries(group)
        self._questions = Questions(examiner, self._marks)
        self._arrivals = self._questions.arrivals
        self._unconfirmed = Confirmations(room)
        self._overlays = Overlays()
        self._ticket = 0
        self._asking: dict[int, tuple[Waiting, KnownFile]] = {}
        self._queue = Queue(min(room, WAITING))
        self.counters = dict.fromkeys(COUNTED, 0)

    # What the kernel says.

    def event(self, event: Event) -> None:
        """One event of the kernel. Its descriptor is closed, at once or when it is answered."""
        mask, fd, pid = event
        if fd < 0:
            if mask & Q_OVERFLOW:
                self._outbox.failed("queue-overflow")
            return
        self.counters["events"] += 1
        if mask & CLOSE_WRITE:
            self._written(fd)
        elif mask & OPEN_PERM:
            self._opened(fd, pid)
        else:
            self._started(fd, pid)

    def _started(self, fd: int, pid: int) -> None:
        what = os.fstat(fd)
        file = self._known.file(what)
        if place(what) in self._critical or (file is not None and file.tool is None):
            self._answer(fd, ALLOW)
            self._cache(fd, what)
            os.close(fd)
            return
        nothing = file is None and self._arrivals.is_nothing(fd, what)
        if nothing:
            self._answer(fd, ALLOW)
        waiting = Waiting(fd, pid, self._now(), _path(fd), "exec")
        if nothing:
            self._let_early(waiting)
        elif file is not None:
            self._decide(waiting, file)
        else:
            self._examine(waiting, what)

    def _opened(self, fd: int, pid: int) -> None:
        """A file that interpreters start by reading it. Whoever else reads it (a backup, a search) may."""
        self.counters["opens"] += 1
        what = os.fstat(fd)
        file = self._known.file(what)
        if file is None or not file.tool or place(what) in self._critical or not self._interprets(pid):
            self._answer(fd, ALLOW)
            os.close(fd)
            return
        self._decide(Waiting(fd, pid, self._now(), _path(fd), "open"), file)

    def _interprets(self, pid: int) -> bool:
        """Whether an interpreter opens it that is none of the service's own: those only look at it."""
        if descends(pid, self._family):
            return False
        try:
            return self._known.is_runtime(os.stat(f"/proc/{pid}/exe"))
        except OSError:
            return False

    def _written(self, fd: int) -> None:
        written = place(os.fstat(fd))
        self._known.forget(written)
        self._questions.written(written)
        self._marks.ask_again(fd)
        os.close(fd)

    def arrived(self, fd: int) -> None:
        """A program was written: find out what it is before somebody starts it. The descriptor stays the caller's."""
        what = os.fstat(fd)
        if place(what) not in self._critical and not self._known.file(what):
            self._questions.ask_early(fd, what, _path(fd))

    # What the other processes say.

    def message(self, message: Message) -> None:
        """One message of the service or the examiner."""
        if isinstance(message, Examined):
            self._learn_examined(message)
        elif isinstance(message, Answer):
            self._answered(message)
        elif isinstance(message, NewTable):
            self._replace(message.table, message.forget)
        elif isinstance(message, Learned):
            for file in message.files:
                self._learn(file, ask_again=True)

    def _replace(self, table: Table, forget: bool) -> None:
        if forget:
            try:
                self._group.forget_files()
            except OSError:
                self._outbox.failed("mark")
            self._known.clear()
            self._arrivals.clear()
            self._entries.forget()
        self._rows = Rows(table)
        self._critical = frozenset(table.critical)
        for file in table.files:
            self._learn(file)
        self._entries.guard(self._known.files(), self._rows.barred)

    def _learn(self, file: KnownFile, *, ask_again: bool = False) -> None:
        self._known.learn_runtime(file)
        self._known.remember(file)
        if ask_again and file.tool is not None and file.path:
            # Told only now: the kernel may have been asked to let it start unasked.
            self._marks.ask_again_at(file.path)
            if file.entry:
                self._entries.guard(self._known.files(), self._rows.barred)

    # Asking, and what comes of it.

    def _examine(self, waiting: Waiting, what: os.stat_result) -> None:
        if not self._wait(waiting):
            return
        if self._questions.is_full(what):
            self._outbox.failed("too-many-waiting")
            self._give_up(waiting)
        elif not self._questions.ask(waiting.fd, what, waiting):
            self._outbox.failed("examiner-busy")
            self._give_up(waiting)

    def _let_early(self, waiting: Waiting) -> None:
        """What was no tool's when it was written was let through: soon have it examined as what it is now."""
        fd, waiting.fd = waiting.fd, -1
        waiting.early = True
        self.counters["early"] += 1
        if not self._unconfirmed.add(self._now(), fd, waiting):
            self._confirm(fd, waiting)

    def _confirm(self, fd: int, waiting: Waiting) -> None:
        """Examine what was let through early; the tracker ends it if it is barred."""
        what = os.fstat(fd)
        # What was written since is not what was started.
        if self._questions.is_asked(what) or self._arrivals.is_nothing(fd, what):
            waiting.uid = self._owner(waiting.pid)
            self._questions.ask(fd, what, waiting)
        os.close(fd)

    def _learn_examined(self, message: Examined) -> None:
        self.counters["told"] += 1
        reply = self._questions.answered(message)
        file = reply.file
        if file is None:
            held = [one for one in reply.waiting if one.fd >= 0]
            if held:
                self._outbox.failed("examination-failed")
            for one in held:
                self._give_up(one)
            return
        alone = reply.early and reply.nothing
        self._known.learn_runtime(file)
        if reply.lasting and not alone:
            self._known.remember(file)
        for one in reply.waiting:
            if one.fd < 0:
                if reply.lasting or not one.early:
                    self._too_late(one, file)
                continue
            now = os.fstat(one.fd)
            if alone and self._arrivals.is_nothing(one.fd, now):
                self._answer(one.fd, ALLOW)
                self._let_early(one)
            elif (alone or now.st_ctime_ns != file.changed) and one.tries < TRIES:
                one.tries += 1
                self._examine(one, now)
            elif reply.nothing:
                self._let(one, file)
            else:
                self._decide(one, file)

    def _let(self, waiting: Waiting, file: KnownFile) -> None:
        fd, waiting.fd = waiting.fd, -1
        self._answer(fd, ALLOW)
        what = os.fstat(fd)
        if what.st_ctime_ns == file.changed:
            self._cache(fd, what)
        os.close(fd)

    def _decide(self, waiting: Waiting, file: KnownFile) -> None:
        waiting.file = file
        waiting.uid = self._owner(waiting.pid)
        tool = file.tool or ""
        row = self._rows.find(tool, file.version, waiting.uid, file.confidence)
        if row is not None:
            self._carry_out(waiting, file, row)
        elif self._wait(waiting):
            self._ticket += 1
            ask = Ask(self._ticket, tool, file.version, waiting.uid, file.score, file.confidence)
            if len(self._asking) < 2 * WAITING and self._outbox.send(ask):
                self.counters["asked"] += 1
                self._asking[self._ticket] = (waiting, file)
            else:
                self._give_up(waiting)

    def _answered(self, message: Answer) -> None:
        if message.serial == self._rows.table.serial:
            self._rows.keep(message.tool, message.version, message.uid, message.row, message.confidence)
        waiting, file = self._asking.pop(message.ticket, (None, None))
        if waiting is None or file is None:
            return
        if waiting.fd >= 0:
            self._carry_out(waiting, file, message.row)
        elif message.row.action == "block" and not waiting.denied:
            self._let_late(waiting, file, message.row)

    def _carry_out(self, waiting: Waiting, file: KnownFile, row: Row) -> None:
        fd, waiting.fd = waiting.fd, -1
        # Afterwards the process is gone, or somebody else.
        waiting.terminal, waiting.locale = reached_by(waiting.pid)
        waiting.denied = row.action == "block"
        self._answer(fd, DENY if waiting.denied else ALLOW)
        os.close(fd)
        done: Done = "blocked" if row.action == "block" else "warned" if row.action == "warn" else "allowed"
        self.counters[done] += 1
        if done == "allowed" and row.would != "allow":
            done = "would-block" if row.would == "block" else "would-warn"
        self._told(waiting, file, row, done)

    def _too_late(self, waiting: Waiting, file: KnownFile) -> None:
        """It was let through at the deadline. The tracker ends it if it is barred."""
        if file.tool is None or waiting.denied:
            return
        row = self._rows.find(file.tool, file.version, waiting.uid, file.confidence) or self._rows.at_worst(file.tool)
        if row is not None and row.action == "block":
            self._let_late(waiting, file, row)

    def _let_late(self, waiting: Waiting, file: KnownFile, row: Row) -> None:
        self._told(waiting, file, row, "late")
        self._outbox.send(Learned((file,)))

    def _told(self, waiting: Waiting, file: KnownFile, row: Row, done: Done) -> None:
        if self._overlays.told(waiting.pid, file, waiting.means, done):
            return
        self._outbox.send(
            Seen(
                waiting.means, done, waiting.pid, waiting.uid, waiting.path, file.tool, file.version, row,
                self._rows.table.serial, (self._now() - waiting.began) // 1000, file.score,
                confidence=file.confidence, terminal=waiting.terminal, locale=waiting.locale,
            )
        )  # fmt: skip

    # The deadline.

    def _wait(self, waiting: Waiting) -> bool:
        """Whether it may wait, once for all that is asked about it. If not, it is answered."""
        if self._queue.add(waiting, self._rows.table.deadline_ms * 1_000_000):
            return True
        self._outbox.failed("too-many-waiting")
        self._give_up(waiting)
        return False

    @property
    def free(self) -> int:
        """Starts that can be taken in now; beyond, each is answered at once."""
        return self._queue.free

    def expire(self) -> float:
        """Answer whoever waited long enough, and confirm what was let through early. Gives the seconds until the next
        one is due (at most 0.5).
        """
        now = self._now()
        for waiting in self._queue.due(now):
            self._outbox.failed("deadline")
            self.counters["late"] += 1
            self._give_up(waiting)
        for fd, waiting in self._unconfirmed.due(now):
            self._confirm(fd, waiting)
        return min(self._unconfirmed.until_next(now), self._queue.until_next(now))

    def _give_up(self, waiting: Waiting) -> None:
        """Answer without knowing: as for a user and version nobody knows, else as the directive says for failures."""
        file = waiting.file
        row = self._rows.at_worst(file.tool) if file is not None and file.tool is not None else None
        if file is not None and row is not None:
            self._carry_out(waiting, file, row)
            return
        fd, waiting.fd = waiting.fd, -1
        waiting.uid = self._owner(waiting.pid)
        waiting.denied = self._rows.table.on_failure == "closed"
        self._answer(fd, DENY if waiting.denied else ALLOW)
        os.close(fd)

    # Towards the kernel and the service.

    def _answer(self, fd: int, response: int) -> None:
        try:
            self._group.answer(fd, response)
        except FileNotFoundError:
            # It was killed while it waited.
            return
        except OSError:
            self._outbox.failed("response-write")

    def _cache(self, fd: int, what: os.stat_result) -> None:
        try:
            self.counters["cached"] += self._marks.cache(fd, what)
        except OSError:
            self._outbox.failed("mark")

    def flush(self, *, pulse: bool = False) -> None:
        """Send what the service did not take before; with `pulse` also the counters, and failures since last time."""
        self._outbox.flush()
        if pulse:
            self._outbox.tell_failures()
            counters = self.counters | {
                "known": len(self._known), "waiting": len(self._queue), "examined": self._questions.sent,
            }  # fmt: skip
            self._outbox.send(Pulse("guard", counters))


def _path(fd: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return ""
