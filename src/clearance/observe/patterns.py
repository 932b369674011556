"""Which patterns a path matches, at a look-up or two a name.

A glob's last segment is nearly always a fixed name or `*` and an ending, so the walk asks by name first and compares
the folders before it only for the few that match. Where the last segment says little, the folders are compared once a
folder. Anchored globs (`~/`, `/`) are looked up instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from msgspec import Struct

from clearance.observe.probe import Pattern, Probe

INSTALLED: Final = re.compile(
    r"/(?:node_modules|(?:site|dist)-packages|\.git|\.cargo/(?:registry|git)|go/pkg/mod|\.m2/repository|\.gradle|\.rustup"
    r"|\.nuget/packages|\.pub-cache|gems|extensions/[^/]+\.[^/]+-\d[^/]*)/"
)
"""Folders that installers fill. The settings and instructions in a package are its makers', not of a project here."""


class Wanted(Struct, frozen=True):
    """A pattern, and which probe asked for it (its position in the registry)."""

    probe: int
    pattern: Pattern


class Floating(Struct, frozen=True):
    """A pattern that may match anywhere. `glob` is its last segment.

    `parents` are those before it, the end of the folder's path; empty where any folder will do.
    """

    wanted: Wanted
    glob: str
    parents: str

    def fits(self, path: str) -> bool:
        """Whether the folder of this path (with a trailing slash) is one that the pattern asks for."""
        return not self.parents or _folders(self.parents).search(path) is not None

    def names(self, name: str) -> bool:
        """Whether the last segment matches this name."""
        return _name(self.glob).match(name) is not None


class Here:
    """The patterns that count in one folder: mostly only those that count everywhere."""

    __slots__ = ("_bound", "_index", "_path")

    def __init__(self, index: Index, path: str, bound: tuple[Floating, ...]) -> None:
        self._index = index
        self._path = path
        self._bound = bound

    def likely(self, names: Sequence[str]) -> Sequence[str]:
        """The names that some pattern may match; all others none does. Asked of every name of a walk."""
        return names if self._bound else self._index.likely(names)

    def matches(self, name: str, is_folder: bool) -> list[Wanted]:
        """The patterns that an entry of this folder matches."""
        index = self._index
        if index.fold_case:
            name = name.lower()
        found = [*index.names.get(name, ()), *index.globs]
        dot = name.find(".", 1)
        while dot > 0:
            found += index.endings.get(name[dot:], ())
            dot = name.find(".", dot + 1)
        found = [floating for floating in found if floating.fits(self._path)]
        found += self._bound
        wanted = [
            floating.wanted
            for floating in found
            if floating.wanted.pattern.folder == is_folder and floating.names(name)
        ]
        if wanted and INSTALLED.search(self._path):
            return [one for one in wanted if one.pattern.scope != "project"]
        return wanted


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
        self._by_piece: dict[str, list[Floating]] = {}
        for position, wanted in enumerate(patterns):
            for pattern in wanted:
                self._add(Wanted(position, pattern))
        self._fixed = frozenset(self.names)
        self._last_endings = frozenset(ending[ending.rindex(".") :] for ending in self.endings)
        self._starts = tuple(_fixed_start(floating.glob) for floating in self.globs)

    def _add(self, wanted: Wanted) -> None:
        glob = wanted.pattern.glob
        if not glob.startswith("**/"):
            self.anchored.append(wanted)
            return
        glob = glob.lower() if self.fold_case else glob
        parents, _, name = glob[3:].rpartition("/")
        if name == "**":
            # Everything below a folder: any name, in that folder or deeper.
            parents, name = f"{parents}/**" if parents else "", "*"
        floating = Floating(wanted, name, parents)
        last = parents.rpartition("/")[2]
        if last and not is_glob(last):
            self._by_parent.setdefault(last, []).append(floating)
        elif not is_glob(name):
            self.names.setdefault(name, []).append(floating)
        elif last:
            self._by_piece.setdefault(longest_piece(parents), []).append(floating)
        elif name.startswith("*.") and not is_glob(name[2:]):
            self.endings.setdefault(name[1:], []).append(floating)
        else:
            self.globs.append(floating)

    def likely(self, names: Sequence[str]) -> list[str]:
        """The names that are a fixed one, have a fixed ending, or begin as a glob does."""
        fixed, endings, starts = self._fixed, self._last_endings, self._starts
        if self.fold_case:
            return [n for n in names if (low := n.lower()) in fixed or _last(low) in endings or low.startswith(starts)]
        return [n for n in names if n in fixed or n[n.rfind(".") :] in endings or n.startswith(starts)]

    def here(self, folder: str) -> Here:
        """The patterns that count in this folder."""
        path = f"{folder.lower() if self.fold_case else folder}/"
        bound = self._by_parent.get(path.rpartition("/")[0].rpartition("/")[2], ())
        for piece, floating in self._by_piece.items():
            if piece in path:
                bound = [*bound, *floating]
        return Here(self, path, tuple(floating for floating in bound if floating.fits(path)) if bound else ())


def is_glob(text: str) -> bool:
    """True where `*` or `?` stand for something. Brackets stand for themselves: they occur in real names."""
    return "*" in text or "?" in text


def longest_piece(parents: str) -> str:
    """The longest text that every path holds whose end these parents match; between slashes where that is a name."""
    pieces: list[str] = []
    for part in parents.split("/"):
        pieces += [f"/{part}/"] if not is_glob(part) else re.split(r"[*?]+", part)
    return max(pieces, key=len)


@cache
def _name(glob: str) -> re.Pattern[str]:
    """As `segment`, but `*.x` is the ending of a name, and `.x` a name. Compiled when it is first asked for: most are
    the names of folders that a host does not have.
    """
    regex = "[^/]+" + segment(glob[1:]) if glob.startswith("*.") else segment(glob)
    return re.compile(regex + r"\Z", re.DOTALL)


def _last(name: str) -> str:
    return name[name.rfind(".") :]


def _fixed_start(name: str) -> str:
    return re.split(r"[*?]", name, maxsplit=1)[0]


@cache
def _folders(parents: str) -> re.Pattern[str]:
    """A regex for the end of a folder's path (with a trailing slash) that the parents of a glob match."""
    parts = ["(?:[^/]+/)*" if part == "**" else segment(part) + "/" for part in parents.split("/")]
    return re.compile("/" + "".join(parts) + r"\Z", re.DOTALL)


def segment(glob: str) -> str:
    """The regex of one path segment of a glob."""
    return "".join("[^/]*" if c == "*" else "[^/]" if c == "?" else re.escape(c) for c in glob)
