"""Sends entries to the systemd journal by its native protocol: one message an entry.

Guarantees: an entry arrives whole or not at all. One that is too large for a message travels as a sealed file in
memory, as systemd's own library does it. Source: "Native Journal Protocol", systemd documentation.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import socket
from typing import Final, Self

SOCKET: Final = "/run/systemd/journal/socket"
_TOO_LARGE: Final = (errno.EMSGSIZE, errno.ENOBUFS)


class Journal:
    """A connection to the journal. OSError where it cannot be reached."""

    def __init__(self, path: str = SOCKET, *, timeout: float | None = None) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(timeout)

    def send(self, entry: bytes) -> bool:
        """Whether the journal took it. False where it did not within the timeout (in seconds; None waits, 0 does not).

        OSError where there is no journal.
        """
        try:
            try:
                self._socket.sendto(entry, self._path)
            except OSError as error:
                if error.errno not in _TOO_LARGE:
                    raise
                self._send_file(entry)
        except (TimeoutError, BlockingIOError):
            return False
        return True

    def _send_file(self, entry: bytes) -> None:
        fd = os.memfd_create("journal-entry", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            rest = memoryview(entry)
            while rest:
                rest = rest[os.write(fd, rest) :]
            seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
            self._socket.sendmsg([], rights, 0, self._path)
        finally:
            os.close(fd)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
