"""The newest file of records: what is written stands behind its last whole record, and nothing else does.

Guarantees: what a crash left behind the last whole record is kept in a file beside before it is cut off; what a write
that failed left is cut off before the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from clearance.prove.ledger import parts
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.survey import Standing, Torn

PENDING: Final = ".pending"
"""How the file of a torn end is called until a record speaks of it."""


def pending(names: Iterable[str]) -> tuple[str, ...]:
    """The files of torn ends, among these, that no record speaks of yet."""
    return tuple(name for name in names if name.startswith("torn-") and name.endswith(PENDING))


class Tail:
    """Where records are written: `first` is the newest file's first record, `length` its bytes of whole records.

    OSError from every operation as the disk gives it, unless it says otherwise.
    """

    def __init__(self, disk: Disk, standing: Standing, waiting: Sequence[str]) -> None:
        self.first = standing.newest.first if standing.newest else 1
        self.length = standing.good
        self._disk = disk
        self._newest = standing.newest and standing.newest.name
        self._torn = standing.torn
        self._unclean = False
        self._cut = list(waiting)

    @property
    def exists(self) -> bool:
        """Whether there is a file yet."""
        return self._newest is not None

    @property
    def was_torn(self) -> bool:
        """Whether a crash left something that no record speaks of yet."""
        return bool(self._torn or self._cut)

    def clean(self, n: int) -> None:
        """Take away what does not belong behind the whole records. `n` is the number of the next one."""
        if self._torn:
            self._keep(self._torn, n)
            self._disk.truncate(self._torn.name, self._torn.good)
            self._disk.sync(self._torn.name)
            self._torn = None
        if self._unclean and self._newest:
            self._disk.truncate(self._newest, self.length)
            self._disk.sync(self._newest)
            self._unclean = False

    def begin(self, first: int) -> None:
        """Go on in a new file, which begins with this record."""
        name = parts.records_name(first)
        self._disk.create(name)
        self._disk.sync_folder()
        if self._newest:
            self._disk.forget(self._newest)
        self._newest, self.first, self.length = name, first, 0

    def write(self, data: bytes) -> None:
        """Write and sync. It belongs to the file only once `keep` is told so."""
        self._disk.append(self._newest or "", data)
        self._disk.sync(self._newest or "")

    def keep(self, size: int) -> None:
        """So many bytes more are whole records."""
        self.length += size

    def spoilt(self) -> None:
        """Something may stand behind the whole records: it is cut off before anything else is written."""
        self._unclean = True

    def take_back(self) -> None:
        """Leave the file as it was before a write that failed, if the disk lets us; else before the next one."""
        self._unclean = self._newest is not None
        if self._unclean and not self._torn:
            try:
                self._disk.truncate(self._newest or "", self.length)
                self._disk.sync(self._newest or "")
                self._unclean = False
            except OSError:
                pass  # tried again before the next record

    def torn_ends(self) -> Iterator[dict[str, object]]:
        """What is to be recorded of the torn ends that were kept."""
        for name in self._cut:
            with self._disk.reader(name) as file:
                data = file.read()
            yield {"event": "tail-cut", "bytes": len(data), "sha256": sha256(data).hexdigest(),
                   "line_ends": data.count(b"\n"), "kept_in": name.removesuffix(PENDING)}  # fmt: skip

    def settle(self) -> None:
        """What was kept of torn ends is recorded now; a crash before this is done only records it again."""
        try:
            for name in list(self._cut):
                self._disk.rename(name, name.removesuffix(PENDING))
                self._disk.sync_folder()
                self._cut.remove(name)
        except OSError:
            pass  # tried again after the next record

    def _keep(self, torn: Torn, n: int) -> None:
        """Put what a crash left into a file of its own, from which it is recorded."""
        with self._disk.reader(torn.name) as file:
            file.seek(torn.good)
            name = f"torn-{n:012d}{PENDING}"
            self._disk.replace(name, file.read())
        if name not in self._cut:
            self._cut.append(name)
