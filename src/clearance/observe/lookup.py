"""The paths that an anchored glob names on a host, found by looking there instead of searching.

`*` within a name lists one folder; `**` goes down, bounded. Folders are listed once. Links inside the host are
followed; none leads out of it (`rooted.py`), and none into a place that the scan stays out of (`links.py`).
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from typing import Final

from clearance.model.sighting import Skipped
from clearance.observe.host import HostView
from clearance.observe.links import Closed
from clearance.observe.patterns import is_glob, segment
from clearance.observe.rooted import FOLDER, LOOK

DEEPEST: Final = 8
MOST: Final = 100_000
"""Paths that one glob may name. A session store of that many files is summed up from these."""

LISTED: Final = 20_000
"""Names of one folder that are kept. A larger folder is gone through again for each glob."""

NEIGHBOURS: Final = 4096
"""Names of a folder that a probe is shown at most."""

Listing = dict[str, bool | None]
"""The names in a folder: True for a folder, False for something else, None for a link."""


class Lookup:
    """Expands globs on one host, for one home or none. `skipped` says what exists and could not be looked into."""

    def __init__(self, view: HostView, home: str | None = None) -> None:
        self.view = view
        self.home = home
        self.skipped: dict[str, Skipped] = {}
        self._listings: dict[str, Listing | None] = {}
        self._real: dict[str, str] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._fold = view.os != "linux"

    def expand(self, glob: str) -> Iterator[str]:
        """The existing paths that the glob names. `~/` is the home."""
        if glob.startswith("~/"):
            if self.home is None:
                return
            base, rest = self.home, glob[2:]
        else:
            base, rest = "", glob[1:]
        for count, path in enumerate(self._expand(base, rest.split("/")), 1):
            yield path
            if count >= MOST:
                self._skip(path, f"more than {MOST} paths match {glob}")
                return

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in a folder that came up in an expansion, sorted; not all of a very large one."""
        known = self._names.get(folder)
        if known is None:
            children = itertools.islice(self._entries(folder), NEIGHBOURS)
            known = self._names[folder] = tuple(sorted(name for name, _ in children))
        return known

    def _expand(self, base: str, segments: list[str], depth: int = 0) -> Iterator[str]:
        name, rest = segments[0], segments[1:]
        if name == "**":
            if rest:
                yield from self._expand(base, rest, depth)
            if depth < DEEPEST:
                for child, is_folder in self._entries(base):
                    if is_folder:
                        yield from self._expand(f"{base}/{child}", segments, depth + 1)
                    elif not rest and self._may_touch(base, child, is_folder):
                        yield f"{base}/{child}"
            return
        for child, is_folder in self._matching(base, name):
            if rest:
                if is_folder is not False:
                    yield from self._expand(f"{base}/{child}", rest, depth)
            elif self._may_touch(base, child, is_folder):
                yield f"{base}/{child}"

    def _matching(self, folder: str, name: str) -> Iterator[tuple[str, bool | None]]:
        if not is_glob(name) and not self._fold:
            listing = self._listing(folder)
            if listing is None:
                yield from self._one_of_many(folder, name)
            elif name in listing:
                yield name, listing[name]
            return
        regex = re.compile(segment(name), re.DOTALL | (re.IGNORECASE if self._fold else 0))
        for child, is_folder in self._entries(folder):
            if regex.fullmatch(child):
                yield child, is_folder

    def _entries(self, folder: str) -> Iterator[tuple[str, bool | None]]:
        listing = self._listing(folder)
        return iter(listing.items()) if listing is not None else self._scan(folder)

    def _listing(self, folder: str) -> Listing | None:
        """None for a folder that is too large to be kept. Empty where there is none, or where it is `skipped`."""
        if folder not in self._listings:
            entries = list(itertools.islice(self._scan(folder), LISTED + 1))
            self._listings[folder] = dict(sorted(entries)) if len(entries) <= LISTED else None
        return self._listings[folder]

    def _scan(self, folder: str) -> Iterator[tuple[str, bool | None]]:
        try:
            fd = self.view.rooted.open(self._where(folder) or "/", FOLDER)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self._missed(folder, error)
            return
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    yield entry.name, None if entry.is_symlink() else entry.is_dir(follow_symlinks=False)
        except OSError as error:
            self._missed(folder, error)
        finally:
            os.close(fd)

    def _one_of_many(self, folder: str, name: str) -> Iterator[tuple[str, bool | None]]:
        """A name in a folder that is too large to be kept. Taken as a link, which it may be."""
        try:
            path = f"{self._where(folder)}/{name}"
            if self.view.mounts.why_closed(path) is None:
                os.close(self.view.rooted.open(path, LOOK | os.O_NOFOLLOW))
        except OSError:
            return
        yield name, None

    def _where(self, folder: str) -> str:
        """The folder without links. `Closed` where a scan stays out of it."""
        if folder in self._real:
            return self._real[folder]
        parent, _, name = folder.rpartition("/")
        if folder in ("", self.home) or parent not in self._real:
            real = self.view.resolve(folder) if folder else ""
        else:
            known = self._listings.get(parent)
            real = f"{self._real[parent]}/{name}"
            if known is None or known.get(name) is None:
                real = self.view.resolve(real)
            why = self.view.mounts.why_closed(real) or self.view.closed.get(folder)
            if why is not None:
                raise Closed(why, folder)
        self._real[folder] = real
        return real

    def _may_touch(self, folder: str, name: str, is_folder: bool | None) -> bool:
        """False for a link into a place to stay out of, and for such a place itself."""
        path = f"{folder}/{name}"
        try:
            if is_folder is None:
                self.view.resolve(f"{self._where(folder)}/{name}")
            elif is_folder:
                self._where(path)
        except OSError as error:
            self._missed(path, error)
            return False
        return True

    def _missed(self, path: str, error: OSError) -> None:
        if isinstance(error, Closed):
            self._skip(path, error.why, matters=False)
        else:
            self._skip(path, (error.strerror or str(error)).lower())

    def _skip(self, path: str, reason: str, matters: bool = True) -> None:
        self.skipped[path] = Skipped("walk", path or "/", reason, matters)
