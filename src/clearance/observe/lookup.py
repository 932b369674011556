"""The paths that an anchored glob names on a host, found by looking there instead of searching.

`*` within a name lists one folder; `**` goes down, bounded. Folders are listed once a scan. Links inside the host are
followed; none leads out of it (`rooted.py`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

from clearance.observe.host import HostView
from clearance.observe.patterns import is_glob, segment

DEEPEST: Final = 8
MOST: Final = 100_000
"""Paths that one glob may name. A session store of that many files is summed up from these."""


class Lookup:
    """Expands globs on one host. `blocked` collects the folders that exist and could not be listed, with the reason."""

    def __init__(self, view: HostView) -> None:
        self.view = view
        self.blocked: dict[str, str] = {}
        self._listings: dict[str, dict[str, bool | None]] = {}
        self._fold = view.os != "linux"

    def expand(self, glob: str, home: str | None) -> Iterator[str]:
        """The existing paths that the glob names. `~/` is `home`."""
        if glob.startswith("~/"):
            if home is None:
                return
            base, rest = home, glob[2:]
        else:
            base, rest = "", glob[1:]
        for count, path in enumerate(self._expand(base, rest.split("/")), 1):
            yield path
            if count >= MOST:
                self.blocked[path] = f"more than {MOST} paths match {glob}"
                return

    def _expand(self, base: str, segments: list[str], depth: int = 0) -> Iterator[str]:
        name, rest = segments[0], segments[1:]
        if name == "**":
            if rest:
                yield from self._expand(base, rest, depth)
            if depth < DEEPEST:
                for child, is_folder in self.listing(base).items():
                    if is_folder:
                        yield from self._expand(f"{base}/{child}", segments, depth + 1)
                    elif not rest:
                        yield f"{base}/{child}"
            return
        for child in self._children(base, name):
            path = f"{base}/{child}"
            if not rest:
                yield path
            elif self.listing(base).get(child) is not False:
                yield from self._expand(path, rest, depth)

    def _children(self, folder: str, name: str) -> list[str]:
        listing = self.listing(folder)
        if not is_glob(name):
            if name in listing:
                return [name]
            if not self._fold:
                return []
            return [child for child in listing if child.lower() == name.lower()]
        regex = re.compile(segment(name), re.DOTALL | (re.IGNORECASE if self._fold else 0))
        return [child for child in listing if regex.fullmatch(child)]

    def listing(self, folder: str) -> dict[str, bool | None]:
        """The names in a folder: True for a folder, False for something else, None for a link. Empty without one."""
        known = self._listings.get(folder)
        if known is None:
            known = self._listings[folder] = self._list(folder)
        return known

    def _list(self, folder: str) -> dict[str, bool | None]:
        path = folder or "/"
        if path in self.view.closed:
            return {}
        try:
            fd = self.view.rooted.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            self.blocked[path] = (error.strerror or str(error)).lower()
            return {}
        try:
            with os.scandir(fd) as entries:
                return {
                    e.name: None if e.is_symlink() else e.is_dir(follow_symlinks=False)
                    for e in sorted(entries, key=lambda e: e.name)
                }
        except OSError as error:
            self.blocked[path] = (error.strerror or str(error)).lower()
            return {}
        finally:
            os.close(fd)
