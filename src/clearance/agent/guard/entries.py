"""Programs' texts that are guarded against being read by an interpreter: to read such a file is to start it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, Protocol

from clearance.model.enforcement import KnownFile

ENTRIES: Final = 8_192
"""Files that are guarded against being read by an interpreter."""


class Guards(Protocol):
    """What is asked of the kernel; `kernel.fanotify.Group` is one."""

    def guard_file(self, path: str) -> None: ...  # noqa: D102
    def release_file(self, path: str) -> None: ...  # noqa: D102


class Entries:
    """The files that the kernel asks about when they are opened; at most `ENTRIES`."""

    def __init__(self, group: Guards) -> None:
        self._group = group
        self._guarded: dict[str, None] = {}

    def guard(self, known: Iterable[KnownFile], barred: Collection[str]) -> None:
        """Guard the texts of tools that somebody may not start; no longer those that everybody may."""
        wanted = {file.path for file in known if file.entry and file.path and file.tool in barred}
        for path in [path for path in self._guarded if path not in wanted]:
            del self._guarded[path]
            try:
                self._group.release_file(path)
            except OSError:
                continue
        for path in wanted:
            if path in self._guarded or len(self._guarded) >= ENTRIES:
                continue
            try:
                self._group.guard_file(path)
            except OSError:
                continue
            self._guarded[path] = None

    def forget(self) -> None:
        """The kernel has forgotten them all."""
        self._guarded.clear()
