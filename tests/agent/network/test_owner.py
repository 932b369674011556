"""Whose a connection is: this very process's."""

from __future__ import annotations

import os
import socket

from clearance.agent.network.owner import Client, Owners, holder
from clearance.kernel.sock_diag import Address, SocketOwner


def test_the_owner_of_a_connection_and_the_process_that_holds_it() -> None:
    owners = Owners()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as end:
        client = owners.tcp(end.getsockname(), end.getpeername())
        assert client.uid == os.geteuid()
        assert client.owner is not None
        assert client.owner.inode == os.fstat(end.fileno()).st_ino
        assert client.pid == os.getpid()
        assert owners.tcp(end.getsockname(), ("192.0.2.1", 1)).owner is None
    owners.close()


def test_the_owner_of_a_datagram_whether_connected_or_not() -> None:
    owners = Owners()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 0))
        assert owners.udp(end.getsockname(), ("127.0.0.1", 53)).uid == os.geteuid()
        end.connect(("127.0.0.1", 53))
        assert owners.udp(end.getsockname(), ("127.0.0.1", 53)).uid == os.geteuid()
    owners.close()


def test_it_is_looked_up_once_and_only_when_asked() -> None:
    asked: list[tuple[Address, Address]] = []

    def find(own: Address, peer: Address) -> SocketOwner | None:
        asked.append((own, peer))
        return SocketOwner(5, 0, 0)

    client = Client(("192.0.2.1", 9), ("192.0.2.2", 53), find)
    assert not asked
    assert (client.uid, client.uid, client.pid) == (5, 5, 0)
    assert asked == [(("192.0.2.1", 9), ("192.0.2.2", 53))]


def test_a_kernel_that_does_not_answer_is_nobody() -> None:
    def find(own: Address, peer: Address) -> SocketOwner | None:
        raise OSError

    assert Client(("192.0.2.1", 9), None, find).uid is None


def test_what_is_no_address_is_nobody() -> None:
    owners = Owners()
    assert owners.tcp(("no address", 9), ("192.0.2.2", 53)).uid is None
    assert owners.udp(("::1", 9), ("192.0.2.2", 53)).uid is None
    owners.close()


def test_nobody_holds_a_socket_that_is_not_there() -> None:
    assert holder(1, os.geteuid()) == 0
    assert holder(1, 0, "/nowhere") == 0
