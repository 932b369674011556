"""What a process's program and scripts are: by their content and their packages, exactly as the scan tells it.

A small script that is nothing itself is read for what it loads, a few steps deep, so that a line in between is no
disguise. What changes on disk is believed for one round of looks only.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

import clearance
from clearance.agent.tracker.commands import node, python
from clearance.agent.tracker.place import Opened, Place, Tree
from clearance.agent.tracker.scripts import JAVASCRIPT, Started, Target, loaded, specified, targets
from clearance.model.enforcement import KnownFile, Means
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.types import Package
from clearance.observe.live.examination import Examination
from clearance.observe.packages import Packages

STEPS: Final = 3
MOST_LOOKS: Final = 48
"""Files that are looked at for one process."""

SMALL: Final = 32_768
"""Bytes. What is longer is no line in between."""


OWN: Final = os.path.dirname(os.path.realpath(clearance.__file__)) + "/"


class Finding(NamedTuple):
    """A file of a known tool that a process runs, and how that showed."""

    file: KnownFile
    means: Means


class Stranger(NamedTuple):
    """A script that is no known tool; its descriptor is the receiver's to close."""

    opened: Opened
    file: KnownFile


class Eyes:
    """Looks at files of processes. Not thread-safe. OSError where a medium fails."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._files: dict[tuple[tuple[int, int, int], int, int, int, str, str], KnownFile] = {}
        self._trees: dict[tuple[int, int, int], tuple[Tree, Examination]] = {}

    def forget(self) -> None:
        """End a round: what was read of packages is read again next time."""
        for tree, _ in self._trees.values():
            tree.close()
        self._trees.clear()
        self._files.clear()

    def file(self, place: Place, opened: Opened, site: str = "") -> KnownFile:
        """What an open file is."""
        what = opened.what
        same = (place.key, what.st_dev, what.st_ino, what.st_ctime_ns, opened.path, site)
        known = self._files.get(same)
        if known is None:
            examination = self._examination(place)
            known = examination.of(opened.fd, opened.path)
            if known.tool is None and opened.path:
                known = self._named(examination.packages, opened, site, known)
            self._files[same] = known
        return known

    def scripts(self, place: Place, started: Started) -> tuple[list[Finding], list[Stranger]]:
        """The tools whose scripts a runtime runs, and the scripts that are none.

        Of what is only loaded by a small script, what is beyond doubt counts: a program about tools names their marks.
        """
        found: list[Finding] = []
        strangers: list[Stranger] = []
        waiting: deque[tuple[Target, int]] = deque((target, STEPS) for target in targets(place, started))
        seen: set[tuple[int, int]] = set()
        try:
            while waiting and len(seen) < MOST_LOOKS:
                target, steps = waiting.popleft()
                opened = target.opened
                if opened is None:
                    found += self._registered(target)
                    continue
                file = self._one(place, target, seen)
                if file is None:
                    os.close(opened.fd)
                elif file.tool is not None and (steps == STEPS or self._sure(place, target, file)):
                    os.close(opened.fd)
                    found.append(Finding(file, target.means))
                else:
                    strangers.append(Stranger(opened, file))
                    if steps > 1:
                        waiting += ((one, steps - 1) for one in _loads(place, started, opened))
        except BaseException:
            for stranger in strangers:
                os.close(stranger.opened.fd)
            raise
        finally:
            for target, _ in waiting:
                if target.opened is not None:
                    os.close(target.opened.fd)
        return found, strangers

    def _one(self, place: Place, target: Target, seen: set[tuple[int, int]]) -> KnownFile | None:
        """What a file is; None where it was seen, cannot be read, or is this program's own, which holds every mark."""
        opened = target.opened
        if opened is None or (opened.what.st_dev, opened.what.st_ino) in seen:
            return None
        seen.add((opened.what.st_dev, opened.what.st_ino))
        if place.ours and opened.path.startswith(OWN):
            return None
        try:
            return self.file(place, opened, target.site)
        except OSError:
            return None

    def _sure(self, place: Place, target: Target, file: KnownFile) -> bool:
        if file.confidence == "certain":
            return True
        opened = target.opened
        package = self._package(self._examination(place).packages, opened, target.site) if opened is not None else None
        return package is not None and package.program

    def _examination(self, place: Place) -> Examination:
        if place.key not in self._trees:
            tree = place.view()
            self._trees[place.key] = (tree, Examination(tree, self._rules))
        return self._trees[place.key][1]

    def _named(self, packages: Packages, opened: Opened, site: str, known: KnownFile) -> KnownFile:
        """A file that says nothing itself and that its package names as its program."""
        package = self._package(packages, opened, site)
        if package is None or not package.program:
            return known
        tool = self._rules.tool_of_package(package.ecosystem, package.name)
        if tool is None:
            return known
        return KnownFile(
            known.device, known.inode, known.changed, tool, package.version, entry=True, path=known.path,
            confidence="strong",
        )  # fmt: skip

    def _package(self, packages: Packages, opened: Opened, site: str) -> Package | None:
        if site and opened.path.startswith(f"{site}/"):
            return packages.in_site(site, opened.path[len(site) + 1 :]) or packages.of(opened.path)
        return packages.of(opened.path)

    def _registered(self, target: Target) -> Iterator[Finding]:
        """A package that the command line names in a registry."""
        name, _, version = target.package.removeprefix("@").partition("@")
        scope = "@" if target.package.startswith("@") else ""
        name = scope + "/".join(name.split("/")[: 2 if scope else 1])
        tool = self._rules.tool_of_package("npm", name)
        if tool is not None:
            path = f"npm:{target.package}"
            yield Finding(
                KnownFile(0, 0, 0, tool, version.partition("/")[0] or None, path=path, confidence="strong"), "argv"
            )


def _loads(place: Place, started: Started, opened: Opened) -> Iterator[Target]:
    """What a small script loads that is nothing itself."""
    if opened.what.st_size > SMALL or started.runtime not in ("python", *JAVASCRIPT):
        return
    try:
        data = os.pread(opened.fd, SMALL, 0)
    except OSError:
        return
    if b"\0" in data:
        return
    text = data.decode("utf-8", "surrogateescape")
    folder = os.path.dirname(opened.path) or place.folder
    if started.runtime == "python":
        for path in python.paths(text):
            if (one := place.open(path)) is not None:
                yield Target(one, "argv")
        yield from loaded(place, started, folder, python.runs(text), python.imports(text))
    else:
        for name in node.imports(text):
            yield from specified(place, name, folder, started.environment)
