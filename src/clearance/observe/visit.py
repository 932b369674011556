"""One folder: match its names, look into what could be a program, and say which folders lie below.

Everything that a walk does to a folder happens here, so that it can happen in any process. A folder, a file or its
bytes may change or vanish at any moment; that is reported or passed over, never raised. Only regular files are read:
what an open descriptor is, is asked before the first byte.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from clearance.catalog.index import Catalog, values
from clearance.model.sighting import Skipped
from clearance.observe.host import HostView
from clearance.observe.identity import deep
from clearance.observe.identity.candidate import Kind, classify, silent
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.traits import NO_PROGRAM
from clearance.observe.identity.types import Identification
from clearance.observe.packages import MANIFEST, Packages
from clearance.observe.patterns import Here, Index, Wanted
from clearance.observe.probe import AgentTraits, Found, Observation
from clearance.observe.reader import BytesReader, FdReader, Reader
from clearance.observe.rooted import FOLDER
from clearance.observe.scan.executables import sighting_of
from clearance.observe.scan.node_packages import without_platform
from clearance.observe.scan.node_trees import STORES, package_in_store

HEAD: Final = 4096
LARGE: Final = 1024
"""Bytes. Every file of this size or more is looked into, whatever its name: the shortest agents seen have 1.4 KB."""

SMALL: Final = 64
"""Bytes. From here to `LARGE` a file is looked into if it may be started, and outside the folders that others fill
also where its name is a script's or says nothing."""

HEAVY: Final = 1_048_576
"""Bytes. A file of this size or more may take long: some do, a hundredth of a second for each MiB."""

DERIVED: Final = (".d.ts", ".map", ".pyc", ".pyi")
DERIVED_SIZE: Final = 2048
"""Bytes. Below this, what packages hold beside their sources is passed over in the folders that others fill."""

FILLED: Final = re.compile(r"/(?:node_modules|(?:site|dist)-packages|\.git|__pycache__|target/(?:debug|release))/")
SCRIPTS: Final = frozenset({"py", "js", "mjs", "cjs", "ts", "mts", "sh", "rb", "pl", "php", "lua", "ps1", "bat", "cmd"})
NEIGHBOURS: Final = 4096
"""Names of a folder that a probe is shown at most."""

MOST: Final = 1000
"""Observations that one probe may make of one file. Nobody has so many servers; a document made to flood a scan has."""

ABOVE: Final = 32
"""Folders that stay open while those below them are visited."""

LONGEST: Final = 16_384
"""Bytes of a path. What is nested deeper is reported: a file system can be endless."""

SPECIAL: Final = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
"""What is no file, folder or link."""

_EMPTY: Final = BytesReader(b"")
_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EINVAL})
"""Errors of a file that was removed or replaced by something else since it was listed."""


class Visitor:
    """Visits folders of one host. `files` counts the files seen; `seen` collects the observations until `take`.

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
        self.index = index
        self.catalog = catalog
        self.rules = rules
        self.packages = Packages(view)
        self.files = 0
        self.seen: list[Observation] = []
        self._pruned = pruned
        self._roots = frozenset(roots)
        self._searched = frozenset(searched)
        self._without = frozenset(without)
        self._puts_off = puts_off
        self._later: list[tuple[int, str]] = []
        self._wanted_below = _package_names(catalog) if pruned else frozenset()
        self._above: OrderedDict[str, int] = OrderedDict()

    def take(self) -> list[Observation]:
        """What was observed since the last call. No folder stays open."""
        for fd in self._above.values():
            os.close(fd)
        self._above.clear()
        seen, self.seen = self.seen, []
        return seen

    def take_later(self) -> list[tuple[int, str]]:
        """Sizes and paths of the files that were put off since the last call. `heavy` looks into them."""
        later, self._later = self._later, []
        return later

    def folder(self, path: str) -> list[str]:
        """Visit one folder (not those below it) and give the folders in it that are to be visited."""
        root = path in self._roots
        if len(path) > LONGEST:
            self.seen.append(Skipped("walk", f"{path[:1000]}…", "nested too deeply"))
            return []
        try:
            fd = self._open(path, root)
        except OSError as error:
            if root or error.errno not in _GONE:
                self._missed("walk", path, error)
            return []
        below: list[str] = []
        try:
            below = self._entries(path, fd)
        except OSError as error:
            self._missed("walk", path, error)
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
        here = self.index.here(path)
        with os.scandir(fd) as entries:
            for entry in entries:
                name = entry.name
                names.append(name)
                if len(names) == NEIGHBOURS:
                    self._matching(path, fd, here, names)
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
                        self._look(path, name, fd, what)
                    elif entry.is_dir(follow_symlinks=False):
                        if self._enter(path, name):
                            below.append(f"{path}/{name}")
                    elif searched and entry.is_symlink():
                        links.append(name)
                except OSError as error:
                    unseen = error if error.errno not in _GONE else unseen
        self.files += files
        self._matching(path, fd, here, names)
        if unseen is not None:
            self._missed("walk", path, unseen)
        for name in links:
            self._linked(f"{path}/{name}")
        return below

    def _enter(self, path: str, name: str) -> bool:
        """False for a place to stay out of, for what another visits, and for what the default scan leaves out."""
        child = f"{path}/{name}"
        why = self.view.closed.get(child)
        if why is not None:
            self.seen.append(Skipped("walk", child, why, matters=False))
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

    def hand(self, path: str, wanted: Wanted, names: Sequence[str] = ()) -> None:
        """Give a matching path to the probe that asked for it. For a folder, `names` are looked up here."""
        fd = -1
        try:
            if wanted.pattern.folder:
                fd = self.view.rooted.open(path, FOLDER)
                what = os.fstat(fd)
                with os.scandir(fd) as entries:
                    names = sorted(entry.name for entry in itertools.islice(entries, NEIGHBOURS))
            elif wanted.pattern.read:
                fd, what = self.view.rooted.open_regular(path)
            else:
                what = self.view.rooted.stat(path)
                if not stat.S_ISREG(what.st_mode):
                    return
        except OSError as error:
            if error.errno not in _GONE:
                self._missed(self.index.probes[wanted.probe].name, path, error)
            elif error.errno == errno.EINVAL:
                folder, _, name = path.rpartition("/")
                self._special(folder, name, [wanted])
            return
        else:
            reader = FdReader(fd, what.st_size) if wanted.pattern.read and not wanted.pattern.folder else _EMPTY
            self._parse(path, wanted, reader, what, names)
        finally:
            if fd >= 0:
                os.close(fd)

    def _matching(self, path: str, fd: int, here: Here, names: Sequence[str]) -> None:
        """Give the entries of the open folder that match to the probes. A file is opened once at most."""
        for name in here.likely(names):
            for wanted in here.matches(name, True):
                self._elsewhere(f"{path}/{name}", wanted, ())
            asked = here.matches(name, False)
            if not asked:
                continue
            opened = -1
            try:
                what = os.stat(name, dir_fd=fd, follow_symlinks=False)
                if stat.S_ISLNK(what.st_mode):
                    for wanted in asked:
                        self._elsewhere(f"{path}/{name}", wanted, names)
                elif not stat.S_ISREG(what.st_mode) and not stat.S_ISDIR(what.st_mode):
                    self._special(path, name, asked)
                if not stat.S_ISREG(what.st_mode):
                    continue
                if any(wanted.pattern.read for wanted in asked):
                    opened, what = self.view.rooted.open_entry(name, fd, what.st_uid)
                reader = FdReader(opened, what.st_size) if opened >= 0 else _EMPTY
                for wanted in asked:
                    self._parse(f"{path}/{name}", wanted, reader, what, names)
            except OSError as error:
                if error.errno not in _GONE:
                    self._missed(self.index.probes[asked[0].probe].name, f"{path}/{name}", error)
            finally:
                if opened >= 0:
                    os.close(opened)

    def _special(self, folder: str, name: str, asked: Sequence[Wanted]) -> None:
        """Says of a pipe, socket or device whose content a probe asked for that it was not opened."""
        probe = next((wanted.probe for wanted in asked if wanted.pattern.read), None)
        if probe is None:
            return
        try:
            kind = stat.S_IFMT(self.view.rooted.stat(f"{folder}/{name}").st_mode)
        except OSError:
            return
        if kind in SPECIAL:
            reason = f"{SPECIAL[kind]}, which is never opened"
            self.seen.append(Skipped(self.index.probes[probe].name, f"{folder}/{name}", reason))

    def _elsewhere(self, path: str, wanted: Wanted, names: Sequence[str]) -> None:
        """As `hand`, for what may be a link: not where it leads into a place to stay out of."""
        try:
            self.view.resolve(path)
        except OSError:
            return
        self.hand(path, wanted, names)

    def _parse(self, path: str, wanted: Wanted, reader: Reader, what: os.stat_result, names: Sequence[str]) -> None:
        probe = self.index.probes[wanted.probe]
        found = Found(
            path,
            wanted.pattern,
            reader,
            home=self.view.home_of(path),
            os=self.view.os,
            size=what.st_size,
            mode=what.st_mode,
            mtime=what.st_mtime,
            uid=what.st_uid,
            names=tuple(names),
            folder=wanted.pattern.folder,
            beside=lambda name: self._beside(path, name),
        )
        try:
            observed = iter(probe.parse(found, self.catalog))
            self.seen.extend(itertools.islice(observed, MOST))
            if next(observed, None) is not None:
                self.seen.append(Skipped(probe.name, path, f"shows more than {MOST} things; the first are listed"))
        except OSError as error:
            self._missed(probe.name, path, error)
        except Exception as error:  # noqa: BLE001 - a probe's defect costs one file, never the scan
            self.seen.append(Skipped(probe.name, path, f"could not be read ({type(error).__name__})"))

    def _beside(self, path: str, name: str) -> bytes:
        """The beginning of a file near the one at `path`."""
        try:
            near = self.view.resolve(os.path.normpath(f"{os.path.dirname(path)}/{name}"))
        except OSError:
            return b""
        return self.view.text(near, MANIFEST).encode("utf-8", "surrogateescape")

    def _look(self, folder: str, name: str, folder_fd: int, what: os.stat_result) -> None:
        """Look into one file that could be a program.

        Its first bytes are read on what the listing said it is; opened without blocking, anything else gives none.
        """
        fd = -1
        try:
            fd = self.view.rooted.open_name(name, folder_fd, what.st_uid)
            if classify(os.read(fd, HEAD), what.st_size) is not None:
                now = os.fstat(fd)
                if not stat.S_ISREG(now.st_mode):
                    return
                if self._puts_off and now.st_size >= HEAVY:
                    self._later.append((now.st_size, f"{folder}/{name}"))
                else:
                    self._content(f"{folder}/{name}", fd, now)
        except OSError as error:
            if error.errno not in _GONE:
                path = f"{folder}/{name}"
                matters = bool(what.st_mode & 0o111) or self.view.home_of(path) is not None
                self._missed("executables", path, error, matters)
        finally:
            if fd >= 0:
                os.close(fd)

    def _linked(self, path: str) -> None:
        """Look into the program that a link in a searched folder leads to, under the name it has there."""
        try:
            self.program(self.view.resolve(path))
        except OSError:
            # It leads nowhere, in a circle, or into a place to stay out of.
            return

    def file(self, path: str) -> None:
        """Visit one regular file as if its folder were visited."""
        folder, _, name = path.rpartition("/")
        self.files += 1
        for wanted in self.index.here(folder).matches(name, False):
            self.hand(path, wanted, (name,))
        self.program(path)

    def heavy(self, path: str) -> None:
        """Look into a file that was put off."""
        folder, _, name = path.rpartition("/")
        opened: list[int] = []
        try:
            opened.append(self._open(folder, folder in self._roots))
            owner = os.stat(name, dir_fd=opened[0], follow_symlinks=False).st_uid
            fd, what = self.view.rooted.open_entry(name, opened[0], owner)
            opened.append(fd)
            self._content(path, fd, what)
        except OSError as error:
            if error.errno not in _GONE:
                self._missed("executables", path, error)
        finally:
            for fd in opened:
                os.close(fd)

    def program(self, path: str) -> None:
        """Look into the program at a path that a link or a process names."""
        try:
            fd, what = self.view.rooted.open_regular(path)
        except OSError:
            return
        try:
            self._content(path, fd, what)
        except OSError as error:
            self._missed("executables", path, error)
        finally:
            os.close(fd)

    def _content(self, path: str, fd: int, what: os.stat_result) -> None:
        kind = classify(os.pread(fd, HEAD, 0), what.st_size)
        if kind is None:
            return
        reader = FdReader(fd, what.st_size)
        try:
            if not silent(reader, kind):
                self.seen.extend(self._identified(path, reader, kind, what.st_uid))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of identity costs one file, never the scan
            self.seen.append(Skipped("executables", path, f"could not be read ({type(error).__name__})"))

    def _identified(self, path: str, reader: FdReader, kind: Kind, uid: int) -> Iterator[Observation]:
        package = self.packages.of(path)
        verdict = deep.identify_in(reader, self.rules, package)
        home = self.view.home_of(path)
        if verdict is None:
            return
        if isinstance(verdict, Identification):
            yield sighting_of(path, verdict, self.catalog, home=home, package=package, kind=kind, uid=uid)
        else:
            inside = os.path.dirname(package.path) if package is not None else ""
            score = verdict.score
            is_bundle = kind == "javascript" and reader.size > deep.SMALL
            if package is not None and is_bundle and self.packages.is_part(path, package):
                score = min(score, NO_PROGRAM)
            yield AgentTraits(path, score, verdict.traits, home.user if home else None, package=inside)

    def _missed(self, probe: str, path: str, error: OSError, matters: bool = True) -> None:
        reason = (error.strerror or type(error).__name__).lower()
        self.seen.append(Skipped(probe, path or "/", reason, matters))


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
