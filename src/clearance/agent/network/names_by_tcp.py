"""Questions for names over TCP: each message is looked at, and passed on over a connection of our own."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

from clearance.agent.network import resolver
from clearance.agent.network.loop import ENDED, READ, WRITE, Loop
from clearance.agent.network.names import KnownNames
from clearance.agent.network.owner import Client, Owners
from clearance.agent.network.policy import Policy
from clearance.agent.network.sockets import Refused, connect
from clearance.kernel.conntrack import original_of
from clearance.kernel.sock_diag import Address

PATIENCE: Final = 10.0
"""Seconds without a message until a connection is closed."""

MOST: Final = 256
"""Connections at once; the oldest goes for a new one."""

WAITING: Final = 64
"""Questions of a connection that wait at once."""

HELD: Final = 1 << 18
"""Bytes that are held for one end before no more is read from the other."""


class Stream:
    """One end of a connection that carries messages with their length before them. Not what they mean."""

    def __init__(
        self, loop: Loop, end: socket.socket, heard: Callable[[bytes], None], gone: Callable[[], None]
    ) -> None:
        self._loop = loop
        self.end = end
        self._heard = heard
        self._gone = gone
        self._in = bytearray()
        self._out = bytearray()
        self._open = True
        self._watch()

    def say(self, wire: bytes) -> None:
        """Send a message as soon as there is room."""
        self._out += len(wire).to_bytes(2, "big") + wire
        self._write()

    def close(self) -> None:
        """Close it. Nothing is heard any more."""
        if self._open:
            self._open = False
            self._loop.forget(self.end)
            self.end.close()

    def _watch(self) -> None:
        if self._open:
            reading = READ if len(self._out) < HELD else 0
            self._loop.watch(self.end, reading | (WRITE if self._out else 0), self._ready)

    def _ready(self, events: int) -> None:
        if events & (WRITE | ENDED):
            self._write()
        if self._open and events & (READ | ENDED):
            self._read()

    def _write(self) -> None:
        if not self._open:
            return
        try:
            while self._out:
                del self._out[: self.end.send(self._out)]
        except BlockingIOError:
            pass
        except OSError:
            self._gone()
            return
        self._watch()

    def _read(self) -> None:
        try:
            data = self.end.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._gone()
            return
        self._in += data
        while self._open and len(self._in) >= 2:
            size = int.from_bytes(self._in[:2], "big")
            if len(self._in) < 2 + size:
                break
            wire = bytes(self._in[2 : 2 + size])
            del self._in[: 2 + size]
            self._heard(wire)


class NamesByTcp:
    """All connections for questions. `servers` gives where to pass them on, by where they were sent."""

    def __init__(
        self,
        loop: Loop,
        policy: Policy,
        owners: Owners,
        known: KnownNames,
        ends: Sequence[socket.socket],
        servers: Callable[[Address | None], list[Address]],
    ) -> None:
        self.loop = loop
        self.policy = policy
        self.servers = servers
        self.known = known
        self._owners = owners
        self._ends = ends
        self._open: dict[_Conversation, None] = {}
        for end in ends:
            loop.watch(end, READ, lambda _, end=end: self._accept(end))  # type: ignore[misc]

    def _accept(self, listener: socket.socket) -> None:
        try:
            end, source = listener.accept()
        except BlockingIOError:
            return
        end.setblocking(False)
        if len(self._open) >= MOST:
            next(iter(self._open)).close()
        original = original_of(end)
        here = end.getsockname()[:2]
        original = None if original == here else original
        client = self._owners.tcp((source[0], source[1]), original or (here[0], here[1]))
        self._open[_Conversation(self, end, client, original)] = None

    def closed(self, conversation: _Conversation) -> None:
        """One is over."""
        self._open.pop(conversation, None)

    def close(self) -> None:
        """Stop."""
        for conversation in list(self._open):
            conversation.close()
        for end in self._ends:
            self.loop.forget(end)
            end.close()


class _Conversation:
    def __init__(self, home: NamesByTcp, end: socket.socket, client: Client, original: Address | None) -> None:
        self._home = home
        self._client = client
        self._servers = home.servers(original)
        self._left = list(self._servers)
        self._waiting: dict[bytes, bytes] = {}
        self._near = Stream(home.loop, end, self._asked, self.close)
        self._far: Stream | None = None
        self._heard_at = home.loop.clock()
        self._timer = home.loop.later(PATIENCE, self._idle)

    def _asked(self, wire: bytes) -> None:
        began = time.perf_counter_ns()
        self._heard_at = self._home.loop.clock()
        policy = self._home.policy
        text = policy.table.text if policy.table else ""
        what = resolver.question(wire, lambda name: policy.name(name, self._client), text)
        if what.do == "answer":
            self._client.meet()
            self._near.say(what.answer)
        elif what.do == "drop":
            self.close()
        else:
            self._home.known.add(what.name)
            self._forward(wire)
        if what.verdict is not None:
            policy.tell("name", what.name, what.verdict, self._client, (time.perf_counter_ns() - began) // 1000)

    def _forward(self, wire: bytes) -> None:
        if len(self._waiting) >= WAITING or (self._far is None and not self._connect()):
            self._near.say(resolver.failure(wire))
            return
        assert self._far is not None
        self._waiting[wire[:2]] = wire
        self._far.say(wire)

    def _connect(self) -> bool:
        while self._left:
            try:
                far = connect(self._left.pop(0), socket.SOCK_STREAM)
            except Refused:
                continue
            self._far = Stream(self._home.loop, far, self._answered, self._lost)
            return True
        return False

    def _answered(self, wire: bytes) -> None:
        self._heard_at = self._home.loop.clock()
        query = self._waiting.get(wire[:2])
        if query is None:
            return
        if not _transfer(query):
            del self._waiting[wire[:2]]
        policy = self._home.policy
        text = policy.table.text if policy.table else ""
        found = resolver.answer(query, wire, lambda name: policy.name(name, self._client), text)
        self._near.say(found.wire)
        if found.verdict is not None:
            policy.tell("name", found.name, found.verdict, self._client, detail="by an alias")

    def _lost(self) -> None:
        """The server closed, or never opened: the next one gets what waits; without one that is the answer."""
        if self._far:
            self._far.close()
            self._far = None
        waiting, self._waiting = list(self._waiting.values()), {}
        if not waiting:
            self._left = list(self._servers)
        for wire in waiting:
            self._forward(wire)

    def _idle(self) -> None:
        left = self._heard_at + PATIENCE - self._home.loop.clock()
        if left <= 0:
            self.close()
        else:
            self._timer = self._home.loop.later(left, self._idle)

    def close(self) -> None:
        """Over."""
        self._timer.cancelled = True
        self._near.close()
        if self._far:
            self._far.close()
        self._home.closed(self)


def _transfer(query: bytes) -> bool:
    """Whether the answer comes in many messages (AXFR, IXFR)."""
    at = 12
    while at < len(query) and query[at]:
        at += query[at] + 1
    return query[at + 1 : at + 3] in (b"\0\xfc", b"\0\xfb")
