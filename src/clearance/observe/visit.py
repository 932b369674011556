"""One folder: match its names, look into what could be a program, and say which folders lie below.

Everything that a walk does to a folder happens here, so that it can happen in any process. A folder, a file or its
bytes may change or vanish at any moment; that is reported or passed over, never raised. What matches goes to the probes
(`probing.py`), what could be a program is looked into (`programs.py`).
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Collection
from typing import Final

from clearance.catalog.index import Catalog, values
from clearance.model.sighting import Skipped
from clearance.observe.host import HostView
from clearance.observe.identity.rules import Rules
from clearance.observe.missed import GONE, missed
from clearance.observe.patterns import Index
from clearance.observe.probe import Observation
from clearance.observe.probing import NEIGHBOURS, Probing
from clearance.observe.programs import Programs
from clearance.observe.rooted import FOLDER
from clearance.observe.scan.node_packages import without_platform
from clearance.observe.scan.node_trees import STORES, package_in_store

LARGE: Final = 1024
"""Bytes. Every file of this size or more is looked into, whatever its name: the shortest agents seen have 1.4 KB."""

SMALL: Final = 64
"""Bytes. From here to `LARGE` a file is looked into if it may be started, and outside the folders that others fill
also where its name is a script's or says nothing."""

DERIVED: Final = (".d.ts", ".map", ".pyc", ".pyi")
DERIVED_SIZE: Final = 2048
"""Bytes. Below this, what packages hold beside their sources is passed over in the folders that others fill."""

FILLED: Final = re.compile(r"/(?:node_modules|(?:site|dist)-packages|\.git|__pycache__|target/(?:debug|release))/")
SCRIPTS: Final = frozenset({"py", "js", "mjs", "cjs", "ts", "mts", "sh", "rb", "pl", "php", "lua", "ps1", "bat", "cmd"})

ABOVE: Final = 32
"""Folders that stay open while those below them are visited."""

LONGEST: Final = 16_384
"""Bytes of a path. What is nested deeper is reported: a file system can be endless."""


class Visitor:
    """Visits folders of one host. `files` counts the files seen; `take` gives what was observed in them.

    `pruned` leaves out what only a deep scan looks at. `roots` may be links; below them no link to a folder is
    followed. In the folders of `searched`, links to programs are. Folders of `without` are visited by somebody else.
    With `puts_off`, heavy files of the folders are left for later, to whoever calls `take_later`.
    """

    def __init__(
        self, view: HostView, index: Index, catalog: Catalog, rules: Rules, pruned: bool,
        *, roots: Collection[str] = (), searched: Collection[str] = (), without: Collection[str] = (),
        puts_off: bool = False,
    ) -> None:  # fmt: skip
        self.view = view
        self.files = 0
        self._index = index
        self._seen: list[Observation] = []
        self._probing = Probing(view, index, catalog, self._seen)
        self._programs = Programs(view, catalog, rules, self._seen, puts_off=puts_off)
        self._pruned = pruned
        self._roots = frozenset(roots)
        self._searched = frozenset(searched)
        self._without = frozenset(without)
        self._wanted_below = _package_names(catalog) if pruned else frozenset()
        self._above: OrderedDict[str, int] = OrderedDict()

    def take(self) -> list[Observation]:
        """What was observed since the last call. No folder stays open."""
        for fd in self._above.values():
            os.close(fd)
        self._above.clear()
        seen = self._seen.copy()
        self._seen.clear()
        return seen

    def take_later(self) -> list[tuple[int, str]]:
        """Sizes and paths of the files that were put off since the last call. `heavy` looks into them."""
        later, self._programs.later = self._programs.later, []
        return later

    def folder(self, path: str) -> list[str]:
        """Visit one folder (not those below it) and give the folders in it that are to be visited."""
        root = path in self._roots
        if len(path) > LONGEST:
            self._seen.append(Skipped("walk", f"{path[:1000]}…", "nested too deeply"))
            return []
        try:
            fd = self._open(path, root)
        except OSError as error:
            if root or error.errno not in GONE:
                self._seen.append(missed("walk", path, error))
            return []
        below: list[str] = []
        try:
            below = self._entries(path, fd)
        except OSError as error:
            self._seen.append(missed("walk", path, error))
        finally:
            self._leave(path, fd, bool(below))
        return below

    def _open(self, path: str, root: bool) -> int:
        """A folder, from the one above it where that is still open: one step, however deep it lies."""
        parent, _, name = path.rpartition("/")
        above = self._above.get(parent)
        if above is None or root:
            return self.view.rooted.open(path or "/", FOLDER if root else FOLDER | os.O_NOFOLLOW)
        return self.view.rooted.open_folder(name, above)

    def _leave(self, path: str, fd: int, is_above: bool) -> None:
        """Close a folder, at once or when others came after it."""
        if not is_above or path in self._above:
            os.close(fd)
            return
        self._above[path] = fd
        if len(self._above) > ABOVE:
            os.close(self._above.popitem(last=False)[1])

    def _entries(self, path: str, fd: int) -> list[str]:
        below: list[str] = []
        links: list[str] = []
        names: list[str] = []
        files = 0
        unseen: OSError | None = None
        filled = FILLED.search(f"{path}/") is not None
        searched = path in self._searched
        here = self._index.here(path)
        look = self._programs.look
        with os.scandir(fd) as entries:
            for entry in entries:
                name = entry.name
                names.append(name)
                if len(names) == NEIGHBOURS:
                    self._probing.matching(path, fd, here, names)
                    names = []
                try:
                    if entry.is_file(follow_symlinks=False):
                        files += 1
                        what = entry.stat(follow_symlinks=False)
                        size = what.st_size
                        if size >= LARGE:
                            if size < DERIVED_SIZE and filled and name.endswith(DERIVED):
                                continue
                        elif size < SMALL or not _may_start(name, what, filled):
                            continue
                        look(path, name, fd, what)
                    elif entry.is_dir(follow_symlinks=False):
                        if self._enter(path, name):
                            below.append(f"{path}/{name}")
                    elif searched and entry.is_symlink():
                        links.append(name)
                except OSError as error:
                    unseen = error if error.errno not in GONE else unseen
        self.files += files
        self._probing.matching(path, fd, here, names)
        if unseen is not None:
            self._seen.append(missed("walk", path, unseen))
        for name in links:
            self._linked(f"{path}/{name}")
        return below

    def _enter(self, path: str, name: str) -> bool:
        """False for a place to stay out of, for what another visits, and for what the default scan leaves out."""
        child = f"{path}/{name}"
        why = self.view.closed.get(child)
        if why is not None:
            self._seen.append(Skipped("walk", child, why, matters=False))
            return False
        if child in self._without:
            return False
        if not self._pruned:
            return True
        if name in ("__pycache__", "objects") and (name[0] == "_" or path.endswith("/.git")):
            return False
        inside = path.rpartition("/node_modules")
        if inside[1] and inside[2].count("/") <= 1 and not inside[0].endswith("/lib"):
            # In a project's node_modules, folders have their packages' names: only those of tools are entered, and of
            # packages that bring one along.
            package = package_in_store(name) if inside[2][1:] in STORES else f"{inside[2]}/{name}".lstrip("/")
            return without_platform(package) in self._wanted_below or name.startswith(".")
        return True

    def _linked(self, path: str) -> None:
        """Look into the program that a link in a searched folder leads to, under the name it has there."""
        try:
            self._programs.at(self.view.resolve(path))
        except OSError:
            # It leads nowhere, in a circle, or into a place to stay out of.
            return

    def file(self, path: str) -> None:
        """Visit one regular file as if its folder were visited."""
        folder, _, name = path.rpartition("/")
        self.files += 1
        for wanted in self._index.here(folder).matches(name, False):
            self._probing.hand(path, wanted, (name,))
        self._programs.at(path)

    def heavy(self, path: str) -> None:
        """Look into a file that was put off."""
        folder = path.rpartition("/")[0]
        try:
            fd = self._open(folder, folder in self._roots)
        except OSError as error:
            if error.errno not in GONE:
                self._seen.append(missed("executables", path, error))
            return
        try:
            self._programs.entry(path, fd)
        finally:
            os.close(fd)


def _may_start(name: str, what: os.stat_result, filled: bool) -> bool:
    """Whether a small file is worth a look."""
    if what.st_mode & 0o111:
        return True
    if filled:
        return False
    dot = name.rfind(".")
    return dot < 0 or name[dot + 1 :] in SCRIPTS


def _package_names(catalog: Catalog) -> frozenset[str]:
    """npm names of tools and of what brings one along, without the platform; and their scopes, folders too."""
    carriers = [name for tool in catalog.tools.values() for name in values(tool.surfaces.carriers)]
    packages = [name for name in (*catalog.by_package, *carriers) if name.startswith("npm:")]
    names = [without_platform(name.removeprefix("npm:")) for name in packages]
    return frozenset([*names, *(name.split("/")[0] for name in names if name.startswith("@"))])
