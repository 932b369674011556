"""The parts that need no redirection: what is answered on the port itself. The rest is tried in `test_main.py`."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import dns.message
import dns.rcode
import pytest

from clearance.agent.network.loop import Loop
from clearance.agent.network.names import KnownNames
from clearance.agent.network.nameserver import Nameserver
from clearance.agent.network.owner import Owners
from clearance.agent.network.policy import Policy
from clearance.agent.network.sockets import open_ends
from clearance.model.enforcement import Row
from clearance.model.network import NetworkName, NetworkTable, UserRow

BARRED = NetworkName("*.barred.example", "coder", (UserRow(None, Row("block", "block", 0)),))


class Place:
    def __init__(self) -> None:
        self.loop = Loop()
        self.heard: list[object] = []
        policy = Policy(self.hear, self.loop.clock)
        policy.replace(NetworkTable(serial=1, generation=1, mode="block", names=(BARRED,), guarded=BARRED.rows))
        self.known = KnownNames()
        self.owners = Owners()
        self.ends = open_ends()
        self.names = Nameserver(self.loop, policy, self.owners, self.known, lambda: (), self.ends)

    def hear(self, message: object) -> bool:
        self.heard.append(message)
        return True

    def turns(self, until: socket.socket) -> bytes:
        until.setblocking(False)
        for _ in range(1000):
            self.loop.turn(0.01)
            try:
                return until.recv(65535)
            except BlockingIOError:
                continue
        raise TimeoutError

    def close(self) -> None:
        self.names.close()
        self.ends.close()
        self.owners.close()
        self.loop.close()


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    yield made
    made.close()


def by_packet(place: Place, wire: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.connect(("127.0.0.1", place.names.port))
        end.send(wire)
        return place.turns(end)


def by_stream(place: Place, wire: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", place.names.port)) as end:
        end.sendall(len(wire).to_bytes(2, "big") + wire)
        found = place.turns(end)
        assert int.from_bytes(found[:2], "big") == len(found) - 2
        return found[2:]


@pytest.mark.parametrize("ask", [by_packet, by_stream])
def test_a_barred_name_is_answered_here_and_told(place: Place, ask: object) -> None:
    query = dns.message.make_query("api.barred.example", "A")
    reply = dns.message.from_wire(ask(place, query.to_wire()))  # type: ignore[operator]
    assert (reply.id, reply.rcode()) == (query.id, dns.rcode.NXDOMAIN)
    assert len(place.heard) == 1


@pytest.mark.parametrize("ask", [by_packet, by_stream])
def test_without_a_server_to_ask_that_is_the_answer(place: Place, ask: object) -> None:
    query = dns.message.make_query("good.example", "A")
    reply = dns.message.from_wire(ask(place, query.to_wire()))  # type: ignore[operator]
    assert (reply.id, reply.rcode(), reply.question) == (query.id, dns.rcode.SERVFAIL, query.question)
    assert place.known.asked("good.example")
    assert not place.heard


def test_nonsense_is_dropped_or_said_to_be_nonsense(place: Place) -> None:
    assert by_packet(place, b"\x12\x34" + bytes(9) + b"\xff\xff\xff")[:4] == b"\x12\x34\x80\x81"
