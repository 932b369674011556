"""Where a redirected packet was sent before it was redirected, from the kernel's connection tracking.

Source: the kernel's uapi headers nfnetlink.h and nfnetlink_conntrack.h. A TCP socket is asked with SO_ORIGINAL_DST.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
from typing import Final

from clearance.kernel.netlink import Netlink, attribute, attributes, nest
from clearance.kernel.sock_diag import Address

_NETFILTER: Final = 12
_GET: Final = 1 << 8 | 1
_TUPLE_ORIGINAL, _TUPLE_REPLY = 1, 2
_TUPLE_IP, _TUPLE_PROTOCOL = 1, 2
_IP: Final = {4: (1, 2), 6: (3, 4)}
_PROTOCOL_NUMBER, _SOURCE_PORT, _DESTINATION_PORT = 1, 2, 3
SO_ORIGINAL_DST: Final = 80


class ConnectionTracking:
    """Asks connection tracking of this network namespace. Not thread-safe. OSError where the kernel has none."""

    def __init__(self) -> None:
        self._netlink = Netlink(_NETFILTER)

    def close(self) -> None:
        """Close it."""
        self._netlink.close()

    def original(self, client: Address, here: Address) -> Address | None:
        """Where a UDP packet from `client` that arrived at `here` was sent. None where it is not known."""
        one, other = ipaddress.ip_address(here[0]), ipaddress.ip_address(client[0])
        if one.version != other.version:
            return None
        source, destination = _IP[one.version]
        reply = nest(
            _TUPLE_REPLY,
            nest(_TUPLE_IP, attribute(source, one.packed), attribute(destination, other.packed)),
            nest(
                _TUPLE_PROTOCOL,
                attribute(_PROTOCOL_NUMBER, bytes([socket.IPPROTO_UDP])),
                attribute(_SOURCE_PORT, struct.pack("!H", here[1])),
                attribute(_DESTINATION_PORT, struct.pack("!H", client[1])),
            ),
        )
        family = socket.AF_INET if one.version == 4 else socket.AF_INET6
        try:
            answers = self._netlink.ask(_GET, 0, struct.pack("=BBH", family, 0, 0) + reply)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise
        if not answers:
            return None
        original = attributes(attributes(answers[0][4:]).get(_TUPLE_ORIGINAL, b""))
        address = attributes(original.get(_TUPLE_IP, b"")).get(destination, b"")
        port = attributes(original.get(_TUPLE_PROTOCOL, b"")).get(_DESTINATION_PORT, b"")
        if len(address) not in (4, 16) or len(port) != 2:
            return None
        return str(ipaddress.ip_address(address)), struct.unpack("!H", port)[0]


def original_of(end: socket.socket) -> Address | None:
    """Where the other end of an accepted TCP connection wanted to go. None where it was not redirected."""
    try:
        if end.family == socket.AF_INET:
            port, packed = struct.unpack_from("!2xH4s", end.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16))
            return socket.inet_ntop(socket.AF_INET, packed), port
        port, packed = struct.unpack_from("!2xH4x16s", end.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28))
        return socket.inet_ntop(socket.AF_INET6, packed), port
    except OSError:
        return None
