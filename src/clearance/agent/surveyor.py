"""Keeps the survey of this host current: forks a short-lived child that looks, when something may have changed.

At first only where tools are configured to send, which is quick; then everything. Again when a file that says where
tools send was written, and from time to time.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from clearance.agent.children import end, fork
from clearance.agent.watched import Watched
from clearance.catalog import Catalog
from clearance.kernel.inotify import Folders
from clearance.observe.host import HostView
from clearance.observe.identity.rules import Rules
from clearance.observe.live.examination import Examination
from clearance.tasks.enforce.surveyed import PutRight, Survey
from clearance.wire.channel import packed

if TYPE_CHECKING:
    from clearance.observe.settle import Settled

AGAIN: Final = 6 * 3600.0
"""Seconds after which everything is looked at again."""

SOON: Final = 0.2
"""Seconds that changes of settings are collected before they are looked at."""

LONGEST: Final = 3600.0
NICE: Final = 15
MOST_FOLDERS: Final = 4096


class Surveyor:
    """Looks in the background. `latest` is what was found last."""

    def __init__(self, catalog: Catalog, rules: Rules, watched: Watched) -> None:
        self._catalog = catalog
        self._rules = rules
        self._watched = watched
        self._pid = 0
        self._pipe = -1
        self._data = bytearray()
        self._began = 0.0
        self._partial = False
        self._whole = 0.0
        self._due: float | None = None
        self._folders = Folders()
        self._interesting: frozenset[str] = frozenset()
        self.latest: Survey | None = None
        self.then: Callable[[Settled], tuple[PutRight, ...]] | None = None

    def adopt(self, rules: Rules, catalog: Catalog) -> None:
        """What files are is told by other rules now: everything is looked at again."""
        self._rules, self._catalog = rules, catalog
        self._halt()
        self.again()

    def again(self) -> None:
        """Look at everything as soon as nobody is looking."""
        self._whole = 0.0

    def start(self, *, partial: bool) -> None:
        """Begin to look, if nobody is looking already; `partial`: only at settings."""
        if self._pid:
            return
        then = self.then
        catalog, rules, deep = self._catalog, self._rules, () if self._watched.host else self._watched.paths
        hears, says = os.pipe2(os.O_CLOEXEC)

        def look() -> None:
            # The scan's probes are in the memory of who looks, for as long as it looks.
            from clearance.tasks.enforce.survey import configured, survey

            os.nice(0 if partial else NICE)
            found = configured(catalog) if partial else survey(catalog, rules, deep, then)
            with os.fdopen(says, "wb") as file:
                file.write(packed(found))

        self._pid = fork("survey", {says}, look)
        os.close(says)
        os.set_blocking(hears, False)
        self._pipe, self._data, self._began, self._partial = hears, bytearray(), time.monotonic(), partial

    def stop(self) -> None:
        """Look no longer."""
        self._halt()
        self._folders.close()

    def _halt(self) -> None:
        if self._pid:
            end(self._pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            os.close(self._pipe)
            self._pid = 0

    def sources(self, done: Callable[[bool], None]) -> list[tuple[int, Callable[[], None]]]:
        """The descriptors to poll, and what to do when they are readable. `done` is told whether it failed."""
        found: list[tuple[int, Callable[[], None]]] = [(self._folders.fd, self._changed)]
        if self._pid:
            found.append((self._pipe, lambda: self._hear(done)))
        return found

    def tick(self, now: float) -> None:
        """Look again where it is time to."""
        if self._pid and now - self._began > LONGEST:
            end(self._pid)
        if self._pid:
            return
        if self._due is not None and now >= self._due:
            self._due = None
            self.start(partial=True)
        elif now - self._whole > AGAIN or not self._whole:
            self._whole = now
            self.start(partial=False)

    def is_tool(self, path: str) -> bool:
        """Whether the content of a file is a tool's."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        view = HostView("/")
        try:
            return Examination(view, self._rules).of(fd, path).tool is not None
        except OSError:
            return False
        finally:
            view.rooted.close()
            os.close(fd)

    def _hear(self, done: Callable[[bool], None]) -> None:
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self._pipe, 1 << 20):
                self._data += piece
            os.close(self._pipe)
            os.waitpid(self._pid, 0)
            self._pid = 0
            try:
                self.latest = msgspec.msgpack.decode(bytes(self._data), type=Survey)
            except msgspec.DecodeError:
                done(True)
                return
            self._watch(self.latest)
            done(False)

    def _watch(self, found: Survey) -> None:
        """Hear of changes where this survey found settings, and of new ones in homes."""
        self._interesting = frozenset(found.settings)
        folders = {os.path.dirname(path) for path in found.settings} | set(found.homes)
        for folder in sorted(folders)[:MOST_FOLDERS]:
            self._folders.watch(folder)

    def _changed(self) -> None:
        for path in self._folders.changed():
            name = os.path.basename(path)
            if path in self._interesting or name.startswith((".", "settings", "config")):
                self._due = time.monotonic() + SOON
