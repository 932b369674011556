"""One folder: match its names, look into what could be a program, and say which folders lie below.

Everything that a walk does to a folder happens here, so that it can happen in any process. A folder, a file or its
bytes may change or vanish at any moment; that is reported or passed over, never raised.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Skipped
from clearance.observe.host import HostView
from clearance.observe.identity import deep
from clearance.observe.identity.candidate import classify
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.types import Identification
from clearance.observe.packages import Packages
from clearance.observe.patterns import Index, Wanted
from clearance.observe.probe import AgentTraits, Found, Observation
from clearance.observe.reader import BytesReader, FdReader
from clearance.observe.rooted import FOLDER
from clearance.observe.scan.executables import sighting_of

HEAD: Final = 4096
LARGE: Final = 2048
"""Bytes. Every file of this size or more is looked into, whatever its name."""

SMALL: Final = 64
"""Bytes. Below `LARGE`, only what can be started or is a script outside package folders is looked into."""

SCRIPTS: Final = frozenset({"py", "js", "mjs", "cjs", "ts", "mts", "sh", "rb", "pl", "php", "lua"})
PACKAGE_FOLDERS: Final = ("/node_modules/", "/site-packages/", "/dist-packages/", "/.git/")
NEIGHBOURS: Final = 4096
"""Names of a folder that a probe is shown at most."""

_EMPTY: Final = BytesReader(b"")


class Visitor:
    """Visits folders of one host. `files` counts the files seen; `seen` collects the observations until `take`."""

    def __init__(self, view: HostView, index: Index, catalog: Catalog, rules: Rules, pruned: bool) -> None:
        self.view = view
        self.index = index
        self.catalog = catalog
        self.rules = rules
        self.packages = Packages(view)
        self.files = 0
        self.seen: list[Observation] = []
        self._pruned = pruned
        self._wanted_below = _package_names(catalog) if pruned else frozenset()

    def take(self) -> list[Observation]:
        """What was observed since the last call."""
        seen, self.seen = self.seen, []
        return seen

    def folder(self, path: str) -> list[str]:
        """Visit one folder (not those below it) and give the folders in it that are to be visited."""
        try:
            fd = self.view.rooted.open(path or "/", FOLDER | os.O_NOFOLLOW)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._missed("walk", path, error)
            return []
        try:
            return self._entries(path, fd)
        except OSError as error:
            self._missed("walk", path, error)
            return []
        finally:
            os.close(fd)

    def _entries(self, path: str, fd: int) -> list[str]:
        below: list[str] = []
        matched: list[tuple[str, Wanted]] = []
        names: list[str] = []
        settled = any(part in f"{path}/" for part in PACKAGE_FOLDERS)
        here = self.index.here(path)
        matches, maybe = here.matches, here.maybe
        with os.scandir(fd) as entries:
            for entry in entries:
                name = entry.name
                names.append(name)
                if entry.is_dir(follow_symlinks=False):
                    if self._enter(path, name):
                        below.append(f"{path}/{name}")
                    matched += [(name, wanted) for wanted in matches(name, True)]
                    continue
                if not entry.is_file(follow_symlinks=False):
                    continue
                self.files += 1
                if maybe(name):
                    matched += [(name, wanted) for wanted in matches(name, False)]
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if found.st_size >= LARGE or (found.st_size >= SMALL and _small_program(name, found, settled)):
                    self._look(path, name, fd, found)
        if matched:
            neighbours = tuple(names[:NEIGHBOURS])
            for name, wanted in matched:
                self.hand(f"{path}/{name}", wanted, neighbours)
        return below

    def _enter(self, path: str, name: str) -> bool:
        """False for a mount point to stay out of, and for what the default scan leaves to `--deep`."""
        child = f"{path}/{name}"
        why = self.view.closed.get(child)
        if why is not None:
            self.seen.append(Skipped("walk", child, why, matters=False))
            return False
        if not self._pruned:
            return True
        if name in ("__pycache__", "objects") and (name[0] == "_" or path.endswith("/.git")):
            return False
        inside = path.rpartition("/node_modules")
        if inside[1] and inside[2].count("/") <= 1 and not inside[0].endswith("/lib"):
            # In a project's node_modules, folders have their packages' names: only those of tools are entered.
            return f"{inside[2]}/{name}".lstrip("/") in self._wanted_below or name.startswith(".")
        return True

    def hand(self, path: str, wanted: Wanted, names: Sequence[str] = ()) -> None:
        """Give a matching path to the probe that asked for it."""
        probe = self.index.probes[wanted.probe]
        pattern = wanted.pattern
        fd = -1
        try:
            if pattern.folder:
                what = self.view.rooted.stat(path)
                if not stat.S_ISDIR(what.st_mode):
                    return
            elif pattern.read:
                fd, what = self.view.rooted.open_regular(path)
            else:
                what = self.view.rooted.stat(path)
                if not stat.S_ISREG(what.st_mode):
                    return
        except FileNotFoundError:
            return
        except OSError as error:
            if fd >= 0:
                os.close(fd)
            if error.strerror != "not a regular file":
                self._missed(probe.name, path, error)
            return
        found = Found(
            path,
            pattern,
            FdReader(fd, what.st_size) if fd >= 0 else _EMPTY,
            home=self.view.home_of(path),
            os=self.view.os,
            size=what.st_size,
            mode=what.st_mode,
            mtime=what.st_mtime,
            uid=what.st_uid,
            names=tuple(names),
            folder=pattern.folder,
        )
        try:
            self.seen.extend(probe.parse(found, self.catalog))
        except OSError as error:
            self._missed(probe.name, path, error)
        except Exception as error:  # noqa: BLE001 - a probe's defect costs one file, never the scan
            self.seen.append(Skipped(probe.name, path, f"could not be read: {type(error).__name__}: {error}"[:300]))
        finally:
            if fd >= 0:
                os.close(fd)

    def _look(self, folder: str, name: str, folder_fd: int, what: os.stat_result) -> None:
        """Look into one file that could be a program."""
        try:
            fd = os.open(name, self.view.flags(what.st_uid) | os.O_NOFOLLOW, dir_fd=folder_fd)
        except FileNotFoundError:
            return
        except OSError as error:
            if what.st_mode & 0o111 or self.view.home_of(folder) is not None:
                self._missed("executables", f"{folder}/{name}", error)
            return
        try:
            kind = classify(os.read(fd, HEAD), what.st_size)
            if kind is not None:
                self.seen.extend(self._identified(f"{folder}/{name}", FdReader(fd, what.st_size), kind, what.st_uid))
        except OSError as error:
            self._missed("executables", f"{folder}/{name}", error)
        finally:
            os.close(fd)

    def program(self, path: str) -> None:
        """Look into the program at a path that a link or a process names."""
        try:
            fd, what = self.view.rooted.open_regular(path)
        except OSError:
            return
        try:
            kind = classify(os.pread(fd, HEAD, 0), what.st_size)
            if kind is not None:
                self.seen.extend(self._identified(path, FdReader(fd, what.st_size), kind, what.st_uid))
        except OSError as error:
            self._missed("executables", path, error)
        finally:
            os.close(fd)

    def _identified(self, path: str, reader: FdReader, kind: str, uid: int) -> Iterator[Observation]:
        verdict = deep.identify(reader, self.rules, None)
        if verdict is None:
            return
        # The neighbour is asked for only now: nearly no file gets this far.
        package = self.packages.nearest(os.path.dirname(path))
        if package is not None:
            verdict = deep.identify(reader, self.rules, package) or verdict
        home = self.view.home_of(path)
        if isinstance(verdict, Identification):
            yield sighting_of(path, verdict, self.catalog, home=home, package=package, kind=kind, uid=uid)
        else:
            yield AgentTraits(path, verdict.score, verdict.traits, home.user if home else None)

    def _missed(self, probe: str, path: str, error: OSError) -> None:
        reason = (error.strerror or type(error).__name__).lower()
        self.seen.append(Skipped(probe, path or "/", reason))


def _small_program(name: str, what: os.stat_result, settled: bool) -> bool:
    if settled:
        return False
    return bool(what.st_mode & 0o111) or name.rpartition(".")[2] in SCRIPTS


def _package_names(catalog: Catalog) -> frozenset[str]:
    """npm names of tools, and their scopes, since a scope is a folder too."""
    names = [name.removeprefix("npm:") for name in catalog.by_package if name.startswith("npm:")]
    return frozenset([*names, *(name.split("/")[0] for name in names if name.startswith("@"))])
