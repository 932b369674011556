"""Giving what matches to the probes that asked for it.

A file is opened once at most, whoever asks for it, and only a regular one: pipes, sockets and devices are told, never
opened. A probe's defect costs one file, and a document made to flood a scan is told by its first things.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Sequence
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Skipped
from clearance.observe.host import HostView
from clearance.observe.missed import GONE, missed
from clearance.observe.packages import MANIFEST
from clearance.observe.patterns import Here, Index, Wanted
from clearance.observe.probe import Found, Observation
from clearance.observe.reader import BytesReader, FdReader, Reader
from clearance.observe.rooted import FOLDER

NEIGHBOURS: Final = 4096
"""Names of a folder that a probe is shown at most."""

MOST: Final = 1000
"""Observations that one probe may make of one file. Nobody has so many servers; a document made to flood a scan has."""

SPECIAL: Final = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
"""What is no file, folder or link."""

_EMPTY: Final = BytesReader(b"")


class Probing:
    """Hands paths of one host to the probes of an index, and adds what they observe to `seen`."""

    def __init__(self, view: HostView, index: Index, catalog: Catalog, seen: list[Observation]) -> None:
        self._view = view
        self._index = index
        self._catalog = catalog
        self._seen = seen

    def hand(self, path: str, wanted: Wanted, names: Sequence[str] = ()) -> None:
        """Give a matching path to the probe that asked for it. For a folder, `names` are looked up here."""
        fd = -1
        try:
            if wanted.pattern.folder:
                fd = self._view.rooted.open(path, FOLDER)
                what = os.fstat(fd)
                with os.scandir(fd) as entries:
                    names = sorted(entry.name for entry in itertools.islice(entries, NEIGHBOURS))
            elif wanted.pattern.read:
                fd, what = self._view.rooted.open_regular(path)
            else:
                what = self._view.rooted.stat(path)
                if not stat.S_ISREG(what.st_mode):
                    return
        except OSError as error:
            if error.errno not in GONE:
                self._seen.append(missed(self._index.probes[wanted.probe].name, path, error))
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

    def matching(self, path: str, fd: int, here: Here, names: Sequence[str]) -> None:
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
                    opened, what = self._view.rooted.open_entry(name, fd, what.st_uid)
                reader = FdReader(opened, what.st_size) if opened >= 0 else _EMPTY
                for wanted in asked:
                    self._parse(f"{path}/{name}", wanted, reader, what, names)
            except OSError as error:
                if error.errno not in GONE:
                    self._seen.append(missed(self._index.probes[asked[0].probe].name, f"{path}/{name}", error))
            finally:
                if opened >= 0:
                    os.close(opened)

    def _special(self, folder: str, name: str, asked: Sequence[Wanted]) -> None:
        """Says of a pipe, socket or device whose content a probe asked for that it was not opened."""
        probe = next((wanted.probe for wanted in asked if wanted.pattern.read), None)
        if probe is None:
            return
        try:
            kind = stat.S_IFMT(self._view.rooted.stat(f"{folder}/{name}").st_mode)
        except OSError:
            return
        if kind in SPECIAL:
            reason = f"{SPECIAL[kind]}, which is never opened"
            self._seen.append(Skipped(self._index.probes[probe].name, f"{folder}/{name}", reason))

    def _elsewhere(self, path: str, wanted: Wanted, names: Sequence[str]) -> None:
        """As `hand`, for what may be a link: not where it leads into a place to stay out of."""
        try:
            self._view.resolve(path)
        except OSError:
            return
        self.hand(path, wanted, names)

    def _parse(self, path: str, wanted: Wanted, reader: Reader, what: os.stat_result, names: Sequence[str]) -> None:
        probe = self._index.probes[wanted.probe]
        found = Found(
            path,
            wanted.pattern,
            reader,
            home=self._view.home_of(path),
            os=self._view.os,
            size=what.st_size,
            mode=what.st_mode,
            mtime=what.st_mtime,
            uid=what.st_uid,
            names=tuple(names),
            folder=wanted.pattern.folder,
            beside=lambda name: self._beside(path, name),
        )
        try:
            observed = iter(probe.parse(found, self._catalog))
            self._seen.extend(itertools.islice(observed, MOST))
            if next(observed, None) is not None:
                self._seen.append(Skipped(probe.name, path, f"shows more than {MOST} things; the first are listed"))
        except OSError as error:
            self._seen.append(missed(probe.name, path, error))
        except Exception as error:  # noqa: BLE001 - a probe's defect costs one file, never the scan
            self._seen.append(Skipped(probe.name, path, f"could not be read ({type(error).__name__})"))

    def _beside(self, path: str, name: str) -> bytes:
        """The beginning of a file near the one at `path`."""
        try:
            near = self._view.resolve(os.path.normpath(f"{os.path.dirname(path)}/{name}"))
        except OSError:
            return b""
        return self._view.text(near, MANIFEST).encode("utf-8", "surrogateescape")
