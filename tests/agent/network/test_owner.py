"""Whose a connection is: this very process's."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from clearance.agent.network.owner import LONGEST, SHARE, Client, Holders, Owners, holder
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
        return SocketOwner(5, 7, 0)

    client = Client(("192.0.2.1", 9), ("192.0.2.2", 53), find, lambda inode, uid: 10 * inode + uid)
    assert not asked
    assert (client.uid, client.uid, client.pid) == (5, 5, 75)
    assert asked == [(("192.0.2.1", 9), ("192.0.2.2", 53))]


def test_a_kernel_that_does_not_answer_is_nobody() -> None:
    def find(own: Address, peer: Address) -> SocketOwner | None:
        raise OSError

    assert Client(("192.0.2.1", 9), None, find, lambda *_: 1).uid is None


def test_what_is_no_address_is_nobody() -> None:
    owners = Owners()
    assert owners.tcp(("no address", 9), ("192.0.2.2", 53)).uid is None
    assert owners.udp(("::1", 9), ("192.0.2.2", 53)).uid is None
    owners.close()


def test_nobody_holds_a_socket_that_is_not_there() -> None:
    assert holder(1, os.geteuid()) == 0
    assert holder(1, 0, "/nowhere") == 0


class Clock:
    """Every look at it takes a millisecond."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


def test_who_holds_many_descriptors_in_many_processes_does_not_make_it_search_for_long(tmp_path: Path) -> None:
    for pid in range(1, 200):
        (tmp_path / str(pid) / "fd").mkdir(parents=True)
        for number in range(100):
            (tmp_path / str(pid) / "fd" / str(number)).symlink_to("/dev/null")
    (tmp_path / "1" / "fd" / "100").symlink_to("socket:[7]")
    assert holder(7, os.geteuid(), str(tmp_path)) == 1
    clock = Clock()
    holders = Holders(str(tmp_path), clock)
    before = clock.now
    assert [holders.find(7, os.geteuid()) for _ in range(50)] == [0] * 50
    spent = clock.now - before
    assert spent < LONGEST + 50 * 0.01
    # What was spent comes back with time, and a process that is found soon is found.
    clock.now += LONGEST / SHARE
    (tmp_path / "200" / "fd").mkdir(parents=True)
    (tmp_path / "200" / "fd" / "0").symlink_to("socket:[8]")
    assert holders.find(8, os.geteuid()) == 200
