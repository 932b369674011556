"""The tracker's own process: it holds the channel to the service and a looker that may be lost.

Everything that is looked at may be made to hang: a program on a file system that a process serves, memory behind a
command line. The looker is therefore a child. One that hangs is ended, and another looks at all that runs, but for the
process that it hung at: that is told, and looked at again when it begins another program.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from typing import Final

from clearance.agent.children import close_all_but
from clearance.agent.tracker.loop import Looker, Outbox
from clearance.agent.tracker.progress import Progress, Stall, scheduled
from clearance.agent.watched import host_paths
from clearance.catalog import load_catalog
from clearance.observe.identity.rules import Rules, compile_rules
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import Failed, Message, NewTable, Stop

CHECK: Final = 1.0
"""Seconds between checks whether a look has begun that does not end, and between starts of a looker."""

CLOSER: Final = 0.25
"""Seconds between checks while one lasts."""

MOST_LEFT: Final = 1_024


def main(channel: Channel, watched: frozenset[int] | None, rules: Rules | None = None) -> None:
    """Track until the service's end of the channel closes, or `Stop` comes.

    `watched` are the devices (`st_dev`) whose programs and scripts count; None for the whole host. `rules` are those
    of the shipped catalog if not given.
    """
    Supervisor(channel, watched, rules if rules is not None else compile_rules(load_catalog())).run()


class Supervisor:
    """Relays between the service and the looker, and starts another looker when one is lost."""

    def __init__(self, channel: Channel, watched: frozenset[int] | None, rules: Rules) -> None:
        self._service = channel
        self._outbox = Outbox(channel)
        self._watched = watched
        self._rules = rules
        self._progress = Progress()
        self._stall = Stall()
        self._left: set[int] = set()
        self._table: NewTable | None = None
        self._looker: Channel | None = None
        self._to_looker: Outbox | None = None
        self._pid = 0
        self._next = 0.0
        self._ended: list[int] = []

    def run(self) -> None:
        """Until the service ends."""
        try:
            self._start()
            while self._turn():
                continue
        except Closed:
            return
        finally:
            self._end()

    def _turn(self) -> bool:
        poll = select.poll()
        poll.register(self._service.fileno(), select.POLLIN)
        # What the service does not take stays with the looker.
        if self._outbox.flush() and self._looker is not None:
            poll.register(self._looker.fileno(), select.POLLIN)
        poll.poll((CLOSER if self._progress.look().since else CHECK) * 1000)
        self._ended = [pid for pid in self._ended if os.waitpid(pid, os.WNOHANG) == (0, 0)]
        while (got := self._service.receive(wait=False)) is not None:
            message, files = got
            for fd in files:
                os.close(fd)
            if isinstance(message, Stop):
                return False
            if isinstance(message, NewTable):
                self._table = message
            self._hand(message)
        self._relay()
        look = self._progress.look()
        if self._stall.stuck(look, time.monotonic_ns(), *scheduled(self._pid)):
            if look.pid and len(self._left) < MOST_LEFT:
                self._left.add(look.pid)
            self._again("tracker-stalled", f"pid {look.pid}" if look.pid else "")
        return True

    def _hand(self, message: Message) -> None:
        try:
            if self._to_looker is not None:
                self._to_looker.send(message)
        except (Closed, OSError):
            self._again("tracker-died")

    def _relay(self) -> None:
        try:
            if self._to_looker is not None:
                self._to_looker.flush()
            while self._looker is not None and self._outbox.flush():
                got = self._looker.receive(wait=False)
                if got is None:
                    return
                message, files = got
                for fd in files:
                    os.close(fd)
                self._outbox.send(message)
        except (Closed, OSError):
            self._again("tracker-died")

    def _again(self, reason: str, detail: str = "") -> None:
        self._end()
        self._outbox.send(Failed(reason, detail=detail))
        self._start()
        if self._table is not None and self._to_looker is not None:
            self._to_looker.send(self._table)

    def _start(self) -> None:
        self._left = {pid for pid in self._left if os.path.exists(f"/proc/{pid}")}
        self._progress.end()
        # One that ends at once is not started without end.
        time.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + CHECK
        ours, theirs = Channel.pair()
        supervisor = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                close_all_but({0, 1, 2, theirs.fileno()})
                marked = marks(self._watched)
                Looker(theirs, self._rules, self._watched, marked, {supervisor}, self._left, self._progress).run()
            finally:
                os._exit(0)
        theirs.close()
        self._looker, self._to_looker, self._pid = ours, Outbox(ours), pid

    def _end(self) -> None:
        if self._looker is not None:
            self._looker.close()
            self._looker = self._to_looker = None
        if self._pid:
            # It may hang where a signal does not reach it at once: it is buried when it is dead.
            os.kill(self._pid, signal.SIGKILL)
            self._ended.append(self._pid)
            self._pid = 0


def marks(watched: frozenset[int] | None) -> Callable[[int], bool]:
    """Whether the guard is asked about starts on a device: it watches those devices, or the host's own file systems."""
    if watched is not None:
        return watched.__contains__
    known: set[int] = set()
    looked = [float("-inf")]

    def marked(device: int) -> bool:
        if device not in known and time.monotonic() - looked[0] > 1.0:
            looked[0] = time.monotonic()
            for path in host_paths():
                try:
                    known.add(os.stat(path).st_dev)
                except OSError:
                    continue
        return device in known

    return marked
