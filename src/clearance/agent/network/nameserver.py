"""Carries questions for names to where they were sent, and the answers back; `resolver.py` says which go nowhere.

A question goes on to the very server that the program asked, so that a company's own resolvers, split horizons and
tunnels work as before; where that cannot be told, to those of resolv.conf. A server that is gone is an answer
(SERVFAIL), never silence. What waits is bounded: beyond it a question is answered with SERVFAIL at once.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

from clearance.agent.network import resolver
from clearance.agent.network.loop import ENDED, READ, Loop
from clearance.agent.network.names import KnownNames
from clearance.agent.network.names_by_tcp import NamesByTcp
from clearance.agent.network.owner import Client, Owners
from clearance.agent.network.policy import Policy
from clearance.agent.network.sockets import Ends, Refused, connect
from clearance.kernel.conntrack import ConnectionTracking
from clearance.kernel.sock_diag import Address

PATIENCE: Final = 3.0
"""Seconds that a server gets; less than resolvers wait by themselves (5)."""

WAITING: Final = 2048
"""Questions that wait at once."""

_AT_ONCE: Final = 64
_PORT: Final = 53


class Nameserver:
    """Both protocols on one port of the loopback addresses. `servers` are those of resolv.conf as it is now."""

    def __init__(
        self,
        loop: Loop,
        policy: Policy,
        owners: Owners,
        known: KnownNames,
        servers: Callable[[], Sequence[str]],
        ends: Ends,
    ) -> None:
        self._loop = loop
        self._policy = policy
        self._owners = owners
        self._known = known
        self._servers = servers
        self._tracking: ConnectionTracking | None
        try:
            self._tracking = ConnectionTracking()
        except OSError:
            self._tracking = None
        self.port, self._packets = ends.dns_port, ends.packets
        self._waiting: dict[_Question, None] = {}
        self.counters = {"questions": 0, "unanswered": 0}
        for end in self._packets:
            loop.watch(end, READ, lambda _, end=end: self._read(end))  # type: ignore[misc]
        self._tcp = NamesByTcp(loop, policy, owners, known, ends.streams, self._next_servers)

    def _read(self, end: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                wire, source = end.recvfrom(resolver.LARGEST)
            except BlockingIOError:
                return
            self._ask(end, wire, (source[0], source[1]))

    def _ask(self, end: socket.socket, wire: bytes, source: Address) -> None:
        began = time.perf_counter_ns()
        self.counters["questions"] += 1
        original = self._original(source, end.getsockname()[:2])
        client = self._owners.udp(source, original)
        text = self._policy.table.text if self._policy.table else ""
        what = resolver.question(wire, lambda name: self._policy.name(name, client), text)
        if what.do == "answer":
            client.meet()
            _reply(end, what.answer, source)
        elif what.do == "forward":
            self._known.add(what.name)
            question = _Question(self, end, source, wire, client, self._next_servers(original))
            if len(self._waiting) >= WAITING:
                question.fail()
            else:
                self._waiting[question] = None
                question.next()
        if what.verdict is not None:
            micros = (time.perf_counter_ns() - began) // 1000
            self._policy.tell("name", what.name, what.verdict, client, micros)

    def _original(self, source: Address, here: Address) -> Address | None:
        if self._tracking is None:
            return None
        try:
            found = self._tracking.original(source, here)
        except OSError:
            return None
        return None if found == here else found

    def _next_servers(self, original: Address | None) -> list[Address]:
        servers = self._servers()
        if original is None:
            return [(server, _PORT) for server in servers]
        # A link-local address is none without its interface, which only the file of name servers knows.
        scoped = (server for server in servers if server.partition("%")[0] == original[0])
        return [(next(scoped, original[0]), original[1])]

    def answered(self, question: _Question, wire: bytes) -> None:
        """The answer is there."""
        self._waiting.pop(question, None)
        text = self._policy.table.text if self._policy.table else ""
        found = resolver.answer(question.wire, wire, lambda name: self._policy.name(name, question.client), text)
        if found.verdict is not None:
            question.client.meet()
        _reply(question.end, found.wire, question.source)
        if found.verdict is not None:
            self._policy.tell("name", found.name, found.verdict, question.client, detail="by an alias")

    def failed(self, question: _Question) -> None:
        """No server answered."""
        self._waiting.pop(question, None)
        self.counters["unanswered"] += 1
        _reply(question.end, resolver.failure(question.wire), question.source)

    def close(self) -> None:
        """Stop. Questions that wait are left without an answer, as if the network had lost them."""
        for question in list(self._waiting):
            question.stop()
        self._tcp.close()
        for end in self._packets:
            self._loop.forget(end)
            end.close()
        if self._tracking:
            self._tracking.close()

    @property
    def loop(self) -> Loop:
        """What waits for the answers."""
        return self._loop


class _Question:
    """One question on its way: to one server after the other."""

    def __init__(
        self,
        home: Nameserver,
        end: socket.socket,
        source: Address,
        wire: bytes,
        client: Client,
        servers: list[Address],
    ) -> None:
        self._home = home
        self.end = end
        self.source = source
        self.wire = wire
        self.client = client
        self._servers = servers
        self._socket: socket.socket | None = None
        self._timer = home.loop.later(PATIENCE, self.next)

    def next(self) -> None:
        """Ask the next server. None left: that is the answer."""
        self.stop()
        while self._servers:
            server = self._servers.pop(0)
            try:
                self._socket = connect(server, socket.SOCK_DGRAM)
                self._socket.send(self.wire)
            except (Refused, OSError):
                self._close()
                continue
            self._home.loop.watch(self._socket, READ, self._ready)
            self._timer = self._home.loop.later(PATIENCE, self.next)
            return
        self.fail()

    def fail(self) -> None:
        """Give up."""
        self.stop()
        self._home.failed(self)

    def _ready(self, events: int) -> None:
        assert self._socket is not None
        try:
            wire = self._socket.recv(resolver.LARGEST)
        except BlockingIOError:
            return
        except OSError:
            # The server's machine says that nobody listens there.
            self.next()
            return
        if events & ENDED and not wire:
            self.next()
        elif len(wire) >= resolver.SMALLEST and wire[:2] == self.wire[:2] and wire[2] & 0x80:
            self.stop()
            self._home.answered(self, wire)

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._timer.cancelled = True
        self._close()

    def _close(self) -> None:
        if self._socket is not None:
            self._home.loop.forget(self._socket)
            self._socket.close()
            self._socket = None


def _reply(end: socket.socket, wire: bytes, source: Address) -> None:
    # Who does not wait any more, or has no room, is as if the network had lost it.
    with contextlib.suppress(OSError):
        end.sendto(wire, source)
