"""Packets that a rule of the packet filter logs to a group, as the kernel tells them: who sent what where.

Source: the kernel's uapi header nfnetlink_log.h.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from clearance.kernel.netlink import ACK, Netlink, attribute, attributes, messages

_NETFILTER: Final = 12
_CONFIG: Final = 4 << 8 | 1
_PACKET: Final = 4 << 8
_COMMAND, _MODE = 1, 2
_PAYLOAD, _PREFIX, _UID = 9, 10, 11
_BIND: Final = b"\x01"
_COPY_PACKET: Final = 2


class LoggedPacket(Struct, frozen=True):
    """A packet: the rule's word for it, the user whose socket sent it (None: not told), where to, port 0: none."""

    prefix: str
    uid: int | None
    address: str
    port: int


class PacketLog:
    """Listens to one group of this network namespace. OSError where the kernel does not let it."""

    def __init__(self, group: int, bytes_of_each: int = 80) -> None:
        self._netlink = Netlink(_NETFILTER)
        head = struct.pack("!BBH", socket.AF_UNSPEC, 0, group)
        self._netlink.ask(_CONFIG, ACK, head + attribute(_COMMAND, _BIND))
        self._netlink.ask(_CONFIG, ACK, head + attribute(_MODE, struct.pack("!IBx", bytes_of_each, _COPY_PACKET)))

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._netlink.fileno()

    def packets(self) -> Iterator[LoggedPacket]:
        """Those that wait."""
        while (data := self._netlink.receive()) is not None:
            for kind, _, body in messages(data):
                if kind == _PACKET:
                    found = packet(body)
                    if found is not None:
                        yield found

    def close(self) -> None:
        """Listen no more."""
        self._netlink.close()


def packet(body: bytes) -> LoggedPacket | None:
    """One message's packet; None where it is none of IP."""
    told = attributes(body[4:])
    data = told.get(_PAYLOAD, b"")
    if len(data) >= 20 and data[0] >> 4 == 4:
        protocol, header, address = data[9], (data[0] & 15) * 4, data[16:20]
    elif len(data) >= 40 and data[0] >> 4 == 6:
        protocol, header, address = data[6], 40, data[24:40]
    else:
        return None
    ports = data[header : header + 4]
    port = int.from_bytes(ports[2:], "big") if protocol in (6, 17) and len(ports) == 4 else 0
    uid = told.get(_UID, b"")
    return LoggedPacket(
        prefix=told.get(_PREFIX, b"").rstrip(b"\0").decode("ascii", "replace"),
        uid=struct.unpack("!I", uid)[0] if len(uid) == 4 else None,
        address=str(ipaddress.ip_address(address)),
        port=port,
    )
