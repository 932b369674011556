"""Attributes and messages, whole and broken, and a real question."""

from __future__ import annotations

import errno
import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.kernel.netlink import ACK, DUMP, Netlink, attribute, attributes, messages, nest


@given(st.dictionaries(st.integers(0, 0x3FFF), st.binary(max_size=40), max_size=8))
def test_what_is_packed_is_read_again(values: dict[int, bytes]) -> None:
    assert attributes(b"".join(attribute(kind, value) for kind, value in values.items())) == values


def test_nested_attributes_lose_their_mark() -> None:
    assert attributes(attributes(nest(5, attribute(1, b"x"), attribute(2, b"yy")))[5]) == {1: b"x", 2: b"yy"}


@given(st.binary(max_size=200))
def test_broken_answers_have_an_end(data: bytes) -> None:
    attributes(data)
    list(messages(data))


def test_a_question_to_the_kernel() -> None:
    route = Netlink(socket.NETLINK_ROUTE)
    assert route.ask(18, DUMP, bytes(16))
    with pytest.raises(OSError, match=os.strerror(errno.EOPNOTSUPP)):
        route.ask(9999, ACK, bytes(16))
    assert route.receive() is None
    route.close()
