"""What a process's program and scripts are: by their content and their packages, exactly as the scan tells it.

A small script that is nothing itself is read for what it loads, a few steps deep, so that a line in between is no
disguise. What changes on disk is believed for one round of looks only.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

import clearance
from clearance.agent.tracker.commands import javascript, python
from clearance.agent.tracker.place import Opened, Place, Tree
from clearance.agent.tracker.scripts import JAVASCRIPT, Started, Target, beside, loaded, specified, targets
from clearance.model.enforcement import KnownFile, Means
from clearance.observe.identity import quick
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.types import Package
from clearance.observe.live.examination import Examination
from clearance.observe.packages import Packages
from clearance.observe.reader import BytesReader

STEPS: Final = 3
MOST_LOOKS: Final = 48
"""Files that are looked at for one process."""

MOST_WAITING: Final = 96
"""Of them that are open at once."""

ENDS: Final = 32_768
"""Bytes that are read for what a script loads. What is longer is no line in between, and not followed; of a script that
somebody has run by name, which may have been made longer, the beginning and the end are read."""

LINE: Final = 256
"""Bytes. A script as short is no step."""

PYTHON: Final = frozenset({"pypi", "conda"})
"""Ecosystems of what Python runs."""

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

        Of what is only loaded by a script, what is beyond doubt counts: a program about tools names their marks. Once
        something is found, what waits is looked at, and nothing further is followed: it has to be ended soon.
        """
        found: list[Finding] = []
        strangers: list[Stranger] = []
        waiting: deque[tuple[Target, int, bool]] = deque((one, STEPS, True) for one in targets(place, started))
        seen: set[tuple[int, int]] = set()
        try:
            while waiting and len(seen) < MOST_LOOKS:
                target, steps, told = waiting.popleft()
                opened = target.opened
                if opened is None:
                    found += self._registered(target) if target.package else self._said(target)
                    more = _loads(place, started, target.text, place.folder)
                    waiting += ((one, STEPS, False) for one in islice(more, MOST_WAITING))
                    continue
                file = self._one(place, target, seen)
                if file is None or (file.tool is not None and not self._runs(started, target, file)):
                    os.close(opened.fd)
                elif file.tool is not None and (told or self._sure(place, target, file)):
                    os.close(opened.fd)
                    found.append(Finding(file, target.means))
                else:
                    strangers.append(Stranger(opened, file))
                    left = steps - (opened.what.st_size > LINE)
                    if left > 0 and not found:
                        more = _in_file(place, started, opened, whole=not told)
                        room = max(0, MOST_WAITING - len(waiting))
                        waiting += ((one, left, False) for one in islice(more, room))
        except BaseException:
            for stranger in strangers:
                os.close(stranger.opened.fd)
            raise
        finally:
            for target, _, _ in waiting:
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

    def _runs(self, started: Started, target: Target, file: KnownFile) -> bool:
        """Whether what a text names can be what it runs. What is native, the kernel starts."""
        if not target.perhaps or file.tool is None:
            return True
        return file.entry and (started.runtime != "python" or self._rules.runs_in(file.tool, PYTHON))

    def _said(self, target: Target) -> Iterator[Finding]:
        """What a text is that comes through a pipe, by its beginning."""
        found = quick.identify(BytesReader(target.text), self._rules)
        if found is not None:
            file = KnownFile(0, 0, 0, found.tool, found.version, entry=True, confidence=found.confidence)
            yield Finding(file, target.means)

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


def _in_file(place: Place, started: Started, opened: Opened, *, whole: bool) -> Iterator[Target]:
    """What a script loads that is nothing itself; `whole`: only where it is small."""
    if whole and opened.what.st_size > ENDS:
        return
    try:
        data = os.pread(opened.fd, ENDS, 0)
        if (rest := opened.what.st_size - ENDS) > 0:
            data += b"\n" + os.pread(opened.fd, min(rest, ENDS), opened.what.st_size - min(rest, ENDS))
    except OSError:
        return
    yield from _loads(place, started, data, os.path.dirname(opened.path) or place.folder)


def _loads(place: Place, started: Started, data: bytes, folder: str) -> Iterator[Target]:
    """What a text in a folder loads."""
    if started.runtime not in ("python", *JAVASCRIPT):
        return
    if started.runtime == "python" and data[2:4] == b"\r\n":
        yield from loaded(place, started, folder, (), python.compiled(data))
    if b"\0" in data:
        return
    text = data.decode("utf-8", "surrogateescape")
    if started.runtime == "python":
        for path in python.paths(text):
            if (one := place.open(path)) is not None:
                yield Target(one, "argv", perhaps=True)
        for above, name in python.near(text):
            yield from beside(place, os.path.normpath("/".join((folder, *[".."] * above))), name)
        yield from loaded(place, started, folder, python.runs(text), python.imports(text), python.places(text))
    else:
        for name in javascript.loads(text):
            for target in specified(place, name, folder, started.environment):
                yield target._replace(perhaps=True)
