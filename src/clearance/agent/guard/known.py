"""Files that were identified, by device and inode."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from clearance.model.enforcement import KnownFile

MOST: Final = 65_536
"""Files that are remembered."""

Place = tuple[int, int]


def place(what: os.stat_result) -> Place:
    """Where a file is, whatever it is called."""
    return what.st_dev, what.st_ino


class Known:
    """What is remembered of files. What was remembered of one that changed since says nothing."""

    def __init__(self) -> None:
        self._files: OrderedDict[Place, KnownFile] = OrderedDict()
        self._runtimes: set[Place] = set()

    def __len__(self) -> int:
        return len(self._files)

    def file(self, what: os.stat_result) -> KnownFile | None:
        """What the file is; None where it is not known, or changed since."""
        file = self._files.get(place(what))
        return file if file is not None and file.changed == what.st_ctime_ns else None

    def files(self) -> Iterable[KnownFile]:
        """All that is remembered."""
        return self._files.values()

    def is_runtime(self, what: os.stat_result) -> bool:
        """Whether it starts other programs' texts."""
        return place(what) in self._runtimes

    def learn_runtime(self, file: KnownFile) -> None:
        """Remember that it starts other programs' texts, if it does."""
        if file.runtime:
            self._runtimes.add((file.device, file.inode))

    def remember(self, file: KnownFile) -> None:
        """This is what it is now."""
        self._files[file.device, file.inode] = file
        if len(self._files) > MOST:
            self._files.popitem(last=False)

    def forget(self, written: Place) -> None:
        """It was written."""
        self._files.pop(written, None)

    def clear(self) -> None:
        """Forget what files are."""
        self._files.clear()
