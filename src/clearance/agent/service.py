"""The service of `clearance enforce run`: one loop over what its children, the command line and the clocks say.

It may wait for a disk; nobody who starts a program waits for it. It starts whoever of its children is lost, has new
tables made when a rule begins or ends, when settings or programs change and when it is told, and has everything
recorded.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from clearance import __version__
from clearance.agent import network_group, records
from clearance.agent.audit_queue import AuditQueue
from clearance.agent.books import Books
from clearance.agent.crew import Crew
from clearance.agent.examinations import Progress
from clearance.agent.front_desk import FrontDesk
from clearance.agent.metrics import render, samples
from clearance.agent.metrics_socket import MetricsSocket
from clearance.agent.notify_socket import NotifySocket
from clearance.agent.orders import Orders
from clearance.agent.policy import Policy
from clearance.agent.recording import Recording
from clearance.agent.said import say
from clearance.agent.settings import Settings
from clearance.agent.silence import Silence
from clearance.agent.surveyor import Surveyor
from clearance.agent.telling import Telling
from clearance.agent.upkeep import Upkeep
from clearance.catalog import Catalog
from clearance.errors import Error
from clearance.kernel.memory import forget_text, trim
from clearance.log import LOG
from clearance.model.record import STARTED, STOPPED
from clearance.model.status import EnforceStatus, GuardState, LedgerState, NetworkState, Paused
from clearance.observe.identity.rules import Rules
from clearance.prove.ledger.store import Ledger
from clearance.tasks.enforce.surveyed import PutRight
from clearance.wire.channel import Closed
from clearance.wire.control import listen
from clearance.wire.enforcement import Answer, Ask, Failed, Learned, Message, Pulse, Seen

if TYPE_CHECKING:
    from clearance.observe.settle import Settled

HEARTBEAT: Final = 300.0
"""Seconds after which a record says that somebody is there."""

TURN: Final = 0.5
"""The longest that the loop waits before it looks at clocks."""

CLOCK_JUMP: Final = 30.0

AT_ONCE: Final = 512
"""Messages of one child that are taken in a row."""

GUARD: Final = ("events", "allowed", "warned", "blocked", "late", "cached", "early")


class Service:
    """One service. `run` returns when it was told to end."""

    def __init__(self, settings: Settings, catalog: Catalog, rules: Rules, ledger: Ledger, crew: Crew) -> None:
        host = socket.gethostname()
        self.settings = settings
        self.crew = crew
        self.policy = Policy(settings.state, catalog, settings.key)
        self.telling = Telling(settings.state)
        self.queue = AuditQueue(settings.state)
        self.recording = Recording(Books(ledger, say), self.policy, self.telling, self.queue, crew, host)
        self.surveyor = Surveyor(catalog, rules, settings.watched)
        self.surveyor.then = self._put_right
        self.orders = Orders(
            settings, catalog, rules, self.policy, self.recording, crew, self.surveyor, self.telling, host
        )
        self.manager = NotifySocket()
        self.door = FrontDesk(self.orders, self.status, self.telling, listen(settings.runtime))
        self.metrics = MetricsSocket(settings.runtime, self._metrics, lambda: self.ready)
        self.upkeep = Upkeep(settings, ledger, self.policy, self.recording, self._reopen)
        self.counters: dict[str, dict[str, int]] = {}
        self.since = records.now()
        self.ready = False
        self._host = host
        self._stop = False
        self._hup = False
        self._group = ""
        self._beaten = time.monotonic()
        self._clock = time.time() - time.monotonic()
        self._examinations = Progress()
        self._network = Silence()

    # Beginning and end.

    def run(self) -> None:
        """Until SIGTERM or SIGINT. `Error` where no directive can be put in force at the start."""
        self._begin()
        self._group = network_group.make(self.settings.state) if self.settings.network else ""
        self.crew.start(self.orders.rules, self._group)
        self.surveyor.start(partial=True)
        self.orders.give_tables()
        try:
            while not self._stop:
                self._turn()
        finally:
            self._end()

    def _begin(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        signal.signal(signal.SIGHUP, lambda *_: setattr(self, "_hup", True))
        self.orders.begin()
        self.recording.event(
            "change", STARTED, version=__version__, mode=self.policy.mode, host=self._host,
            watched=list(self.settings.watched.paths),
        )  # fmt: skip

    def stop(self) -> None:
        """End after this turn."""
        self._stop = True

    def _end(self) -> None:
        self.manager.stopping()
        self.door.close()
        self.metrics.close()
        self.crew.stop()
        network_group.remove(self.settings.state, self._group)
        self.surveyor.stop()
        self.telling.save()
        self.recording.event("change", STOPPED, counters=self._counted())
        self.recording.books.write()
        self.upkeep.ledger.close()

    # The loop.

    def _turn(self) -> None:
        poll = select.poll()
        sources: dict[int, Callable[[], None]] = {
            channel.fileno(): partial(self._hear, name) for name, channel in self.crew.channels()
        }
        sources.update(self.door.sources())
        sources[self.metrics.fileno()] = self.metrics.serve
        sources.update(self.surveyor.sources(self._surveyed))
        for fd in sources:
            poll.register(fd, select.POLLIN)
        for fd, _ in poll.poll(TURN * 1000):
            if fd in sources:
                sources[fd]()
        self._reap()
        self._clocks()
        if self.orders.changed:
            self.orders.give_tables()
        self.recording.write()

    def _hear(self, name: str) -> None:
        """Everything that a child says, as far as it has said it."""
        channel = self.crew.channel(name)
        if channel is None:
            return
        try:
            for _ in range(AT_ONCE):
                got = channel.receive(wait=False)
                if got is None:
                    return
                message, files = got
                for fd in files:
                    os.close(fd)
                self._message(name, message)
        except Closed:
            self.crew.lost(name)
        except Exception as error:  # noqa: BLE001 - a defect costs one message, never the service
            LOG.exception("a message of %s was not understood", name)
            self.recording.failed(Failed("defect", detail=f"{name}: {type(error).__name__}"))

    def _message(self, name: str, message: Message) -> None:
        if isinstance(message, Seen):
            self.recording.seen(message)
        elif isinstance(message, Ask):
            self._answer(name, message)
        elif isinstance(message, Failed):
            self.recording.failed(message)
        elif isinstance(message, Pulse):
            self._pulse(message)
        elif isinstance(message, Learned):
            self.policy.learn(message.files)
            self.crew.tell("guard" if name == "tracker" else "tracker", message)

    def _pulse(self, pulse: Pulse) -> None:
        if pulse.who == "guard" and not self.ready:
            self.ready = True
            LOG.info("guarding %s", ", ".join(self.settings.watched.paths))
            self.manager.ready(f"guarding {len(self.settings.watched.paths)} file systems")
        self.counters[pulse.who] = pulse.counters
        if pulse.who == "network":
            self._network.heard(time.monotonic())
        if pulse.who == "guard" and self._examinations.stalled(pulse.counters, time.monotonic()):
            self.recording.failed(Failed("examiner-stalled"))
            self.crew.lost("examiner")

    def _answer(self, name: str, ask: Ask) -> None:
        serial, row = self.policy.answer(ask)
        self.crew.tell(name, Answer(ask.ticket, serial, ask.tool, ask.version, ask.uid, row, ask.confidence))

    def _reap(self) -> None:
        """Whoever died is started again; the kernel let through who waited for a guard."""
        for name in self.crew.reap():
            self.recording.failed(Failed(f"{name}-died"))
            if name == "guard":
                self.orders.changed = True
            elif name == "network":
                self._network.gone()
        if self.crew.restarted:
            self.crew.restarted = False
            self.orders.changed = True

    def _surveyed(self, failed: bool) -> None:
        if failed:
            self.recording.failed(Failed("survey-failed"))
            return
        if self.surveyor.latest is not None:
            self.policy.surveyed(self.surveyor.latest)
            self.orders.changed = True
            for one in self.surveyor.latest.put_right:
                self.recording.put_right(one)
        # Taking it in needed much that is not needed until the next one.
        trim()
        forget_text()

    def _put_right(self, settled: Settled) -> tuple[PutRight, ...]:
        """In the child that looks: what the directive asks of settings, where this host goes so far."""
        from clearance.tasks.enforce.putting_right import put_right

        tabled = self.policy.tabled
        return put_right(settled.switches, tabled, self.orders.catalog, self.settings.state) if tabled else ()

    def _clocks(self) -> None:
        now = time.monotonic()
        self.manager.alive()
        offset = time.time() - now
        if abs(offset - self._clock) > CLOCK_JUMP:
            self.recording.failed(Failed("clock-jump", detail=f"{offset - self._clock:+.0f} s"))
            self.orders.changed = True
        self._clock = offset
        if self._network.too_long(now):
            # What it carries hangs with it; its death lets go.
            self.recording.failed(Failed("network-stalled"))
            self.crew.lost("network")
        self.orders.keep_time()
        self.upkeep.tick(now)
        if now - self._beaten >= HEARTBEAT:
            self._beaten = now
            self.recording.heartbeat(self._counted())
        if self._hup:
            self._hup = False
            with contextlib.suppress(Error):
                self.orders.reload("", told=False)
        self.surveyor.tick(now)
        self.metrics.serve()

    # What can be asked.

    def status(self, *, signed: bool = True) -> EnforceStatus:
        """The state of it all, with a checkpoint of the ledger where one is asked for and can be signed."""
        guard = self.counters.get("guard", {})
        network = self.counters.get("network", {})
        pause = self.policy.pause
        ledger = self.upkeep.ledger
        checkpoint = ""
        if signed:
            with contextlib.suppress(Error):
                checkpoint = ledger.checkpoint()
        return EnforceStatus(
            schema="clearance/enforce-status/v1",
            mode=self.policy.mode,
            since=records.instant(self.since),
            policy=self.policy.judge.policy,
            watched=self.settings.watched.paths,
            paused=Paused(pause.until, pause.reason) if pause else None,
            guard=GuardState(
                self.crew.pid("guard"),
                killed=self.recording.killed,
                **{name: guard.get(name, 0) for name in GUARD},
            ),
            network=NetworkState(network.get("names", 0), network.get("processes", 0), self.recording.refused),
            failures=self.recording.all_failures(),
            ledger=LedgerState(ledger.size, checkpoint),
            critical=tuple(one.path for one in self.policy.critical),
            ready=self.ready,
            tracker=self.counters.get("tracker", {}),
            queue=self.queue.names(),
            refused=self.orders.refused,
        )

    def _metrics(self) -> str:
        return render(samples(msgspec.to_builtins(self.status(signed=False))))

    def _reopen(self) -> None:
        self.door.reopen(listen(self.settings.runtime))
        self.metrics.close()
        self.metrics = MetricsSocket(self.settings.runtime, self._metrics, lambda: self.ready)

    def _counted(self) -> dict[str, int]:
        return {f"{who}.{name}": count for who, named in self.counters.items() for name, count in named.items()}
