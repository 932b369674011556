"""The service of `clearance enforce run`: holds the directive, forks those who carry it out, and keeps the books.

It may wait for a disk; nobody who starts a program waits for it. It starts whoever of its children is lost, makes a new
table when a rule begins or ends, when settings or programs change and when it is told, and records everything.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import pwd
import select
import signal
import socket
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct, structs

from clearance import __version__
from clearance.agent import network_group, records, tables
from clearance.agent.audit_queue import AuditQueue
from clearance.agent.books import Books
from clearance.agent.crew import Crew
from clearance.agent.examinations import Progress
from clearance.agent.failures import FAILURES
from clearance.agent.footing import Footing, open_ledger
from clearance.agent.front_desk import FrontDesk
from clearance.agent.metrics import render, samples
from clearance.agent.metrics_socket import MetricsSocket
from clearance.agent.notify_socket import NotifySocket
from clearance.agent.policy import Policy
from clearance.agent.running import running
from clearance.agent.said import say
from clearance.agent.silence import Silence
from clearance.agent.surveyor import Surveyor
from clearance.agent.telling import Telling
from clearance.agent.watched import Watched
from clearance.catalog import Catalog
from clearance.errors import Error
from clearance.log import LOG
from clearance.model.directive import LocalTool
from clearance.model.record import STARTED, STOPPED
from clearance.model.status import EnforceStatus, GuardState, LedgerState, NetworkState, Paused
from clearance.model.terms import ENFORCES, Enforce
from clearance.observe.identity.rules import Rules, compile_rules
from clearance.prove.ledger.store import Ledger
from clearance.tasks.enforce import host_mode
from clearance.tasks.enforce.critical import critical
from clearance.tasks.enforce.host_mode import Pause
from clearance.tasks.enforce.surveyed import PutRight
from clearance.tasks.local_tools import with_local
from clearance.wire.channel import Closed
from clearance.wire.control import listen
from clearance.wire.enforcement import (
    Answer,
    Ask,
    Cut,
    Failed,
    Learned,
    Message,
    NewNetworkTable,
    NewTable,
    Pulse,
    Seen,
)

if TYPE_CHECKING:
    from clearance.observe.settle import Settled

HEARTBEAT: Final = 300.0
"""Seconds after which a record says that somebody is there."""

TURN: Final = 0.5
"""The longest that the loop waits before it looks at clocks."""

CLOCK_JUMP: Final = 30.0

LOOK_EVERY: Final = 2.0
"""Seconds between looks whether the folders of the service are still there."""

RETAIN_EVERY: Final = 6 * 3600.0
FILES_AT_ONCE: Final = 16
"""Files of old records that are dropped in one go."""


class Settings(Struct, frozen=True):
    """How the service was started. `directive` empty: what was accepted last, else the configured one."""

    directive: str
    configured: str
    mode: Enforce | None
    watched: Watched
    network: bool
    state: str
    runtime: str
    key: str = ""


class Service:
    """One service. `run` returns when it was told to end."""

    def __init__(self, settings: Settings, catalog: Catalog, rules: Rules, ledger: Ledger, crew: Crew) -> None:
        self.settings = settings
        self.host = socket.gethostname()
        self.catalog = catalog
        self.here = catalog
        self._tools: tuple[LocalTool, ...] = ()
        self.ledger = ledger
        self.policy = Policy(settings.state, catalog, settings.key)
        self.books = Books(ledger, say)
        self.telling = Telling(settings.state)
        self.queue = AuditQueue(settings.state)
        self.manager = NotifySocket()
        self.failures: dict[str, int] = {}
        self.counters: dict[str, dict[str, int]] = {}
        self.since = _now()
        self.killed = 0
        self.refused = 0
        self.ready = False
        self._stop = False
        self._due: dt.datetime | None = None
        self._beaten = time.monotonic()
        self._retained = 0.0
        self._clock = time.time() - time.monotonic()
        self._dirty = False
        self._hup = False
        self.crew = crew
        self._rules = rules
        self.surveyor = Surveyor(catalog, rules, settings.watched)
        self.door = FrontDesk(self, listen(settings.runtime))
        self.metrics = MetricsSocket(settings.runtime, self._metrics, lambda: self.ready)
        self.surveyor.then = self._put_right
        self._examinations = Progress()
        self._network = Silence()
        self._footing = Footing(settings.state, settings.runtime)
        self._looked = 0.0
        self._group = ""

    # Beginning and end.

    def run(self) -> None:
        """Until SIGTERM or SIGINT. `Error` where no directive can be put in force at the start."""
        self._begin()
        self._group = network_group.make(self.settings.state) if self.settings.network else ""
        self.crew.start(self._rules, self._group)
        self.surveyor.start(partial=True)
        self._new_table()
        try:
            while not self._stop:
                self._turn()
        finally:
            self._end()

    def _begin(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        signal.signal(signal.SIGHUP, lambda *_: setattr(self, "_hup", True))
        self.policy.by_hand = self.settings.mode or host_mode.chosen(self.settings.state)
        self.policy.pause = host_mode.pause(self.settings.state, _now())
        self._first_directive()
        if not self._adopt():
            self.policy.critical = critical(self._is_tool)
        self.books.add(
            records.happened(
                "change", STARTED, _now(), self.policy.ref, version=__version__, mode=self.policy.mode,
                host=self.host, watched=list(self.settings.watched.paths),
            )
        )  # fmt: skip

    def _first_directive(self) -> None:
        """The directive that was named; a bad one is refused, and what was accepted before stays."""
        named = self.settings.directive or (
            self.settings.configured if os.path.exists(self.settings.configured) else ""
        )
        try:
            before = self.policy.resume()
        except Error as error:
            LOG.warning("%s", error)
            before = None
        if not named:
            if before is None:
                raise Error(
                    "no directive was named, and none was accepted on this host before",
                    remedy="name one: clearance enforce run --directive FILE",
                )
            return
        try:
            self.policy.take(named, _now(), told=True)
            self._accepted(before.accepted.generation if before else 0)
        except Error as error:
            if before is None:
                raise
            LOG.warning("%s; generation %d stays in force", error, before.accepted.generation)
            self._refused(named, error)

    def _accepted(self, before: int) -> None:
        in_force = self.policy.in_force
        if in_force is None or in_force.accepted.generation == before:
            return
        self.books.add(
            records.happened(
                "policy", "accepted", _now(), self.policy.ref, source=in_force.accepted.source, before=before
            )
        )

    def _refused(self, path: str, error: Error) -> None:
        self._count("directive-refused")
        self.books.add(
            records.happened("policy", "refused", _now(), self.policy.ref, "refused", source=path, why=error.what)
        )

    def _adopt(self) -> bool:
        """Tell files by the directive's own tools too. Whether that changes what files are."""
        tools = self.policy.judge.directive.tools
        if tools == self._tools:
            return False
        self._tools = tools
        self.here = with_local(self.catalog, tools, _now().date())
        rules = self._rules = compile_rules(self.here)
        self.policy.forget_files()
        self.surveyor.adopt(rules, self.here)
        self.crew.adopt(rules)
        self.policy.critical = critical(self._is_tool)
        return True

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
        self.books.add(records.happened("change", STOPPED, _now(), self.policy.ref, counters=self._counted()))
        self.books.write()
        self.ledger.close()

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
        if self._dirty:
            self._new_table()
        self.books.write()
        for reason, count in self.books.mended():
            self._failed(Failed(reason, count))

    def _hear(self, name: str) -> None:
        """Everything that a child says, as far as it has said it."""
        channel = self.crew.channel(name)
        if channel is None:
            return
        try:
            for _ in range(512):
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
            self._failed(Failed("defect", detail=f"{name}: {type(error).__name__}"))

    def _message(self, name: str, message: Message) -> None:
        if isinstance(message, Seen):
            self._seen(message)
        elif isinstance(message, Ask):
            self._answer(name, message)
        elif isinstance(message, Failed):
            self._failed(message)
        elif isinstance(message, Pulse):
            if message.who == "guard" and not self.ready:
                self.ready = True
                LOG.info("guarding %s", ", ".join(self.settings.watched.paths))
                self.manager.ready(f"guarding {len(self.settings.watched.paths)} file systems")
            self.counters[message.who] = message.counters
            if message.who == "network":
                self._network.heard(time.monotonic())
            if message.who == "guard" and self._examinations.stalled(message.counters, time.monotonic()):
                self._failed(Failed("examiner-stalled"))
                self.crew.lost("examiner")
        elif isinstance(message, Learned):
            self.policy.learn(message.files)
            self.crew.tell("guard" if name == "tracker" else "tracker", message)

    def _seen(self, seen: Seen) -> None:
        decision = self.policy.decision(seen.serial, seen.row)
        now = _now()
        if decision is None:
            self._count("other")
            return
        if seen.done == "killed":
            self.killed += 1
        elif seen.done == "refused":
            self.refused += 1
        elif seen.done == "late":
            # It runs although it is barred, until somebody can end it: without a network.
            self.crew.tell("network", Cut(seen.pid))
        self.books.add(records.decided(seen, decision, self.host, now, login))
        tool = self.policy.judge.tools.get(seen.tool or "")
        tell = self.telling.notice(seen, decision, tool, records.instant(now), time.monotonic())
        if tell is not None:
            self.crew.tell("notifier", tell)
        queued = self.queue.see(decision, records.instant(now))
        if queued is not None:
            self.books.add(
                records.happened(
                    "audit", "queued", now, self.policy.ref, "queued", tool=queued.tool, risk=queued.risk,
                    rule=queued.rule, host=self.host,
                )
            )  # fmt: skip

    def _answer(self, name: str, ask: Ask) -> None:
        serial, row = self.policy.answer(ask)
        self.crew.tell(name, Answer(ask.ticket, serial, ask.tool, ask.version, ask.uid, row, ask.confidence))

    def _failed(self, failed: Failed) -> None:
        self._count(failed.reason, failed.count)
        if failed.detail:
            LOG.warning("%s: %s", failed.reason, failed.detail)
        known = FAILURES.get(failed.reason)
        done = known.action if known else "counted"
        self.books.add(
            records.happened(
                "failure", failed.reason, _now(), self.policy.ref, done, count=failed.count, detail=failed.detail
            )
        )

    def _count(self, reason: str, count: int = 1) -> None:
        self.failures[reason] = self.failures.get(reason, 0) + count

    def _reap(self) -> None:
        """Whoever died is started again; the kernel let through who waited for a guard."""
        for name in self.crew.reap():
            self._failed(Failed(f"{name}-died"))
            if name == "guard":
                self._dirty = True
            elif name == "network":
                self._network.gone()
        if self.crew.restarted:
            self.crew.restarted = False
            self._dirty = True

    def _surveyed(self, failed: bool) -> None:
        if failed:
            self._failed(Failed("survey-failed"))
            return
        if self.surveyor.latest is not None:
            self.policy.surveyed(self.surveyor.latest)
            self._dirty = True
            for one in self.surveyor.latest.put_right:
                done = "left" if one.why else "put-right"
                self.books.add(
                    records.happened("change", "setting", _now(), self.policy.ref, done, **structs.asdict(one))
                )

    def _put_right(self, settled: Settled) -> tuple[PutRight, ...]:
        """In the child that looks: what the directive asks of settings, where this host goes so far."""
        from clearance.tasks.enforce.putting_right import put_right

        tabled = self.policy.tabled
        return put_right(settled.switches, tabled, self.here, self.settings.state) if tabled else ()

    def _metrics(self) -> str:
        return render(samples(msgspec.to_builtins(self.status())))

    # Clocks.

    def _clocks(self) -> None:
        now = time.monotonic()
        self.manager.alive()
        offset = time.time() - now
        if abs(offset - self._clock) > CLOCK_JUMP:
            self._failed(Failed("clock-jump", detail=f"{offset - self._clock:+.0f} s"))
            self._dirty = True
        self._clock = offset
        if self._network.too_long(now):
            # What it carries hangs with it; its death lets go.
            self._failed(Failed("network-stalled"))
            self.crew.lost("network")
        if self._due is not None and _now() >= self._due:
            self._dirty = True
        pause = self.policy.pause
        if pause is not None and not host_mode.holds(pause, _now()):
            self._resumed("ended by itself", 0)
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._stand()
        if now - self._beaten >= HEARTBEAT:
            self._beaten = now
            self.books.add(records.heartbeat(_now(), self.policy.ref, self._counted()))
        if now - self._retained >= RETAIN_EVERY:
            self._retained = now
            self._retain()
        if self._hup:
            self._hup = False
            with contextlib.suppress(Error):
                self.reload("", told=False)
        self.surveyor.tick(now)
        self.metrics.serve()

    def _stand(self) -> None:
        """What was deleted below the service is made anew; nothing that is decided depends on it."""
        if self._footing.state_lost():
            self._restore_state()
        if self._footing.runtime_lost():
            try:
                self.lock = self._footing.take_runtime()
                self.door.reopen(listen(self.settings.runtime))
                self.metrics.close()
                self.metrics = MetricsSocket(self.settings.runtime, self._metrics, lambda: self.ready)
            except (OSError, Error) as error:
                LOG.warning("%s", error)
                return
            self._footing.remember()
            self._failed(Failed("runtime-lost"))

    def _restore_state(self) -> None:
        before = self.ledger
        try:
            self.ledger = open_ledger(self.settings.state)
        except Error as error:
            LOG.warning("%s", error)
            return
        self.books.turn_to(self.ledger)
        detail = f"{before.size} records were kept"
        with contextlib.suppress(OSError, Error):
            before.close()
        with contextlib.suppress(OSError):
            self.policy.keep()
            if self.policy.by_hand is not None:
                host_mode.set_mode(self.settings.state, self.policy.by_hand)
            if self.policy.pause is not None:
                host_mode.set_pause(self.settings.state, self.policy.pause)
        self._footing.remember()
        self._failed(Failed("ledger-lost", detail=detail))

    def _retain(self) -> None:
        days = self.policy.limits().retention_days
        with contextlib.suppress(OSError, Error):
            for _ in range(FILES_AT_ONCE):
                # Each call drops one file.
                if not self.ledger.retain(_now() - dt.timedelta(days=days)):
                    return

    def _new_table(self) -> None:
        self._dirty = False
        now = _now()
        tabled, network = tables.make(self.policy, self.here, self.host, now, network=self.settings.network)
        self._due = tabled.ends()
        self.telling.own_words = frozenset(self.policy.names())
        self.crew.give("guard", NewTable(tabled.table))
        self.crew.give("tracker", NewTable(tabled.table))
        if network is not None:
            self.crew.give("network", NewNetworkTable(network))

    # What the command line asks for.

    def reload(self, path: str, *, told: bool) -> int:
        """Take a directive anew; the generation in force after it. `Error` leaves the old one."""
        named = path or self.settings.directive or self.settings.configured
        before = self.policy.in_force.accepted.generation if self.policy.in_force else 0
        try:
            now_in_force = self.policy.take(named, _now(), running(), told=told)
        except Error as error:
            self._refused(named, error)
            raise
        self._accepted(before)
        self._adopt()
        self._new_table()
        return now_in_force.accepted.generation

    def set_mode(self, mode: str, by: int) -> None:
        """Raise or lower the host's mode, for good."""
        if mode not in ENFORCES:
            raise Error(f"{mode!r} is no mode", remedy=f"write one of: {', '.join(ENFORCES)}")
        new = ENFORCES[ENFORCES.index(mode)]
        host_mode.set_mode(self.settings.state, new)
        before = self.policy.mode
        self.policy.by_hand = new
        self.books.add(records.happened("change", "mode", _now(), self.policy.ref, mode=new, before=before, by=by))
        self._new_table()

    def set_pause(self, seconds: float, reason: str, by: int) -> Pause:
        """Rest for a while."""
        now = _now()
        until = now + dt.timedelta(seconds=seconds)
        pause = Pause(records.instant(until), reason, by, records.instant(now))
        host_mode.set_pause(self.settings.state, pause)
        self.policy.pause = pause
        self.books.add(
            records.happened("pause", "paused", now, self.policy.ref, "paused", until=pause.until, reason=reason, by=by)
        )
        self._new_table()
        return pause

    def resume(self, by: int) -> None:
        """End a pause."""
        if self.policy.pause is not None:
            self._resumed("by hand", by)

    def _resumed(self, how: str, by: int) -> None:
        with contextlib.suppress(OSError):
            host_mode.set_pause(self.settings.state, None)
        self.policy.pause = None
        self.books.add(records.happened("pause", "resumed", _now(), self.policy.ref, "resumed", how=how, by=by))
        self._new_table()

    def status(self) -> EnforceStatus:
        """The state of it all."""
        guard = self.counters.get("guard", {})
        network = self.counters.get("network", {})
        tracker = self.counters.get("tracker", {})
        pause = self.policy.pause
        failed = dict(self.failures)
        for reason, count in self.books.failures.items():
            failed[reason] = failed.get(reason, 0) + count
        return EnforceStatus(
            schema="clearance/enforce-status/v1",
            mode=self.policy.mode,
            since=records.instant(self.since),
            policy=self.policy.judge.policy,
            watched=self.settings.watched.paths,
            paused=Paused(pause.until, pause.reason) if pause else None,
            guard=GuardState(
                self.crew.pid("guard"),
                killed=self.killed,
                **{name: guard.get(name, 0) for name in GUARD},
            ),
            network=NetworkState(network.get("names", 0), network.get("processes", 0), self.refused),
            failures=failed,
            ledger=LedgerState(self.ledger.size, self.ledger.checkpoint()),
            critical=tuple(one.path for one in self.policy.critical),
            ready=self.ready,
            tracker=tracker,
            queue=self.queue.names(),
        )

    def _counted(self) -> dict[str, int]:
        return {f"{who}.{name}": count for who, named in self.counters.items() for name, count in named.items()}

    def _is_tool(self, path: str) -> bool:
        return self.surveyor.is_tool(path)


GUARD: Final = ("events", "allowed", "warned", "blocked", "late", "cached")


@lru_cache(maxsize=1024)
def login(uid: int) -> str | None:
    """The name of a user."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
