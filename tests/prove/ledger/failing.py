"""A disk that fails when it is told to."""

from __future__ import annotations

import errno
import os

from clearance.prove.ledger.disk import Disk


class FailingDisk(Disk):
    """Fails an operation as often as it is told to, having done a part of it where that is possible."""

    failures: dict[str, int] = {}  # noqa: RUF012 - set anew by each test

    def _fail(self, what: str) -> bool:
        left = self.failures.get(what, 0)
        if left:
            self.failures[what] = left - 1
        return bool(left)

    def append(self, name: str, data: bytes) -> None:
        if self._fail("append"):
            super().append(name, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().append(name, data)

    def sync(self, name: str) -> None:
        if self._fail("sync"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync(name)

    def truncate(self, name: str, size: int) -> None:
        if self._fail("truncate"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().truncate(name, size)
