"""Packets as the kernel tells them. That it does is tried in `tests/agent/network/test_main.py`."""

from __future__ import annotations

import ipaddress
import struct

from hypothesis import given
from hypothesis import strategies as st

from clearance.kernel.netlink import attribute
from clearance.kernel.nflog import LoggedPacket, packet


def body(data: bytes, uid: int | None = 7) -> bytes:
    told = attribute(10, b"address\0") + attribute(9, data)
    return bytes(4) + told + (attribute(11, struct.pack("!I", uid)) if uid is not None else b"")


def four(protocol: int, to: str, rest: bytes) -> bytes:
    return b"\x45" + bytes(8) + bytes([protocol]) + bytes(6) + ipaddress.ip_address(to).packed + rest


def six(protocol: int, to: str, rest: bytes) -> bytes:
    return b"\x60" + bytes(5) + bytes([protocol]) + bytes(17) + ipaddress.ip_address(to).packed + rest


def test_both_families_with_and_without_a_port() -> None:
    ports = struct.pack("!HH", 1000, 443)
    assert packet(body(four(6, "192.0.2.7", ports))) == LoggedPacket("address", 7, "192.0.2.7", 443)
    assert packet(body(six(17, "2001:db8::1", ports), None)) == LoggedPacket("address", None, "2001:db8::1", 443)
    assert packet(body(four(1, "192.0.2.7", ports))) == LoggedPacket("address", 7, "192.0.2.7", 0)
    assert packet(body(four(6, "192.0.2.7", b""))) == LoggedPacket("address", 7, "192.0.2.7", 0)


@given(st.binary(max_size=120))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    packet(data)
    packet(body(data))
