"""Reading a file in bounded windows, wherever it comes from.

Identity and the probes never hold a path to open: they are given a `Reader`, so that the exec guard (an open file
descriptor), the scan (a file below a root) and a test (bytes) run the same code.
"""

from __future__ import annotations

import os
from typing import Protocol


class Reader(Protocol):
    """Random access to one file's bytes. Reading where the file is not gives fewer bytes or none, never an error."""

    size: int

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`. OSError where the medium fails."""
        ...


class FdReader:
    """A `Reader` over an open file descriptor, which stays the caller's to close. The file position is not moved."""

    def __init__(self, fd: int, size: int | None = None) -> None:
        self.fd = fd
        self.size = os.fstat(fd).st_size if size is None else size

    def read(self, offset: int, length: int) -> bytes:
        """As `Reader.read`."""
        return os.pread(self.fd, length, offset) if 0 <= offset < self.size and length > 0 else b""


class BytesReader:
    """A `Reader` over bytes in memory: an archive member, a decompressed window, a test."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read(self, offset: int, length: int) -> bytes:
        """As `Reader.read`."""
        return self.data[offset : offset + length] if offset >= 0 and length > 0 else b""


class PartReader:
    """A `Reader` over `size` bytes of another from `offset`: a member of an archive that is not packed."""

    def __init__(self, inner: Reader, offset: int, size: int) -> None:
        self.inner = inner
        self.offset = offset
        self.size = max(0, min(size, inner.size - offset))

    def read(self, offset: int, length: int) -> bytes:
        """As `Reader.read`."""
        return (
            self.inner.read(self.offset + offset, min(length, self.size - offset)) if 0 <= offset < self.size else b""
        )


class BudgetReader:
    """A `Reader` that counts what is read and gives nothing more once `budget` bytes were handed out."""

    def __init__(self, inner: Reader, budget: int) -> None:
        self.inner = inner
        self.size = inner.size
        self.left = budget

    def read(self, offset: int, length: int) -> bytes:
        """As `Reader.read`, cut to what is left of the budget."""
        data = self.inner.read(offset, min(length, self.left)) if self.left > 0 else b""
        self.left -= len(data)
        return data
