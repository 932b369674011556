"""Sockets of the guard: those it listens on, and those on which it goes out, which no rule of its own touches."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from clearance.act.linux.nftables import MARK
from clearance.kernel.sock_diag import Address

BACKLOG: Final = 4096
_ATTEMPTS: Final = 32
_LOOPBACK: Final = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_IP_BIND_ADDRESS_NO_PORT: Final = 24
_UNDER_WAY: Final = (0, errno.EINPROGRESS)


class Refused(Exception):
    """A connection could not even be begun."""


class Ends(NamedTuple):
    """What a guard listens on. Whoever makes them before the guard is forked keeps what waits there when it dies: the
    next guard finds it, at the same ports."""

    tls_port: int
    tls: list[socket.socket]
    dns_port: int
    packets: list[socket.socket]
    streams: list[socket.socket]

    def all(self) -> tuple[socket.socket, ...]:
        """Every socket."""
        return (*self.tls, *self.packets, *self.streams)

    def close(self) -> None:
        """Listen no longer."""
        for end in self.all():
            end.close()


def open_ends() -> Ends:
    """Ends on ports that were free. OSError where there are none."""
    tls_port, (tls,) = listeners((socket.SOCK_STREAM,))
    dns_port, (packets, streams) = listeners((socket.SOCK_DGRAM, socket.SOCK_STREAM))
    return Ends(tls_port, tls, dns_port, packets, streams)


def listeners(kinds: Sequence[int]) -> tuple[int, list[list[socket.socket]]]:
    """A port that was free, and for each kind (SOCK_STREAM, SOCK_DGRAM) its sockets on it, one a loopback address that
    the machine has. OSError where there is no such port."""
    for _ in range(_ATTEMPTS):
        made: list[list[socket.socket]] = []
        port = 0
        try:
            for kind in kinds:
                made.append([])
                for family, address in _LOOPBACK:
                    end = _bound(family, kind, address, port)
                    if end is not None:
                        made[-1].append(end)
                        port = end.getsockname()[1]
        except OSError as error:
            for end in (end for ends in made for end in ends):
                end.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        if all(made):
            return port, made
    raise OSError(errno.EADDRINUSE, "no port is free on the loopback addresses")


def _bound(family: int, kind: int, address: str, port: int) -> socket.socket | None:
    try:
        end = socket.socket(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    except OSError:
        return None
    try:
        end.bind((address, port))
        if kind == socket.SOCK_STREAM:
            end.listen(BACKLOG)
        else:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    except OSError as error:
        end.close()
        if error.errno == errno.EADDRNOTAVAIL:
            # This machine has no such loopback address; then nothing can come to it either.
            return None
        raise
    return end


def connect(to: Address, kind: int, source: str | None = None) -> socket.socket:
    """A socket that is connected, or about to be, past the guard's own rules. `source` is the address to come from,
    where this machine lets it. `Refused` where it cannot be begun."""
    family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
    end = socket.socket(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        if source is not None:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
                end.bind((source, 0))
        error = end.connect_ex(to)
    except OSError as broken:
        end.close()
        raise Refused from broken
    if error not in _UNDER_WAY:
        end.close()
        raise Refused
    return end


def reset(end: socket.socket) -> None:
    """Close a connection so that the other end sees it as broken off."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
