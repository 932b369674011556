"""Looking deep at what is no known tool: in a child of its own at the lowest priority, with a bound on each file.

Asked once for each file and state. Whoever asks goes on at once; the answer comes by `answers`. A child that takes too
long over a file is ended and that file given up; the next question starts another child.
"""

from __future__ import annotations

import os
import signal
import stat
import time
from collections import OrderedDict
from typing import Final

from clearance.agent.tracker.place import Tree
from clearance.model.enforcement import UNKNOWN_AGENT, KnownFile
from clearance.observe.identity import deep
from clearance.observe.identity.candidate import classify, silent
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.types import Identification
from clearance.observe.packages import Packages
from clearance.observe.reader import FdReader
from clearance.observe.rooted import Rooted
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import Examine, Examined

SECONDS: Final = 20.0
"""That a child may take over one file."""

IDLE: Final = 60.0
"""Seconds without a question after which the child is let go, with the memory that it needs."""

WAITING: Final = 256
REMEMBERED: Final = 16_384
HEAD: Final = 4096
NATIVE: Final = frozenset({"elf", "macho", "pe"})

Key = tuple[int, int, int]


class Background:
    """The child and what it was asked. Not thread-safe."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._channel: Channel | None = None
        self._pid = 0
        self._asked: OrderedDict[Key, None] = OrderedDict()
        self._waiting: OrderedDict[int, tuple[Key, float]] = OrderedDict()
        self._ticket = 0
        self._newest = 0.0

    @property
    def pid(self) -> int:
        """The child's number; 0 for none."""
        return self._pid

    def fileno(self) -> int:
        """The descriptor to poll; -1 while there is no child."""
        return self._channel.fileno() if self._channel is not None else -1

    def waits(self) -> bool:
        """Whether an answer is to come."""
        return bool(self._waiting)

    def ask(self, fd: int, file: KnownFile) -> bool:
        """Ask about an open file, which stays the caller's. Whether it is looked at now, or was before."""
        key = (file.device, file.inode, file.changed)
        if key in self._asked:
            return True
        if len(self._waiting) >= WAITING:
            return False
        if self._channel is None:
            self._start()
        self._ticket += 1
        try:
            if self._channel is None or not self._channel.send(Examine(self._ticket, file.path), (fd,), wait=False):
                return False
        except (Closed, OSError):
            self.end()
            return False
        self._asked[key] = None
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        self._newest = time.monotonic()
        self._waiting[self._ticket] = (key, self._newest)
        return True

    def answers(self) -> list[tuple[Key, KnownFile]]:
        """What has been answered since the last call."""
        found: list[tuple[Key, KnownFile]] = []
        try:
            while self._channel is not None and (got := self._channel.receive(wait=False)) is not None:
                message, files = got
                for fd in files:
                    os.close(fd)
                if isinstance(message, Examined):
                    key, _ = self._waiting.pop(message.ticket, (None, 0.0))
                    if key is not None and message.complete:
                        found.append((key, message.file))
                    self._next_begins()
        except (Closed, OSError):
            self.end()
        return found

    def overdue(self) -> bool:
        """End a child that takes too long over a file. Whether it did; questions behind that one are given up too."""
        if not self._waiting:
            return False
        _, (_, since) = next(iter(self._waiting.items()))
        if time.monotonic() - since < SECONDS:
            return False
        self.end()
        return True

    def rest(self) -> None:
        """End a child that nobody has asked for long."""
        if self._pid and not self._waiting and time.monotonic() - self._newest > IDLE:
            self.end()

    def forget(self) -> None:
        """Ask about every file anew: another catalog tells what they are."""
        self._asked.clear()

    def end(self) -> None:
        """End the child."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0
        self._waiting.clear()

    def _next_begins(self) -> None:
        if self._waiting:
            ticket, (key, _) = next(iter(self._waiting.items()))
            self._waiting[ticket] = (key, time.monotonic())
            self._waiting.move_to_end(ticket, last=False)

    def _start(self) -> None:
        ours, theirs = Channel.pair()
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                _lowest_priority()
                _serve(theirs, self._rules)
            finally:
                os._exit(0)
        theirs.close()
        self._channel, self._pid = ours, pid


def _lowest_priority() -> None:
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except OSError:
        os.setpriority(os.PRIO_PROCESS, 0, 19)


def _serve(channel: Channel, rules: Rules) -> None:
    view = Tree(Rooted("/"))
    while True:
        try:
            got = channel.receive()
        except (Closed, OSError):
            return
        if got is None:
            continue
        message, files = got
        if not isinstance(message, Examine) or not files:
            continue
        try:
            answer = Examined(message.ticket, deeply(files[0], message.path, rules, Packages(view)))
        except Exception:  # noqa: BLE001 - a defect of identity or a broken medium costs one file
            answer = Examined(message.ticket, KnownFile(0, 0, 0, None), complete=False)
        finally:
            for fd in files:
                os.close(fd)
        try:
            channel.send(answer)
        except (Closed, OSError):
            return


def deeply(fd: int, path: str, rules: Rules, packages: Packages) -> KnownFile:
    """What an open file is at the scan's depth: a tool, an agent that nobody knows with its score, or nothing."""
    what = os.fstat(fd)
    nothing = KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, None, path=path)
    if not stat.S_ISREG(what.st_mode):
        return nothing
    kind = classify(os.pread(fd, HEAD, 0), what.st_size)
    reader = FdReader(fd, what.st_size)
    if kind is None or silent(reader, kind):
        return nothing
    verdict = deep.identify(reader, rules, packages.of(path) if _names(packages, path, what) else None)
    if verdict is None:
        return nothing
    if isinstance(verdict, Identification):
        return KnownFile(
            what.st_dev, what.st_ino, what.st_ctime_ns, verdict.tool, verdict.version, entry=kind not in NATIVE,
            path=path, confidence=verdict.confidence,
        )  # fmt: skip
    return KnownFile(
        what.st_dev, what.st_ino, what.st_ctime_ns, UNKNOWN_AGENT, None, verdict.score, kind not in NATIVE, path=path,
        confidence="weak",
    )  # fmt: skip


def _names(packages: Packages, path: str, what: os.stat_result) -> bool:
    """Whether the path leads to this very file here: names mean other things in other mount namespaces."""
    try:
        return path.startswith("/") and os.path.samestat(packages.view.rooted.stat(path), what)
    except OSError:
        return False
