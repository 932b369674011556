"""Whose a local socket is, from the kernel's socket diagnosis; and ending a connection. Source: sock_diag(7)."""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
from typing import Final

from msgspec import Struct

from clearance.kernel.netlink import ACK, DUMP, Netlink, attributes

Address = tuple[str, int]
"""An IP address and a port."""

_PROTOCOL: Final = 4
_BY_FAMILY: Final = 20
_DESTROY: Final = 21
_CGROUP: Final = 21
_NO_COOKIE: Final = b"\xff" * 8
_ID: Final = struct.Struct("!HH16s16s")
_MESSAGE: Final = 72
_ALL_STATES: Final = 0xFFF


class SocketOwner(Struct, frozen=True):
    """`uid` that made the socket, its inode (as `socket:[N]` in /proc/PID/fd), its control group's id (0: not told)."""

    uid: int
    inode: int
    cgroup: int


class SocketDiagnosis:
    """Asks the kernel about the sockets of this network namespace. Not thread-safe."""

    def __init__(self) -> None:
        self._netlink = Netlink(_PROTOCOL)

    def close(self) -> None:
        """Close it."""
        self._netlink.close()

    def tcp(self, own: Address, peer: Address) -> SocketOwner | None:
        """The owner of the socket of a TCP connection, as that socket names its ends. None where there is none."""
        return self._one(socket.IPPROTO_TCP, own, peer)

    def udp(self, own: Address, peer: Address) -> SocketOwner | None:
        """The owner of the socket that sent from `own` to `peer`. None where there is none."""
        # For UDP the kernel looks up as for a packet that arrives, so the ends are the other way round.
        return self._one(socket.IPPROTO_UDP, peer, own)

    def _one(self, protocol: int, source: Address, destination: Address) -> SocketOwner | None:
        request = _request(protocol, source, destination)
        try:
            answers = self._netlink.ask(_BY_FAMILY, 0, request)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINVAL):
                return None
            raise
        # An address of version 4 may be a socket's of version 6 that has it mapped.
        return _owner(answers[0]) if answers and len(answers[0]) >= _MESSAGE else None

    def end(self, inodes: set[int]) -> int:
        """End the TCP connections and UDP sockets with these inodes; how many. OSError where the kernel cannot."""
        ended = 0
        for family in (socket.AF_INET, socket.AF_INET6):
            for protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
                head = struct.pack("=BBBBI", family, protocol, 0, 0, _ALL_STATES)
                found = self._netlink.ask(_BY_FAMILY, DUMP, head + bytes(48))
                for answer in found:
                    if len(answer) < _MESSAGE or _owner(answer).inode not in inodes:
                        continue
                    try:
                        self._netlink.ask(_DESTROY, ACK, head + answer[4:52])
                        ended += 1
                    except OSError as error:
                        if error.errno != errno.ENOENT:
                            raise
        return ended


def _request(protocol: int, source: Address, destination: Address) -> bytes:
    ends = [ipaddress.ip_address(address.partition("%")[0]) for address, _ in (source, destination)]
    family = socket.AF_INET if all(end.version == 4 for end in ends) else socket.AF_INET6
    packed = [end.packed if family == socket.AF_INET else _six(end) for end in ends]
    identity = _ID.pack(source[1], destination[1], packed[0].ljust(16, b"\0"), packed[1].ljust(16, b"\0"))
    head = struct.pack("=BBBBI", family, protocol, 0, 0, _ALL_STATES)
    return head + identity + struct.pack("=I", 0) + _NO_COOKIE


def _six(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    return bytes(10) + b"\xff\xff" + address.packed if address.version == 4 else address.packed


def _owner(answer: bytes) -> SocketOwner:
    uid, inode = struct.unpack_from("=II", answer, 64)
    cgroup = attributes(answer[_MESSAGE:]).get(_CGROUP, b"")
    return SocketOwner(uid, inode, struct.unpack("=Q", cgroup)[0] if len(cgroup) == 8 else 0)
