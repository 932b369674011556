"""What the guard does with each event and each message. It waits for nobody.

A start is answered at once where the file is known by device, inode and change time; else the examiner is asked what
the file is, and where the table has no row the service what to do. Whoever has no answer at the deadline is let
through, or not, as the directive says (`on_failure`). Memory is bounded, whatever comes.

In the kernel are cached only starts of files that are no tool at all and that only root can write: an ignore mark
knows no user, no waiver and no date. For what its user can write, the kernel tells when a writer lets go of it.
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, Protocol

from clearance.agent.guard.entries import Entries, Guards
from clearance.agent.guard.outbox import Outbox, Sends
from clearance.agent.guard.owner import descends, owner, reached_by
from clearance.agent.lookup import Rows
from clearance.kernel.fanotify import ALLOW, CLOSE_WRITE, DENY, OPEN_PERM, Q_OVERFLOW, Event
from clearance.model.enforcement import Done, KnownFile, Means, Row, Table
from clearance.wire.enforcement import (
    Answer,
    Ask,
    Examine,
    Examined,
    Learned,
    Message,
    NewTable,
    Pulse,
    Seen,
)  # fmt: skip

KNOWN: Final = 65_536
"""Files that are remembered."""

WAITING: Final = 4_096
"""Starts that wait for an answer. What comes beyond is answered as at the deadline."""

TOGETHER: Final = 1_024
"""Starts of one file that wait for the same examination."""

TRIES: Final = 3
"""Times that a file is examined anew because it was changed meanwhile."""

SHARED_WRITE: Final = 0o022

Place = tuple[int, int]
NOWHERE: Final[Place] = (0, 0)
WRITTEN: Final = -1
"""The change time of a file that was written while it was examined: no answer fits it."""


class Answers(Guards, Protocol):
    """What is asked of the kernel; `kernel.fanotify.Group` is one."""

    def answer(self, fd: int, response: int) -> None: ...  # noqa: D102
    def tell_writes(self, fd: int) -> None: ...  # noqa: D102
    def ignore_starts(self, fd: int) -> None: ...  # noqa: D102
    def ask_again(self, fd: int) -> None: ...  # noqa: D102
    def forget_files(self) -> None: ...  # noqa: D102


class Waiting:
    """A start that the kernel waits with. `fd` is -1 once it is answered; `file` is what it is, once that is known."""

    __slots__ = ("began", "fd", "file", "locale", "means", "path", "pid", "queued", "terminal", "tries", "uid")

    def __init__(self, fd: int, pid: int, began: int, path: str, means: Means) -> None:
        self.fd = fd
        self.pid = pid
        self.began = began
        self.path = path
        self.means = means
        self.file: KnownFile | None = None
        self.queued = False
        self.uid: int | None = None
        self.tries = 0
        self.terminal = 0
        self.locale: dict[str, str] = {}


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
        self._examiner = examiner
        self._now = now
        self._owner = whose
        self._room = min(room, WAITING)
        self._family = family or os.getppid()
        self._rows = Rows(Table(0, 0, "observe", 500, "open", ()))
        self._known: OrderedDict[Place, KnownFile] = OrderedDict()
        self._critical: frozenset[Place] = frozenset()
        self._runtimes: set[Place] = set()
        self._entries = Entries(group)
        self._ticket = 0
        self._examined: dict[int, tuple[Place, int]] = {}
        self._examining: dict[Place, list[Waiting]] = {}
        self._asking: dict[int, tuple[Waiting, KnownFile]] = {}
        self._order: deque[tuple[int, Waiting]] = deque()
        self.counters = dict.fromkeys(
            ("events", "allowed", "warned", "blocked", "late", "cached", "examined", "told", "asked", "opens"), 0
        )

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
        place = (what.st_dev, what.st_ino)
        file = self._known.get(place)
        if place in self._critical:
            self._answer(fd, ALLOW)
            self._cache(fd, what)
            os.close(fd)
        elif file is not None and file.changed == what.st_ctime_ns:
            if file.tool is None:
                self._answer(fd, ALLOW)
                self._cache(fd, what)
                os.close(fd)
            else:
                waiting = Waiting(fd, pid, self._now(), _path(fd), "exec")
                self._decide(waiting, file)
        else:
            self._examine(Waiting(fd, pid, self._now(), _path(fd), "exec"), place, what.st_ctime_ns)

    def _opened(self, fd: int, pid: int) -> None:
        """A file that interpreters start by reading it. Whoever else reads it (a backup, a search) may."""
        self.counters["opens"] += 1
        what = os.fstat(fd)
        place = (what.st_dev, what.st_ino)
        file = self._known.get(place)
        unknown = file is None or file.changed != what.st_ctime_ns or not file.tool
        if file is None or unknown or place in self._critical or not self._interprets(pid):
            self._answer(fd, ALLOW)
            os.close(fd)
            return
        self._decide(Waiting(fd, pid, self._now(), _path(fd), "open"), file)

    def _interprets(self, pid: int) -> bool:
        """Whether an interpreter opens it that is none of the service's own: those only look at it."""
        if descends(pid, self._family):
            return False
        try:
            what = os.stat(f"/proc/{pid}/exe")
        except OSError:
            return False
        return (what.st_dev, what.st_ino) in self._runtimes

    def _written(self, fd: int) -> None:
        what = os.fstat(fd)
        self._known.pop((what.st_dev, what.st_ino), None)
        for ticket, (place, _) in self._examined.items():
            if place == (what.st_dev, what.st_ino):
                self._examined[ticket] = (place, WRITTEN)
        os.close(fd)

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
            self._entries.forget()
        self._rows = Rows(table)
        self._critical = frozenset(table.critical)
        for file in table.files:
            self._learn(file)
        self._entries.guard(self._known.values(), self._rows.barred)

    def _learn(self, file: KnownFile, *, ask_again: bool = False) -> None:
        place = (file.device, file.inode)
        if file.runtime:
            self._runtimes.add(place)
        self._remember(place, file)
        if ask_again and file.tool is not None and file.path:
            # Told only now: the kernel may have been asked to let it start unasked.
            self._ask_again(file.path)
            if file.entry:
                self._entries.guard(self._known.values(), self._rows.barred)

    def _ask_again(self, path: str) -> None:
        try:
            fd = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return
        try:
            self._group.ask_again(fd)
        except OSError:
            # It was not ignored.
            return
        finally:
            os.close(fd)

    def _remember(self, place: Place, file: KnownFile) -> None:
        self._known[place] = file
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)

    # Asking, and what comes of it.

    def _examine(self, waiting: Waiting, place: Place, changed: int) -> None:
        others = self._examining.get(place)
        if not self._wait(waiting):
            return
        if others is not None:
            if len(others) < TOGETHER:
                others.append(waiting)
            else:
                self._outbox.failed("too-many-waiting")
                self._give_up(waiting)
            return
        self._ticket += 1
        try:
            # Whoever writes it from now on is noticed, also through memory, which changes no time.
            self._group.tell_writes(waiting.fd)
            question = Examine(self._ticket, waiting.path, waiting.pid)
            sent = self._examiner.send(question, (waiting.fd,), wait=False)
        except OSError:
            sent = False
        if not sent:
            self._outbox.failed("examiner-busy")
            self._give_up(waiting)
            return
        self.counters["examined"] += 1
        self._examining[place] = [waiting]
        self._examined[self._ticket] = (place, changed)

    def _learn_examined(self, message: Examined) -> None:
        self.counters["told"] += 1
        place, changed = self._examined.pop(message.ticket, (NOWHERE, 0))
        waiting = self._examining.pop(place, [])
        file = message.file
        if not message.complete:
            self._outbox.failed("examination-failed")
            for one in waiting:
                if one.fd >= 0:
                    self._give_up(one)
            return
        if file.runtime:
            self._runtimes.add(place)
        # What was written meanwhile is another file, whatever was read of it.
        if place is not NOWHERE and file.changed == changed:
            self._remember(place, file)
        for one in waiting:
            if one.fd < 0:
                self._too_late(one, file)
            elif (now := os.fstat(one.fd).st_ctime_ns) != file.changed and one.tries < TRIES:
                one.tries += 1
                self._examine(one, place, now)
            elif file.tool is None:
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
        elif message.row.action == "block":
            self._let_late(waiting, file, message.row)

    def _carry_out(self, waiting: Waiting, file: KnownFile, row: Row) -> None:
        fd, waiting.fd = waiting.fd, -1
        # Afterwards the process is gone, or somebody else.
        waiting.terminal, waiting.locale = reached_by(waiting.pid)
        self._answer(fd, DENY if row.action == "block" else ALLOW)
        os.close(fd)
        done: Done = "blocked" if row.action == "block" else "warned" if row.action == "warn" else "allowed"
        self.counters[done] += 1
        if done == "allowed" and row.would != "allow":
            done = "would-block" if row.would == "block" else "would-warn"
        self._told(waiting, file, row, done)

    def _too_late(self, waiting: Waiting, file: KnownFile) -> None:
        """It was let through at the deadline. The tracker ends it if it is barred."""
        if file.tool is None:
            return
        row = self._rows.find(file.tool, file.version, waiting.uid, file.confidence) or self._rows.at_worst(file.tool)
        if row is not None and row.action == "block":
            self._let_late(waiting, file, row)

    def _let_late(self, waiting: Waiting, file: KnownFile, row: Row) -> None:
        self._told(waiting, file, row, "late")
        self._outbox.send(Learned((file,)))

    def _told(self, waiting: Waiting, file: KnownFile, row: Row, done: Done) -> None:
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
        if waiting.queued:
            return True
        if len(self._order) >= self._room:
            self._outbox.failed("too-many-waiting")
            self._give_up(waiting)
            return False
        self._order.append((waiting.began + self._rows.table.deadline_ms * 1_000_000, waiting))
        waiting.queued = True
        return True

    @property
    def free(self) -> int:
        """Starts that can be taken in now; beyond, each is answered at once."""
        return self._room - len(self._order)

    def expire(self) -> float:
        """Answer whoever waited long enough. Gives the seconds until the next one is due (at most 0.5)."""
        now = self._now()
        order = self._order
        while order and (order[0][1].fd < 0 or order[0][0] <= now):
            _, waiting = order.popleft()
            if waiting.fd >= 0:
                self._outbox.failed("deadline")
                self.counters["late"] += 1
                self._give_up(waiting)
        return min(0.5, (order[0][0] - now) / 1e9) if order else 0.5

    def _give_up(self, waiting: Waiting) -> None:
        """Answer without knowing: as for a user and version nobody knows, else as the directive says for failures."""
        file = waiting.file
        row = self._rows.at_worst(file.tool) if file is not None and file.tool is not None else None
        if file is not None and row is not None:
            self._carry_out(waiting, file, row)
            return
        fd, waiting.fd = waiting.fd, -1
        waiting.uid = self._owner(waiting.pid)
        self._answer(fd, DENY if self._rows.table.on_failure == "closed" else ALLOW)
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
            if what.st_uid == 0 and not what.st_mode & SHARED_WRITE and stat.S_ISREG(what.st_mode):
                self._group.ignore_starts(fd)
                if os.fstat(fd).st_ctime_ns != what.st_ctime_ns:
                    self._group.ask_again(fd)
                self.counters["cached"] += 1
        except OSError:
            self._outbox.failed("mark")

    def flush(self, *, pulse: bool = False) -> None:
        """Send what the service did not take before; with `pulse` also the counters, and failures since last time."""
        self._outbox.flush()
        if pulse:
            self._outbox.tell_failures()
            counters = self.counters | {"known": len(self._known), "waiting": len(self._order)}
            self._outbox.send(Pulse("guard", counters))


def _path(fd: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return ""
