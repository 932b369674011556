"""What the examiner is asked, and who waits for its answer: each file once, however many start it."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from clearance.agent.guard.arrivals import Arrivals
from clearance.agent.guard.known import Place, place
from clearance.agent.guard.marks import Marks
from clearance.agent.guard.outbox import Sends
from clearance.agent.guard.waiting import Waiting
from clearance.model.enforcement import KnownFile
from clearance.wire.enforcement import Examine, Examined

TOGETHER: Final = 1_024
"""Starts of one file that wait for the same examination."""

NOWHERE: Final[Place] = (0, 0)
WRITTEN: Final = -1
"""The change time of a file that was written while it was examined: no answer fits it."""


class Reply(NamedTuple):
    """What a file was found to be, None where it could not be read, and who waits to hear it.

    `lasting`: it was not written meanwhile. `early`: it was examined because it was written, and nobody had started it.
    """

    file: KnownFile | None
    waiting: list[Waiting]
    lasting: bool
    early: bool

    @property
    def nothing(self) -> bool:
        """Whether it is no tool's."""
        return self.file is not None and self.file.tool is None


class Questions:
    """Asks the examiner. What was asked when a program was written is kept in `arrivals`."""

    def __init__(self, examiner: Sends, marks: Marks) -> None:
        self._examiner = examiner
        self._marks = marks
        self._ticket = 0
        self._asked: dict[int, tuple[Place, int, bool]] = {}
        self._waiting: dict[Place, list[Waiting]] = {}
        self.arrivals = Arrivals(marks.is_marked)
        self.sent = 0
        """Questions so far."""

    def is_full(self, what: os.stat_result) -> bool:
        """Whether as many as may wait for what this file is do already."""
        return len(self._waiting.get(place(what), ())) >= TOGETHER

    def is_asked(self, what: os.stat_result) -> bool:
        """Whether somebody waits for what this file is already, and more may."""
        return place(what) in self._waiting and not self.is_full(what)

    def ask(self, fd: int, what: os.stat_result, waiting: Waiting) -> bool:
        """Have somebody told what the open file is. False where the examiner does not listen."""
        if place(what) not in self._waiting:
            self.arrivals.forget(place(what))
            if not self._send(fd, what, waiting.path, waiting.pid, early=False):
                return False
        self._waiting[place(what)].append(waiting)
        return True

    def ask_early(self, fd: int, what: os.stat_result, path: str) -> None:
        """Find out what a program is that was just written, unless there is enough to do."""
        if not self.arrivals.busy and place(what) not in self._waiting:
            self.arrivals.examining(what)
            if not self._send(fd, what, path, 0, early=True):
                self.arrivals.forget(place(what))

    def _send(self, fd: int, what: os.stat_result, path: str, pid: int, *, early: bool) -> bool:
        self._ticket += 1
        try:
            self._marks.tell_writes(fd)
            if not self._examiner.send(Examine(self._ticket, path, pid), (fd,), wait=False):
                return False
        except OSError:
            return False
        self.sent += 1
        self._waiting[place(what)] = []
        self._asked[self._ticket] = (place(what), what.st_ctime_ns, early)
        return True

    def answered(self, message: Examined) -> Reply:
        """What the examiner answered. Of a question that nobody asked, it lasts no time and nobody waits for it."""
        where, changed, early = self._asked.pop(message.ticket, (NOWHERE, WRITTEN, False))
        file = message.file if message.complete else None
        reply = Reply(file, self._waiting.pop(where, []), message.file.changed == changed, early)
        self.arrivals.examined(where, nothing=reply.nothing)
        return reply

    def written(self, where: Place) -> None:
        """A writer let go of this file. What is read of it meanwhile may be neither the old nor the new."""
        self.arrivals.forget(where)
        for ticket, (asked, _, early) in self._asked.items():
            if asked == where:
                self._asked[ticket] = (asked, WRITTEN, early)
