"""Looks at the first bytes of a redirected TCP connection and carries the rest, unread, by splice(2).

The connection to where the client wanted to go is begun at once, so that what speaks first there is heard, and a
connection that cannot be made breaks off. Nothing goes to it before the name is known; behind a request to a proxy, the
name in what follows is looked at too. A barred name gets a TLS alert and the connection is broken off; what has no name
to look at passes and is counted. Half-closed stays half-closed.
"""

from __future__ import annotations

import contextlib
import errno
import resource
import socket
import time
from typing import Final

from clearance.agent.network import hello
from clearance.agent.network.loop import EDGE, ENDED, READ, WRITE, Loop
from clearance.agent.network.names import KnownNames
from clearance.agent.network.owner import Client, Owners
from clearance.agent.network.pipes import Flow, Pipes
from clearance.agent.network.policy import Policy
from clearance.agent.network.sockets import Ends, Refused, connect, reset
from clearance.kernel.conntrack import original_of
from clearance.kernel.sock_diag import Address
from clearance.model.network import Verdict

MOST: Final = 20_000
"""Connections at once. Beyond it the ones that said nothing yet go first."""

CONNECTING: Final = 30.0
"""Seconds until a connection that is not answered is given up; the client sees it broken off."""

FIRST_BYTES: Final = 15.0
"""Seconds for the rest of a hello that has begun. One that takes longer is broken off where names matter."""

_ACCEPTED: Final = 64
_EVENTS: Final = READ | WRITE | ENDED | EDGE | 0x2000
ALERT: Final = b"\x15\x03\x03\x00\x02\x02\x31"
"""Fatal, access_denied (RFC 8446, 6.2)."""

FORBIDDEN: Final = b"HTTP/1.1 403 Not cleared here\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Splice:
    """All redirected connections. `known` are the names that were asked for on this machine."""

    def __init__(self, loop: Loop, policy: Policy, owners: Owners, known: KnownNames, ends: Ends) -> None:
        self.loop = loop
        self.policy = policy
        self.known = known
        self.pipes = Pipes()
        self._owners = owners
        self.port, self._listeners = ends.tls_port, ends.tls
        self.open: dict[Connection, None] = {}
        self.silent: dict[Connection, None] = {}
        self.counters = {"connections": 0, "unnamed": 0, "encrypted_hello": 0, "unreachable": 0, "shed": 0}
        for end in self._listeners:
            loop.watch(end, READ, lambda _, end=end: self._accept(end))  # type: ignore[misc]

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTED):
            try:
                near, source = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS):
                    self._shed()
                return
            near.setblocking(False)
            to = original_of(near)
            here = near.getsockname()
            if to is None or to == here[:2]:
                # Nobody redirected it: somebody talks to this port itself.
                reset(near)
                continue
            if len(self.open) >= MOST:
                self._shed()
            self.counters["connections"] += 1
            client = self._owners.tcp((source[0], source[1]), to)
            try:
                far = connect(to, socket.SOCK_STREAM, source[0])
            except Refused:
                self.counters["unreachable"] += 1
                reset(near)
                continue
            Connection(self, near, far, client, to)

    def _shed(self) -> None:
        """Make room: a connection on which nothing was said for longest."""
        victim = next(iter(self.silent), None)
        if victim is not None:
            self.counters["shed"] += 1
            victim.break_off()

    def close(self) -> None:
        """Stop. What is under way is broken off: clients connect again, without the guard."""
        for end in self._listeners:
            self.loop.forget(end)
            end.close()
        for connection in list(self.open):
            connection.break_off()
        self.pipes.close()


class Connection:
    """One client and where it wanted to go."""

    def __init__(self, home: Splice, near: socket.socket, far: socket.socket, client: Client, to: Address) -> None:
        self._home = home
        self._near = near
        self._far = far
        self._client = client
        self._to = to
        self._held: bytearray | None = bytearray()
        self._ended_early = False
        self._connected = False
        self._again = False
        self._over = False
        self._out = Flow(home.pipes, near, far)
        self._back = Flow(home.pipes, far, near)
        home.open[self] = None
        home.silent[self] = None
        self._timer = home.loop.later(CONNECTING, self._late)
        home.loop.watch(near, _EVENTS, self._ready)
        home.loop.watch(far, _EVENTS, self._far_ready)

    def _far_ready(self, events: int) -> None:
        if not self._connected and events & (WRITE | ENDED):
            error = self._far.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                self._home.counters["unreachable"] += 1
                self.break_off()
                return
            self._connected = True
            if self._held is None or not self._held:
                self._timer.cancelled = True
        self._ready(events)

    def _ready(self, _: int = 0) -> None:
        """Carry what can be carried, in both directions."""
        self._again = False
        if self._over:
            return
        try:
            if self._held is not None:
                self._listen()
            if self._over or not self._connected:
                return
            more = self._back.carry()
            if self._held is None:
                more = self._out.carry() or more
            else:
                self._out.say()
        except OSError:
            self.break_off()
            return
        if self._out.done and self._back.done:
            self._close()
        elif more and not self._again:
            # There is more, but others have their turn first.
            self._again = True
            self._home.loop.soon(self._ready)

    def _listen(self) -> None:
        """Hear the first bytes, until it is known what they are."""
        held = self._held
        assert held is not None
        while len(held) < hello.LARGEST and not self._ended_early:
            try:
                data = self._near.recv(hello.LARGEST - len(held))
            except BlockingIOError:
                break
            if not data:
                self._ended_early = True
            elif not held:
                self._home.silent.pop(self, None)
                self._timer.cancelled = True
                self._timer = self._home.loop.later(FIRST_BYTES, self._late)
            held += data
        found = hello.read(bytes(held)) if held else hello.INCOMPLETE
        if found.state == "incomplete" and not self._ended_early and len(held) < hello.LARGEST:
            return
        if self._refused(found):
            return
        self._home.silent.pop(self, None)
        self._timer.cancelled = True
        if not self._connected:
            self._timer = self._home.loop.later(CONNECTING, self._late)
        if found.state == "proxy" and not self._ended_early:
            # What is said through the proxy begins like any connection, once the proxy has answered.
            self._out.first(bytes(held[: found.length]), ended=False)
            self._held = held[found.length :]
            if self._held:
                self._again = True
                self._home.loop.soon(self._ready)
            return
        self._held = None
        self._out.first(bytes(held), ended=self._ended_early)

    def _refused(self, found: hello.Hello) -> bool:
        """Whether the connection is broken off for what its first bytes show."""
        began = time.perf_counter_ns()
        policy = self._home.policy
        name = found.name or self._to[0]
        verdict = policy.name(found.name, self._client) if found.name else policy.address(self._to[0], self._client)
        if found.state == "hiding" and (reason := policy.reason(self._client.uid)) is not None:
            verdict = Verdict(name, "", reason)
        if verdict is not None and verdict.row.action == "block":
            self._client.meet()
            with contextlib.suppress(OSError):
                self._near.send(FORBIDDEN if found.state == "proxy" else ALERT)
            self.break_off()
            self._tell(name, verdict, began, "a hello as no client sends it" if found.state == "hiding" else "")
            return True
        if found.state == "tls" and found.name is None:
            self._home.counters["unnamed"] += 1
            self._event("no name in the hello")
        elif found.encrypted and found.name and not self._home.known.asked(found.name):
            # Browsers send such a field always, with the true name beside it; who hides a name shows another one, which
            # nobody on this machine has asked for.
            self._home.counters["encrypted_hello"] += 1
            self._event(f"a name nobody asked for ({found.name}) and an encrypted hello")
        if verdict is not None:
            self._tell(name, verdict, began, "")
        return False

    def _event(self, detail: str) -> None:
        self._home.policy.event("tls", self._to[0], self._client, detail)

    def _tell(self, name: str, verdict: Verdict, began: int, detail: str) -> None:
        micros = (time.perf_counter_ns() - began) // 1000
        self._home.policy.tell("tls", name, verdict, self._client, micros, detail)

    def _late(self) -> None:
        if self._connected and self._held is not None and not self._held:
            # It waits for something to say, as connections that are kept ready do.
            return
        self.break_off()

    def _close(self) -> None:
        self._end()
        self._near.close()
        self._far.close()

    def break_off(self) -> None:
        """End both sides so that they see it as broken off."""
        if not self._over:
            self._end()
            reset(self._near)
            reset(self._far)

    def _end(self) -> None:
        self._over = True
        self._timer.cancelled = True
        self._home.loop.forget(self._near)
        self._home.loop.forget(self._far)
        self._out.release()
        self._back.release()
        self._home.open.pop(self, None)
        self._home.silent.pop(self, None)


def raise_limits(most: int) -> None:
    """Let this process hold as many descriptors as it needs, where it may."""
    with contextlib.suppress(ValueError, OSError):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(most, hard)), hard))
