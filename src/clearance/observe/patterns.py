"""Which patterns a path matches, at a few dictionary look-ups a name.

A glob's last segment is nearly always a fixed name or `*` and an ending, so the walk asks by name first and
compares the folders before it only for the few that match. Anchored globs (`~/`, `/`) are looked up instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from clearance.observe.probe import Pattern, Probe


class Wanted(Struct, frozen=True):
    """A pattern, and which probe asked for it (its position in the registry)."""

    probe: int
    pattern: Pattern


class Floating(Struct, frozen=True):
    """A pattern that may match anywhere. `folders` is the end of the folder's path; None where any folder will do."""

    wanted: Wanted
    name: re.Pattern[str]
    folders: re.Pattern[str] | None


class Here:
    """The patterns that count in one folder: mostly only those that count everywhere.

    `maybe(name)` is false where no pattern can match an entry of this name. It is asked for every file of a walk.
    """

    __slots__ = ("_folder_bound", "_index", "maybe")

    def __init__(self, index: Index, folder_bound: tuple[Floating, ...]) -> None:
        self._index = index
        self._folder_bound = folder_bound
        self.maybe: Callable[[str], object] = _always if folder_bound else index.maybe

    def matches(self, name: str, is_folder: bool) -> list[Wanted]:
        """The patterns that an entry of this folder matches, in registry order."""
        index = self._index
        if index.fold_case:
            name = name.lower()
        found: list[Floating] = []
        if name in index.names:
            found += index.names[name]
        dot = name.find(".", 1)
        while dot > 0:
            ending = name[dot:]
            if ending in index.endings:
                found += index.endings[ending]
            dot = name.find(".", dot + 1)
        if index.any_glob is not None and index.any_glob.match(name):
            found += [floating for floating in index.globs if floating.name.match(name)]
        if self._folder_bound:
            found += [floating for floating in self._folder_bound if floating.name.match(name)]
        return [floating.wanted for floating in found if floating.wanted.pattern.folder == is_folder] if found else []


class Index:
    """The floating patterns of all probes, arranged for `Here`, and the anchored ones in registry order."""

    def __init__(self, probes: Sequence[Probe], patterns: Iterable[Iterable[Pattern]], fold_case: bool) -> None:
        self.fold_case = fold_case
        self.probes = tuple(probes)
        self.anchored: list[Wanted] = []
        self.names: dict[str, list[Floating]] = {}
        self.endings: dict[str, list[Floating]] = {}
        self.globs: list[Floating] = []
        self._by_parent: dict[str, list[Floating]] = {}
        self._loose_parent: list[Floating] = []
        for position, wanted in enumerate(patterns):
            for pattern in wanted:
                self._add(Wanted(position, pattern))
        self.any_glob = _any([floating.name for floating in self.globs])
        self._any_loose = _any([floating.folders for floating in self._loose_parent if floating.folders])
        self.maybe = self._maybe()
        self._everywhere = Here(self, ())

    def _add(self, wanted: Wanted) -> None:
        glob = wanted.pattern.glob
        if not glob.startswith("**/"):
            self.anchored.append(wanted)
            return
        glob = glob.lower() if self.fold_case else glob
        parents, _, name = glob[3:].rpartition("/")
        if name == "**":
            # Everything below a folder: any name, in that folder or deeper.
            parents, name = f"{parents}/**", "*"
        floating = Floating(
            wanted, re.compile(segment(name) + r"\Z", re.DOTALL), _folders(parents) if parents else None
        )
        if parents:
            last = parents.rpartition("/")[2]
            if is_glob(last):
                self._loose_parent.append(floating)
            else:
                self._by_parent.setdefault(last, []).append(floating)
        elif not is_glob(name):
            self.names.setdefault(name, []).append(floating)
        elif name.startswith("*.") and not is_glob(name[2:]):
            self.endings.setdefault(name[1:], []).append(floating)
        else:
            self.globs.append(floating)

    def _maybe(self) -> Callable[[str], object]:
        """One look at a name: is it a fixed one, has it a fixed ending, does it match a glob?"""
        names = frozenset(self.names)
        endings = tuple(self.endings)
        glob = self.any_glob.match if self.any_glob is not None else _never
        if self.fold_case:
            return lambda name: name.lower() in names or name.lower().endswith(endings) or glob(name.lower())
        return lambda name: name in names or name.endswith(endings) or glob(name)

    def here(self, folder: str) -> Here:
        """The patterns that count in this folder."""
        path = f"{folder.lower() if self.fold_case else folder}/"
        bound = self._by_parent.get(path.rpartition("/")[0].rpartition("/")[2], ())
        loose = self._any_loose is not None and self._any_loose.search(path) is not None
        if not bound and not loose:
            return self._everywhere
        candidates = (*bound, *self._loose_parent) if loose else bound
        fitting = tuple(f for f in candidates if f.folders is not None and f.folders.search(path))
        return Here(self, fitting) if fitting else self._everywhere


def _always(name: str) -> object:
    return True


def _never(name: str) -> object:
    return None


def is_glob(text: str) -> bool:
    """True where `*` or `?` stand for something. Brackets stand for themselves: they occur in real names."""
    return "*" in text or "?" in text


def _any(patterns: Sequence[re.Pattern[str]]) -> re.Pattern[str] | None:
    """One expression that matches where any of these does."""
    return re.compile("|".join(f"(?:{p.pattern})" for p in patterns), re.DOTALL) if patterns else None


def _folders(parents: str) -> re.Pattern[str]:
    """A regex for the end of a folder's path (with a trailing slash) that the parents of a glob match."""
    parts = ["(?:[^/]+/)*" if part == "**" else segment(part) + "/" for part in parents.split("/")]
    return re.compile("/" + "".join(parts) + r"\Z", re.DOTALL)


def segment(glob: str) -> str:
    """The regex of one path segment of a glob."""
    return "".join("[^/]*" if c == "*" else "[^/]" if c == "?" else re.escape(c) for c in glob)
