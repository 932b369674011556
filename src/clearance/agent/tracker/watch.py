"""What is done about each process that has begun a program, and about what already ran.

A program that is neither a tool nor a runtime costs one stat and one look into a table. For the rest a process is held
by a descriptor, looked at, and ended if a row says so, while it still runs what was looked at. Never ended: this
program, whoever started it, process 1, and whatever lies in a critical file. Memory is bounded, whatever comes; what a
process is is never kept, only what was said of it.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from typing import Final

from clearance.agent.tracker import process
from clearance.agent.tracker.background import Background
from clearance.agent.tracker.cases import Cases
from clearance.agent.tracker.eyes import Eyes, Finding, Stranger
from clearance.agent.tracker.later import Begun, Later
from clearance.agent.tracker.offspring import Offspring
from clearance.agent.tracker.place import Opened, Place
from clearance.agent.tracker.runs import Program, awaited, by_shell, identified, run
from clearance.kernel.pidfd import Held, Image, image_of
from clearance.model.enforcement import KnownFile, Means
from clearance.wire.enforcement import Answer, Failed, Message, NewTable

PROGRAMS: Final = 16_384
WAITING: Final = 4_096
"""Files that are looked at in the background."""

WAITERS: Final = 16
"""Processes that wait for one of them."""

MOST_FOLLOWED: Final = 1_024
"""Processes that are looked at because others left them behind, at once."""

FRESH_NS: Final = 100_000_000
"""A file that changed so lately may change again without its time telling: the clock of a file system is coarse."""

TALKS_NS: Final = 2_000_000_000
"""How long what comes through a pipe is waited for, to be looked at before a runtime takes it."""

OTHERS_WRITE: Final = 0o022

Key = tuple[int, int, int]


class Watch:
    """The tracker's state. `own` are never ended; `left` are looked at only when they begin something.

    `marked` says whether the guard sees the starts on a device; `watched` are the devices that count, None for all of
    them; `births` gives who split since it was asked last; `now` gives nanoseconds of a clock that never goes back,
    `wall` of the file systems'.
    """

    def __init__(
        self,
        send: Callable[[Message], None],
        eyes: Eyes,
        background: Background,
        own: Collection[int],
        *,
        left: Collection[int] = (),
        watched: frozenset[int] | None,
        marked: Callable[[int], bool],
        now: Callable[[], int],
        wall: Callable[[], int],
        births: Callable[[], Iterable[tuple[int, int]]] = tuple,
    ) -> None:
        self._send = send
        self._eyes = eyes
        self._background = background
        self._own = frozenset(own)
        self._left = frozenset(left)
        self._watched = watched
        self._marked = marked
        self._now = now
        self._wall = wall
        self.counters = dict.fromkeys(("starts", "looked", "killed", "told", "asked", "deep", "vanished"), 0)
        self._cases = Cases(send, self._leaves, self.counters, marked=marked, now=now)
        self._programs: OrderedDict[Key, Program] = OrderedDict()
        self._deep: OrderedDict[Key, KnownFile] = OrderedDict()
        self._waiting: OrderedDict[Key, list[int]] = OrderedDict()
        self._parents: list[tuple[int, int]] = []
        self._orphans: list[tuple[int, int]] = []
        self._ended = False
        self.offspring = Offspring(births)
        self.later = Later()

    # Messages.

    def replace(self, message: NewTable) -> None:
        """From now on this table holds. What already runs is to be looked at by the caller."""
        table = message.table
        if message.forget:
            self._programs.clear()
            self._deep.clear()
            self._background.forget()
        if table.strangers and not self._cases.strangers_matter:
            # What is no tool was not looked at deep so far.
            self._programs.clear()
        self._cases.replace(table, forget=message.forget)
        self.learn(table.files)

    def learn(self, files: Collection[KnownFile]) -> None:
        """Files that somebody else identified: the guard too late, the scan by a deeper look. Who runs them is to be
        looked at by the caller."""
        for file in files:
            if file.tool is not None:
                self._remember((file.device, file.inode, file.changed), file)

    def _remember(self, key: Key, file: KnownFile) -> None:
        self._deep[key] = file
        self._programs.pop(key, None)
        if len(self._deep) > PROGRAMS:
            self._deep.popitem(last=False)

    def answered(self, message: Answer) -> None:
        """The row that was asked for."""
        self._cases.answered(message)
        self.follow()

    def deepened(self) -> None:
        """Take what the background found, and look again at whoever runs it."""
        for key, file in self._background.answers():
            pids = self._waiting.pop(key, [])
            if file.tool is None or (file.device, file.inode, file.changed) != key:
                continue
            self._remember(key, file)
            for pid in pids:
                self.look(pid)
            self.follow()
        self._background.rest()
        if self._background.overdue():
            self._waiting.clear()
            self._send(Failed("deep-timeout"))

    # Processes.

    def look(self, pid: int, *, running: bool = False, began: int = 0) -> None:
        """Look at one process. `running`: not because it began something, but to see all that runs."""
        self._look_at(pid, running, began)
        if self._ended:
            self.follow()

    def follow(self) -> None:
        """Look at what those left behind that were gone, or were ended here, and at what that left: no start tells of
        it. Who was ended is followed at once; for who was gone, call this after some looks.
        """
        self._ended = False
        for _ in range(MOST_FOLLOWED):
            if self._parents:
                self.offspring.note()
                for parent, began in self._parents:
                    self._orphans += ((child, began) for child in self.offspring.take(parent))
                self._parents.clear()
            if not self._orphans:
                return
            pid, began = self._orphans.pop()
            self._look_at(pid, running=False, began=began)
        self._parents.clear()
        self._orphans.clear()

    def _gone(self, pid: int, began: int) -> None:
        self.counters["vanished"] += 1
        self._parents.append((pid, began))

    def _leaves(self, pid: int, began: int) -> None:
        self._ended = True
        self._parents.append((pid, began))

    def _look_at(self, pid: int, running: bool, began: int) -> None:
        self.counters["starts"] += 1
        if pid in self._own or pid == 1 or pid == self._background.pid or (running and pid in self._left):
            return
        try:
            what = os.stat(f"/proc/{pid}/exe")
        except OSError:
            # It has ended, or is a thread of the kernel.
            self._gone(pid, began)
            return
        key = (what.st_dev, what.st_ino, what.st_ctime_ns)
        program = self._programs.get(key)
        if program is not None and program.file.tool is None and program.runtime is None:
            return
        self.counters["looked"] += 1
        try:
            held = Held(pid)
        except OSError:
            self._gone(pid, began)
            return
        kept = False
        try:
            image = image_of(pid)
            if image is None or (image.device, image.inode) != key[:2]:
                # It has begun yet another program, which is noticed by itself.
                return
            place = Place(pid)
            try:
                kept = self._look(held, image, place, what, program, running, began or self._now())
            finally:
                place.close()
        except OSError:
            self._gone(pid, began)
        finally:
            if not kept:
                held.close()

    def _look(
        self, held: Held, image: Image, place: Place, what: os.stat_result, program: Program | None, running: bool,
        began: int,
    ) -> bool:  # fmt: skip
        """Whether the process stays held, until an answer comes."""
        if program is None:
            program = self._examined(place, what, held.pid)
            if program is None:
                return False
        found: list[tuple[Finding, bool]] = []
        strangers: list[Stranger] = []
        try:
            if program.file.tool is not None:
                found += self._as_program(place, program.file, running)
            if program.runtime is not None:
                words = process.words(held.pid)
                if not words and not found and self.later.put(Begun(held.pid, running, began), self._now()):
                    return False
                seen, strangers = run(self._eyes, place, program, words)
                found += [
                    (one._replace(means="running") if running else one, False)
                    for one in seen
                    if self._counts(one.file.device, place, one.means)
                ]
                found += self._strange(held.pid, strangers, place)
                if not found and not running and self._now() - began < TALKS_NS and awaited(place, program, words):
                    self.later.put(Begun(held.pid, running, began), self._now())
                if running and not found:
                    found += [
                        (Finding(file, "running"), False)
                        for file in by_shell(self._eyes, place)
                        if self._counts(file.device, place, "argv")
                    ]
            return self._cases.decide(held, image, found, began)
        finally:
            for stranger in strangers:
                os.close(stranger.opened.fd)

    def _examined(self, place: Place, what: os.stat_result, pid: int) -> Program | None:
        """What a program's file is that is not known yet."""
        opened = place.program()
        if opened is None:
            return None
        key = (what.st_dev, what.st_ino, what.st_ctime_ns)
        try:
            file, kind = identified(self._eyes, place, opened)
            if file.tool is None:
                file = self._deep.get(key, file)
            if file.tool is None and kind is None:
                self._look_deep(opened, file, pid, place)
        finally:
            os.close(opened.fd)
        found = Program(file, kind)
        own = what.st_uid == 0 and not what.st_mode & OTHERS_WRITE
        # Memory of which a file system keeps no times may be written unnoticed, except where the guard is told of it.
        if (own or self._marked(what.st_dev)) and self._wall() - what.st_ctime_ns > FRESH_NS and key[:2] == (
            opened.what.st_dev, opened.what.st_ino
        ):  # fmt: skip
            self._programs[key] = found
            if len(self._programs) > PROGRAMS:
                self._programs.popitem(last=False)
        return found

    def _as_program(self, place: Place, file: KnownFile, running: bool) -> list[tuple[Finding, bool]]:
        """A program that is a tool itself. What lies where the guard sees starts, the guard has told of."""
        name = process.link(place.pid, "exe")
        means: Means = "memory" if name.startswith(process.MEMORY) else "exec"
        device = file.device if self._marked(file.device) else place.program_device(file.device)
        guarded = means == "exec" and self._marked(device)
        if means == "exec" and not guarded:
            means = "mount"
        if not self._counts(device, place, means):
            return []
        if not file.path:
            file = _at(file, name)
        return [(Finding(file, "running" if running else means), guarded and not running)]

    def _strange(self, pid: int, strangers: list[Stranger], place: Place) -> list[tuple[Finding, bool]]:
        found: list[tuple[Finding, bool]] = []
        for stranger in strangers:
            file = stranger.file
            known = self._deep.get((file.device, file.inode, file.changed))
            if known is not None and self._counts(file.device, place, "argv"):
                found.append((Finding(known, "argv"), False))
            else:
                self._look_deep(stranger.opened, file, pid, place)
        return found

    def _look_deep(self, opened: Opened, file: KnownFile, pid: int, place: Place) -> None:
        """Have a file that is not known looked at in the background, if the table has something to say about it."""
        what = opened.what
        if not self._cases.strangers_matter or (what.st_uid == 0 and not what.st_mode & OTHERS_WRITE):
            return
        if not self._counts(what.st_dev, place, "exec"):
            return
        key = (file.device, file.inode, file.changed)
        if self._background.ask(opened.fd, file):
            self.counters["deep"] += 1
            pids = self._waiting.setdefault(key, [])
            if len(pids) < WAITERS:
                pids.append(pid)
            if len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)

    def _counts(self, device: int, place: Place, means: Means) -> bool:
        """Whether it lies where this program is to look, or whoever runs it stands there."""
        if self._watched is None or device in self._watched:
            return True
        if means == "exec":
            return False
        if place.root_device in self._watched:
            return True
        try:
            return os.stat(f"/proc/{place.pid}/cwd").st_dev in self._watched
        except OSError:
            return False


def _at(file: KnownFile, path: str) -> KnownFile:
    return KnownFile(
        file.device, file.inode, file.changed, file.tool, file.version, file.score, file.entry, file.runtime, path,
        file.confidence,
    )  # fmt: skip
