"""Netlink: questions to the kernel's network side and their answers, as bytes in attributes.

Source: netlink(7); RFC 3549. Answers are parsed without trust in their lengths.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

REQUEST: Final = 0x1
DUMP: Final = 0x300
ACK: Final = 0x4
_HEADER: Final = struct.Struct("=IHHII")
_ERROR: Final = 2
_DONE: Final = 3
_NESTED: Final = 0x8000
_TYPE: Final = 0x3FFF
_RECEIVED: Final = 1 << 16
PATIENCE: Final = 1
"""Seconds until a question that the kernel does not answer is given up."""


class Netlink:
    """One socket of a netlink protocol. Not thread-safe. The kernel answers at once or refuses."""

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        # Not Python's own timeout: with one, a call that is not to wait would wait.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PATIENCE, 0))
        self._socket.bind((0, 0))
        self._sequence = 0

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def ask(self, kind: int, flags: int, payload: bytes) -> list[bytes]:
        """The payloads of all answers. OSError with the kernel's error number; ETIMEDOUT where none comes."""
        self._sequence = self._sequence % 0xFFFFFFFF + 1
        header = _HEADER.pack(_HEADER.size + len(payload), kind, flags | REQUEST, self._sequence, 0)
        self._socket.send(header + payload)
        answers: list[bytes] = []
        while True:
            try:
                data = self._socket.recv(_RECEIVED)
            except BlockingIOError as error:
                raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)) from error
            for type_, sequence, body in messages(data):
                if sequence != self._sequence:
                    continue
                if type_ == _DONE:
                    return answers
                if type_ == _ERROR:
                    code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else errno.EPROTO
                    if code:
                        raise OSError(code, os.strerror(code))
                    return answers
                answers.append(body)
                if flags & (DUMP | ACK) == 0:
                    return answers

    def receive(self) -> bytes | None:
        """What the kernel sends unasked; None where nothing waits."""
        try:
            return self._socket.recv(_RECEIVED, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                return b""
            raise


def messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, sequence, payload) of each whole message."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, sequence, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size or at + length > len(data):
            return
        yield kind, sequence, data[at + _HEADER.size : at + length]
        at += length + 3 & ~3


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded."""
    return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)


def nest(kind: int, *inner: bytes) -> bytes:
    """An attribute of attributes."""
    return attribute(kind | _NESTED, b"".join(inner))


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes by type; the last of each."""
    found = {}
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4 or at + length > len(data):
            break
        found[kind & _TYPE] = data[at + 4 : at + length]
        at += length + 3 & ~3
    return found
