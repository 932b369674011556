"""Which patterns a path matches, at a few dictionary look-ups a name.

A glob's last segment is nearly always a fixed name or `*` and an ending, so the walk asks by name first and
compares the folders before it only for the few that match. Anchored globs (`~/`, `/`) are looked up instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate

from msgspec import Struct

from clearance.observe.probe import Pattern, Probe


class Wanted(Struct, frozen=True):
    """A pattern, and which probe asked for it (its position in the registry)."""

    probe: int
    pattern: Pattern


class Floating(Struct, frozen=True):
    """A pattern that may match anywhere. `folders` is compared with the path of the folder; None where any will do."""

    wanted: Wanted
    folders: re.Pattern[str] | None


class Index:
    """The floating patterns of all probes, by name, and the anchored ones in registry order."""

    def __init__(self, probes: Sequence[Probe], patterns: Iterable[Iterable[Pattern]], fold_case: bool) -> None:
        self.fold_case = fold_case
        self.anchored: list[Wanted] = []
        self._names: dict[str, list[Floating]] = {}
        self._endings: dict[str, list[Floating]] = {}
        self._globs: list[tuple[re.Pattern[str], Floating]] = []
        for position, wanted in enumerate(patterns):
            for pattern in wanted:
                self._add(Wanted(position, pattern))
        self.probes = tuple(probes)

    def _add(self, wanted: Wanted) -> None:
        glob = wanted.pattern.glob
        if not glob.startswith("**/"):
            self.anchored.append(wanted)
            return
        glob = glob.lower() if self.fold_case else glob
        parents, _, name = glob[3:].rpartition("/")
        floating = Floating(wanted, _folders(parents) if parents else None)
        if "*" not in name and "?" not in name and "[" not in name:
            self._names.setdefault(name, []).append(floating)
        elif name.startswith("*.") and "*" not in name[2:] and "?" not in name and "[" not in name:
            self._endings.setdefault(name[1:], []).append(floating)
        else:
            self._globs.append((re.compile(translate(name)), floating))

    def maybe(self, name: str) -> bool:
        """False where no floating pattern can match a file of this name. A few look-ups; asked for every file."""
        if self.fold_case:
            name = name.lower()
        if name in self._names or self._globs:
            return True
        dot = name.find(".", 1)
        while dot > 0:
            if name[dot:] in self._endings:
                return True
            dot = name.find(".", dot + 1)
        return False

    def matches(self, folder: str, name: str, is_folder: bool) -> list[Wanted]:
        """The patterns that `folder/name` matches, in registry order; mostly none."""
        if self.fold_case:
            folder, name = folder.lower(), name.lower()
        found = list(self._names.get(name, ()))
        dot = name.find(".", 1)
        while dot > 0:
            found += self._endings.get(name[dot:], ())
            dot = name.find(".", dot + 1)
        found += [floating for regex, floating in self._globs if regex.match(name)]
        return [
            floating.wanted
            for floating in found
            if floating.wanted.pattern.folder == is_folder
            and (floating.folders is None or floating.folders.search(f"{folder}/"))
        ]


def _folders(parents: str) -> re.Pattern[str]:
    """A regex for the end of a folder's path (with a trailing slash) that the parents of a glob match."""
    parts = ["(?:[^/]+/)*" if part == "**" else segment(part) + "/" for part in parents.split("/")]
    return re.compile("/" + "".join(parts) + "$", re.DOTALL)


def segment(glob: str) -> str:
    """The regex of one path segment of a glob."""
    return "".join("[^/]*" if c == "*" else "[^/]" if c == "?" else re.escape(c) for c in glob)
