"""A two-way channel of whole messages between two processes of one host; files can travel with a message.

SOCK_SEQPACKET keeps messages whole and in order (unix(7)); descriptors travel as SCM_RIGHTS. Large messages are sent
as a sealed memory file, because a packet may not be larger than the socket's buffer.
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from clearance.wire.enforcement import Message

PACKET: Final = 65_536
"""Bytes of a message that go in one packet."""

MOST: Final = 256 << 20
"""Bytes of a message."""

FILES: Final = 4
_BY_FILE: Final = b"\xc1"
"""A byte that no msgpack document begins with: what follows is in the first descriptor."""


class Closed(ConnectionError):
    """The other end is gone."""


class Channel:
    """One end. Not thread-safe. `fileno` is readable when a message waits."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Message)

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Two connected ends."""
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(one), cls(other)

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._socket.fileno()

    def hang_up(self) -> None:
        """End the conversation: whoever waits on either end, in whatever thread, gets `Closed`."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close this end. The other one gets `Closed`."""
        self._socket.close()

    def send(self, message: Message, files: Sequence[int] = (), *, wait: bool = True) -> bool:
        """Send a message. False where the other end does not keep up and `wait` is False. `Closed` if it is gone."""
        data = packed(message, self._encoder)
        spare = -1
        try:
            if len(data) > PACKET:
                spare = os.memfd_create("message", os.MFD_CLOEXEC)
                os.truncate(spare, 0)
                _write(spare, data)
                data, files = _BY_FILE, (spare, *files)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
            self._socket.sendmsg([data], rights, 0 if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error
        finally:
            if spare >= 0:
                os.close(spare)
        return True

    def receive(self, *, wait: bool = True) -> tuple[Message, list[int]] | None:
        """The next message with its files, which the caller closes. None where none waits. `Closed` at the end."""
        try:
            data, rights, _, _ = self._socket.recvmsg(
                PACKET, socket.CMSG_SPACE(FILES * 4), socket.MSG_CMSG_CLOEXEC | (0 if wait else socket.MSG_DONTWAIT)
            )
        except BlockingIOError:
            return None
        except ConnectionResetError as error:
            raise Closed from error
        if not data:
            raise Closed
        files = array.array("i")
        for _, _, raw in rights:
            files.frombytes(raw[: len(raw) - len(raw) % 4])
        fds = files.tolist()
        if data == _BY_FILE:
            body = fds.pop(0)
            try:
                data = os.pread(body, min(os.fstat(body).st_size, MOST), 0)
            finally:
                os.close(body)
        return self._decoder.decode(data), fds


def packed(value: object, encoder: msgspec.msgpack.Encoder | None = None) -> bytes:
    """The value as msgpack. Names that are no UTF-8 are escaped: whoever chooses names may not choose who fails."""
    encoder = encoder or msgspec.msgpack.Encoder()
    try:
        return encoder.encode(value)
    except UnicodeEncodeError:
        return encoder.encode(_escaped(msgspec.to_builtins(value)))


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_escaped(name): _escaped(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(each) for each in value]
    return value


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
