"""What program an open file is: what the guard's examiner and the tracker ask.

The same steps as the scan's (`programs.py`) at the quick depth, so that they tell the same of the same file: whether it
could be a program, what its content says, and what the package says that it lies in.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Final

from clearance.model.enforcement import KnownFile
from clearance.observe.identity import candidate, quick
from clearance.observe.identity.rules import Rules
from clearance.observe.identity.types import Identification
from clearance.observe.packages import Packages, View
from clearance.observe.reader import FdReader

HEAD: Final = 4096
NATIVE: Final = frozenset({"elf", "macho", "pe"})


class Examination:
    """Examines files of one host (or of one process's root). OSError where a file cannot be read."""

    def __init__(self, view: View, rules: Rules, runtime: Callable[[FdReader], bool] | None = None) -> None:
        self._view = view
        self._rules = rules
        self._packages = Packages(view)
        self._runtime = runtime

    @property
    def packages(self) -> Packages:
        """The packages of this view, as far as they were looked up."""
        return self._packages

    def forget(self) -> None:
        """Forget what packages were seen: folders change."""
        self._packages = Packages(self._view)

    def of(self, fd: int, path: str) -> KnownFile:
        """What the open file is. `path` is where it lies in the view; a wrong one only costs the package's word."""
        what = os.fstat(fd)
        nothing = KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, None, path=path)
        if not stat.S_ISREG(what.st_mode):
            return nothing
        reader = FdReader(fd, what.st_size)
        kind = candidate.classify(os.pread(fd, HEAD, 0), what.st_size)
        if kind is None:
            return nothing
        found = self._identify(reader, path, what)
        if found is None:
            runtime = kind in NATIVE and self._runtime is not None and self._runtime(reader)
            return KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, None, path=path, runtime=runtime)
        return KnownFile(
            what.st_dev,
            what.st_ino,
            what.st_ctime_ns,
            found.tool,
            found.version,
            entry=kind not in NATIVE,
            path=path,
            confidence=found.confidence,
        )

    def _identify(self, reader: FdReader, path: str, what: os.stat_result) -> Identification | None:
        package = self._packages.of(path) if path.startswith("/") and self._is(path, what) else None
        return quick.identify_in(reader, self._rules, package)

    def _is(self, path: str, what: os.stat_result) -> bool:
        """Whether the path leads to this very file: names mean other things in other mount namespaces."""
        try:
            return os.path.samestat(self._view.rooted.stat(path), what)
        except OSError:
            return False
