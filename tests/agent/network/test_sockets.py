"""Ports to listen on, and breaking off."""

from __future__ import annotations

import socket

import pytest

from clearance.agent.network.sockets import Refused, connect, listeners, reset


def test_one_port_for_all_kinds() -> None:
    port, ends = listeners((socket.SOCK_DGRAM, socket.SOCK_STREAM))
    assert {end.getsockname()[1] for group in ends for end in group} == {port}
    assert {end.getsockname()[0] for group in ends for end in group} <= {"127.0.0.1", "::1"}
    assert [group[0].type for group in ends] == [socket.SOCK_DGRAM, socket.SOCK_STREAM]
    for end in (end for group in ends for end in group):
        end.close()


def test_what_cannot_be_begun() -> None:
    with pytest.raises(Refused):
        connect(("0.0.0.0.0", 1), socket.SOCK_STREAM)


def test_the_other_end_sees_a_connection_broken_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as end:
        reset(server.accept()[0])
        with pytest.raises(ConnectionResetError):
            end.recv(1)
