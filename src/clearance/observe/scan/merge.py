"""One sighting for one installed thing. Pure; the same sightings in any order give the same result.

Several probes see one installation: its manifest, its parts for the platform, its launchers, its programs' content, the
cache it came from. These rules decide, per tool, what is one thing; whatever is folded leaves its path (`also`) and its
evidence on what remains, which takes the surest confidence, and a version where it had none.

1. The same id is the same thing. What an editor only lists as removed is gone.
2. An installation inside another of the same tool is a part of it, as is one beside it that is for a platform or brings
   no program. A place where a tool would be is nothing of its own if the tool was seen in it.
3. A program inside an installation, in the `bin` of the environment that a distribution lies in, or among its modules,
   belongs to it. A script is evidence; of native programs one remains, as `binary`, since that is what runs. Modules of
   a Python program without metadata are one program.
4. A launcher belongs to the installation that it starts; if that is not seen, to the nearest one of the same tool.
5. A copy in a download cache or store belongs to the installation of the same version and user; an index entry to any
   of that user. Without one, all index entries of a user are one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Final

import msgspec

from clearance.model.sighting import Evidence, Sighting
from clearance.model.terms import CONFIDENCES, Surface
from clearance.observe.scan.install_places import KIND as PLACE
from clearance.observe.scan.launchers import KIND as LAUNCHER
from clearance.observe.scan.python_packages import prefix_of

INSTALLED: Final[tuple[Surface, ...]] = ("package", "editor-extension", "browser-extension")
FOLDED: Final[tuple[Surface, ...]] = (*INSTALLED, "binary")
NATIVE: Final = ("elf", "macho", "pe")
SCRIPTS: Final = (".js", ".mjs", ".cjs", ".ts", ".py", ".pyc", ".sh", ".cmd", ".ps1", ".bat", ".asar")
METADATA: Final = (".dist-info", ".egg-info")
MODULES: Final = 3
"""From so many Python files of one tool in one folder on, they are modules of one program."""

ALSO: Final = "also"
"""Begins the evidence of what was folded: its path."""

COPIES: Final = ("bun cache", "yarn cache", "uv cache")
PARTS: Final = ("platform-package", "part")
INDEXES: Final = ("npm-cache", "pnpm-store", "wheel")
MOST: Final = 24
"""Pieces of evidence that one sighting keeps."""

_STORE = re.compile(r"/pnpm/store/[^/]+/files/")
_SNAP = re.compile(r"/([^/_]+)_(x?\d+)\.snap$")


def merge(sightings: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """The sightings without those that are parts of others, by tool, surface, path and user."""
    other: list[Sighting] = []
    groups: dict[str, dict[str, Sighting]] = {}
    for seen in sorted(sightings, key=_order):
        if seen.surface not in FOLDED:
            other.append(seen)
            continue
        group = groups.setdefault(seen.tool, {})
        group[seen.id] = _joined(group[seen.id], seen) if seen.id in group else seen
    for group in groups.values():
        other.extend(_Group(group.values()).settled())
    return tuple(sorted(other, key=_order))


class _Group:
    """The sightings of one tool, and which of them was folded into which."""

    def __init__(self, sightings: Iterable[Sighting]) -> None:
        self.seen = {seen.id: seen for seen in sightings if _kinds(seen) != {"obsolete"}}
        self.into: dict[str, str] = {}

    def settled(self) -> Iterable[Sighting]:
        """What remains."""
        self._places()
        self._parts()
        self._copies()
        self._programs()
        self._modules()
        self._launchers()
        self._entries()
        return self.seen.values()

    def _fold(self, part: Sighting, whole: Sighting) -> None:
        part, whole = self.seen.pop(part.id), self.seen[self._whole(whole.id)]
        self.into[part.id] = whole.id
        told = (Evidence(ALSO, part.path), *part.evidence)
        self.seen[whole.id] = _joined(whole, msgspec.structs.replace(part, evidence=told))

    def _whole(self, name: str) -> str:
        while name in self.into:
            name = self.into[name]
        return name

    def _installed(self) -> list[Sighting]:
        return [seen for seen in self.seen.values() if seen.surface in INSTALLED]

    def _places(self) -> None:
        """Rule 2 for places: what lies in one, or at it, takes its evidence."""
        for part in [seen for seen in self.seen.values() if _kinds(seen) <= {PLACE, "owner"}]:
            inside = [one for one in self.seen.values() if one.path.startswith(f"{part.path}/") and one.id != part.id]
            if inside:
                self._fold(part, _nearest(part.path, inside))

    def _parts(self) -> None:
        """Rule 2, from the innermost outwards."""
        at = {one.path: one.id for one in self._installed()}
        environments = {one.path.partition("/conda-meta/")[0]: one.id for one in self._installed() if _is_conda(one)}
        for part in sorted(self._installed(), key=lambda seen: (-len(seen.path), seen.path, seen.id)):
            outer = next((at[above] for above in _above(part.path) if at.get(above) in self.seen), None)
            if outer:
                self._fold(part, self.seen[outer])
                continue
            match = _SNAP.search(part.path)
            mounted = f"/snap/{match[1]}/{match[2].lstrip('x')}" if match else ""
            whole = at.get(mounted) or environments.get(prefix_of(part.path) or "")
            if whole in self.seen:
                self._fold(part, self.seen[whole])
        for part in [seen for seen in self._installed() if not _kinds(seen).isdisjoint(PARTS)]:
            wholes = [
                one
                for one in self._installed()
                if _kinds(one).isdisjoint(PARTS) and _detail(one, "place") == _detail(part, "place")
                and one.user == part.user and _same_install(one, part)
            ]  # fmt: skip
            if wholes:
                self._fold(part, _nearest(part.path, wholes))

    def _copies(self) -> None:
        """Rule 5 for copies: what a package manager keeps so that it need not fetch it again."""
        for part in [seen for seen in self._installed() if _detail(seen, "place") in COPIES]:
            wholes = [
                one
                for one in self._installed()
                if _detail(one, "place") not in COPIES and _kinds(one).isdisjoint(INDEXES)
                and one.user == part.user and one.version == part.version and one.surface == part.surface
            ]  # fmt: skip
            if wholes:
                self._fold(part, _nearest(part.path, wholes))

    def _programs(self) -> None:
        """Rule 3. What was folded still says where its programs lie."""
        folders = {folder: one.id for one in self._installed() for folder in _folders(one)}
        native: dict[str, list[Sighting]] = {}
        for program in [seen for seen in self.seen.values() if seen.surface == "binary"]:
            places = (program.path, *_above(program.path))
            inside = next((folders[place] for place in places if place in folders), None)
            whole = self.seen[inside] if inside else None
            if whole and _is_native(program) and program.path != whole.path:
                native.setdefault(whole.id, []).append(program)
            elif whole:
                self._fold(program, whole)
            elif _STORE.search(program.path):
                wholes = [one for one in self._installed() if one.user == program.user]
                if wholes:
                    self._fold(program, _nearest(program.path, wholes))
        for whole_id, programs in native.items():
            first, *rest = sorted(programs, key=_telling)
            for program in rest:
                self._fold(program, first)
            agreed = Evidence("program", first.path)
            self.seen[whole_id] = _joined(
                self.seen[whole_id], msgspec.structs.replace(first, evidence=(agreed,), repository=None)
            )

    def _modules(self) -> None:
        """Rule 3 for modules without metadata."""
        at: dict[str, list[Sighting]] = {}
        for seen in self.seen.values():
            if seen.surface == "binary" and seen.path.endswith((".py", ".pyc")):
                at.setdefault(posixpath.dirname(seen.path), []).append(seen)
        firsts: dict[str, str] = {}
        for folder, modules in sorted(at.items()):
            above = next((firsts[one] for one in (folder, *_above(folder)) if one in firsts), None)
            if above is None and len(modules) < MODULES:
                continue
            first = self.seen[above] if above else min(modules, key=_telling)
            firsts[folder] = first.id
            for module in modules:
                if module.id != first.id:
                    self._fold(module, first)

    def _launchers(self) -> None:
        """Rule 4, also for entries of a desktop's menu."""
        for part in [seen for seen in self.seen.values() if LAUNCHER in _kinds(seen)]:
            target = _detail(part, LAUNCHER)
            wholes = [
                one
                for one in self.seen.values()
                if one.id != part.id and LAUNCHER not in _kinds(one) and one.user in (part.user, None)
                and _kinds(one).isdisjoint(INDEXES)
            ]  # fmt: skip
            started = [one for one in wholes if target == one.path or target.startswith(f"{one.path}/")]
            if started or wholes:
                self._fold(part, _nearest(target or part.path, started or wholes))

    def _entries(self) -> None:
        """Rule 5 for index entries."""
        for part in [seen for seen in self._installed() if not _kinds(seen).isdisjoint(INDEXES)]:
            wholes = [one for one in self._installed() if one.user == part.user and _kinds(one).isdisjoint(INDEXES)]
            same = [one for one in wholes if one.version == part.version]
            rest = [one for one in self._installed() if one.user == part.user and not _kinds(one).isdisjoint(INDEXES)]
            newest = max(rest, key=lambda one: (_numbers(one.version), one.path))
            if same or wholes:
                self._fold(part, _nearest(part.path, same or wholes))
            elif newest.id != part.id:
                self._fold(part, newest)


def _joined(whole: Sighting, part: Sighting) -> Sighting:
    evidence = tuple(dict.fromkeys((*whole.evidence, *part.evidence)))[:MOST]
    return msgspec.structs.replace(
        whole,
        confidence=min(whole.confidence, part.confidence, key=CONFIDENCES.index),
        version=whole.version or part.version,
        repository=whole.repository or part.repository,
        evidence=evidence,
    )


def _folders(seen: Sighting) -> Iterator[str]:
    """Where the programs of an installation and of its parts lie."""
    for path in (seen.path, *(piece.detail for piece in seen.evidence if piece.kind == ALSO)):
        yield path
        if path.endswith(METADATA):
            yield posixpath.dirname(path)
        prefix = prefix_of(path)
        if prefix:
            yield posixpath.join(prefix, "bin")
            yield posixpath.join(prefix, "Scripts")


def _is_native(program: Sighting) -> bool:
    """By its format where that was looked at, else by its name."""
    told = _detail(program, "format")
    return told in NATIVE if told else not program.path.lower().endswith(SCRIPTS)


def _is_conda(seen: Sighting) -> bool:
    return "conda-meta" in _kinds(seen)


def _above(path: str) -> Iterator[str]:
    """The folders above a path, the innermost first."""
    while path := path.rpartition("/")[0]:
        yield path


def _telling(program: Sighting) -> tuple[int, int, str]:
    return CONFIDENCES.index(program.confidence), len(program.path), program.path


def _nearest(path: str, wholes: list[Sighting]) -> Sighting:
    """The one that has most of the path in common; of equals, the first by path."""
    return min(wholes, key=lambda one: (-len(posixpath.commonprefix([path, one.path])), one.path, one.id))


def _same_install(whole: Sighting, part: Sighting) -> bool:
    """True for two packages below one outermost `node_modules`, or, in a store of single packages, of one version."""
    if whole.path.partition("/node_modules/")[0] == part.path.partition("/node_modules/")[0]:
        return True
    return bool(whole.version and part.version and part.version.startswith(whole.version))


def _numbers(version: str | None) -> list[int]:
    return [int(number[:9]) for number in re.findall(r"\d+", version or "")[:6]]


def _own(seen: Sighting) -> Iterator[Evidence]:
    """A sighting's evidence without that of what was folded into it."""
    return takewhile(lambda piece: piece.kind != ALSO, seen.evidence)


def _kinds(seen: Sighting) -> set[str]:
    return {piece.kind for piece in _own(seen)}


def _detail(seen: Sighting, kind: str) -> str:
    return next((piece.detail for piece in _own(seen) if piece.kind == kind), "")


def _order(seen: Sighting) -> tuple[str, str, str, str, str, int, str, str]:
    sure = CONFIDENCES.index(seen.confidence)
    return (seen.tool, seen.surface, seen.path, seen.user or "", seen.id, sure, seen.version or "", repr(seen.evidence))
