"""One file that could be a program: which tool it is, or whether it has the traits of an agent.

Only regular files are read: what an open descriptor is, is asked before more than its first bytes are. What a file does
not let itself be read for is told; one that went away meanwhile is passed over; a defect here costs one file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Skipped
from clearance.observe.host import HostView
from clearance.observe.identity import deep
from clearance.observe.identity.candidate import Kind, classify, silent
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.traits import NO_PROGRAM
from clearance.observe.identity.types import Identification
from clearance.observe.missed import GONE, missed
from clearance.observe.packages import Packages
from clearance.observe.probe import AgentTraits, Observation
from clearance.observe.reader import FdReader
from clearance.observe.scan.executables import sighting_of

HEAD: Final = 4096
"""Bytes that say whether a file could be a program."""

HEAVY: Final = 1_048_576
"""Bytes. A file of this size or more may take long: some do, a hundredth of a second for each MiB."""


class Programs:
    """Looks into files of one host and adds what they are to `seen`.

    With `puts_off`, heavy files are not looked into by `look`, but noted in `later`, each with its size.
    """

    def __init__(
        self, view: HostView, catalog: Catalog, rules: Rules, seen: list[Observation], *, puts_off: bool = False
    ) -> None:
        self.later: list[tuple[int, str]] = []
        self._view = view
        self._catalog = catalog
        self._rules = rules
        self._packages = Packages(view)
        self._seen = seen
        self._puts_off = puts_off

    def look(self, folder: str, name: str, folder_fd: int, what: os.stat_result) -> None:
        """Look into one file that could be a program.

        Its first bytes are read on what the listing said it is; opened without blocking, anything else gives none.
        """
        fd = -1
        try:
            fd = self._view.rooted.open_name(name, folder_fd, what.st_uid)
            if classify(os.read(fd, HEAD), what.st_size) is not None:
                now = os.fstat(fd)
                if not stat.S_ISREG(now.st_mode):
                    return
                if self._puts_off and now.st_size >= HEAVY:
                    self.later.append((now.st_size, f"{folder}/{name}"))
                else:
                    self._content(f"{folder}/{name}", fd, now)
        except OSError as error:
            if error.errno not in GONE:
                path = f"{folder}/{name}"
                matters = bool(what.st_mode & 0o111) or self._view.home_of(path) is not None
                self._seen.append(missed("executables", path, error, matters))
        finally:
            if fd >= 0:
                os.close(fd)

    def entry(self, path: str, folder_fd: int) -> None:
        """Look into a file of an open folder, however heavy it is."""
        name = path.rpartition("/")[2]
        fd = -1
        try:
            owner = os.stat(name, dir_fd=folder_fd, follow_symlinks=False).st_uid
            fd, what = self._view.rooted.open_entry(name, folder_fd, owner)
            self._content(path, fd, what)
        except OSError as error:
            if error.errno not in GONE:
                self._seen.append(missed("executables", path, error))
        finally:
            if fd >= 0:
                os.close(fd)

    def at(self, path: str) -> None:
        """Look into the program at a path that a link or a process names."""
        try:
            fd, what = self._view.rooted.open_regular(path)
        except OSError:
            return
        try:
            self._content(path, fd, what)
        except OSError as error:
            self._seen.append(missed("executables", path, error))
        finally:
            os.close(fd)

    def _content(self, path: str, fd: int, what: os.stat_result) -> None:
        kind = classify(os.pread(fd, HEAD, 0), what.st_size)
        if kind is None:
            return
        reader = FdReader(fd, what.st_size)
        try:
            if not silent(reader, kind):
                self._seen.extend(self._identified(path, reader, kind, what.st_uid))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of identity costs one file, never the scan
            self._seen.append(Skipped("executables", path, f"could not be read ({type(error).__name__})"))

    def _identified(self, path: str, reader: FdReader, kind: Kind, uid: int) -> Iterator[Observation]:
        package = self._packages.of(path)
        verdict = deep.identify_in(reader, self._rules, package)
        home = self._view.home_of(path)
        if verdict is None:
            return
        if isinstance(verdict, Identification):
            yield sighting_of(path, verdict, self._catalog, home=home, package=package, kind=kind, uid=uid)
        else:
            inside = os.path.dirname(package.path) if package is not None else ""
            score = verdict.score
            is_bundle = kind == "javascript" and reader.size > deep.SMALL
            if package is not None and is_bundle and self._packages.is_part(path, package):
                score = min(score, NO_PROGRAM)
            yield AgentTraits(path, score, verdict.traits, home.user if home else None, package=inside)
