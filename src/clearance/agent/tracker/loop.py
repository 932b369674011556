"""The looker's process: one loop over the kernel's records of starts and the service's messages.

It sleeps until something starts; then it looks at what has begun, and waits a moment before it listens again: in a
storm ten milliseconds, so that starts are taken in handfuls. A single start is looked at at once. The looker ends when
its channel closes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import time
from collections import deque
from collections.abc import Callable, Collection
from typing import Final

from clearance.agent.tracker import process
from clearance.agent.tracker.background import Background
from clearance.agent.tracker.eyes import Eyes
from clearance.agent.tracker.progress import Progress
from clearance.agent.tracker.watch import Watch
from clearance.kernel.perf import Births, Started, Starts
from clearance.observe.identity.rules import Rules
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import Answer, Failed, Learned, Message, NewTable, Pulse, Stop

PAUSE: Final = 0.010
"""Seconds before listening again in a storm."""

LEAST: Final = 0.001
"""Seconds before listening again otherwise."""

SHARE: Final = 0.04
"""Of a processor that looks may take for long, before they count as a storm."""

BURST: Final = 0.050
"""Seconds that they may take at once."""

PRIORITY: Final = -20
"""A program may change the words that it was started with: whoever looks has to be there first, in a storm too."""

REST: Final = 5.0
"""Seconds between looks whether processors came or went, while nothing starts."""

WITHOUT_RECORDS: Final = 0.25
"""Seconds between looks at all processes, where the kernel gives no records of starts."""

PULSE_NS: Final = 1_000_000_000
UNSENT: Final = 16_384


class Outbox:
    """Sends without waiting. What the other end does not take is kept; what comes beyond a bound is counted."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._unsent: deque[Message] = deque()
        self._dropped = 0

    def send(self, message: Message) -> None:
        """Send, now or later."""
        if not self._unsent and self._channel.send(message, wait=False):
            return
        if len(self._unsent) >= UNSENT:
            self._dropped += 1
        else:
            self._unsent.append(message)

    def flush(self) -> bool:
        """Send what is left. Whether all is sent."""
        while self._unsent and self._channel.send(self._unsent[0], wait=False):
            self._unsent.popleft()
        if not self._unsent and self._dropped:
            dropped, self._dropped = self._dropped, 0
            self.send(Failed("records-dropped", dropped))
        return not self._unsent


class Looker:
    """The loop and what it needs. `own` are never ended; `left` are left alone until they begin another program."""

    def __init__(
        self, channel: Channel, rules: Rules, watched: frozenset[int] | None, marked: Callable[[int], bool],
        own: Collection[int], left: Collection[int], progress: Progress,
    ) -> None:  # fmt: skip
        self._channel = channel
        self._outbox = Outbox(channel)
        self._progress = progress
        self._background = Background(rules)
        self._eyes = Eyes(rules)
        self._starts: Starts | None = None
        self._births: Births | None = None
        self._watch = Watch(
            self._outbox.send, self._eyes, self._background, {*own, *process.ancestors(os.getpid())},
            left=left, watched=watched, marked=marked, now=time.monotonic_ns, wall=time.time_ns,
            births=lambda: self._births.take() if self._births is not None else (),
        )  # fmt: skip
        self._poll = select.poll()
        self._heard: frozenset[int] = frozenset()
        self._credit = BURST
        self._counted = time.perf_counter()
        self._tabled = False
        self._stopped = False
        self._told: tuple[int, dict[str, int]] = (0, {})

    def run(self) -> None:
        """Look until the channel closes."""
        gc.freeze()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
        try:
            self._starts = Starts()
            self._births = Births()
        except OSError as error:
            self._outbox.send(Failed("starts-unseen", detail=(error.strerror or "").lower()))
        try:
            while not self._stopped:
                others = self._wait()
                began = time.perf_counter()
                self._progress.begin()
                self._round(others)
                self._progress.end()
                time.sleep(self._pause(began, time.perf_counter()))
        except (Closed, OSError):
            return
        finally:
            self._background.end()

    def _pause(self, began: float, now: float) -> float:
        """How long not to listen: short as long as looks have taken little of late."""
        self._credit = min(BURST, self._credit + SHARE * (now - self._counted)) - (now - began)
        self._counted = now
        return LEAST if self._credit > 0 else PAUSE

    def _wait(self) -> bool:
        """Whether there is something to do beside what starts."""
        self._listen()
        rest = REST if self._starts is not None else WITHOUT_RECORDS
        if self._watch.later or not self._outbox.flush():
            rest = PAUSE
        elif self._background.waits():
            rest = 1.0
        ready = self._poll.poll(rest * 1000)
        if not ready:
            if rest == REST and self._starts is not None:
                self._starts.refresh()
                if self._births is not None:
                    self._births.refresh()
            return True
        others = (self._channel.fileno(), self._background.fileno())
        return bool(self._watch.later) or any(fd in others for fd, _ in ready)

    def _listen(self) -> None:
        heard = {self._channel.fileno(), self._background.fileno()}
        for rings in (self._starts, self._births):
            heard.update(rings.filenos() if rings is not None else ())
        heard.discard(-1)
        if heard != self._heard:
            for fd in self._heard - heard:
                self._poll.unregister(fd)
            # Registered again where it is: the number may be another file's by now.
            for fd in heard:
                self._poll.register(fd, select.POLLIN)
            self._heard = frozenset(heard)

    def _round(self, others: bool) -> None:
        began = time.monotonic_ns()
        found = self._starts.take() if self._starts is not None else Started([], 0)
        self._watch.offspring.note()
        if not (others or found.pids or found.lost):
            # A thread was given a name, or something outside this namespace began.
            return
        walk = others and self._messages()
        if others:
            self._watch.deepened()
            self._again()
        if found.lost:
            self._outbox.send(Failed("events-lost", found.lost))
        if self._tabled:
            for pid in dict.fromkeys(found.pids):
                self._look(pid, False, began)
            self._follow()
            if walk or found.lost or self._starts is None:
                for pid in process.pids():
                    self._look(pid, True, time.monotonic_ns())
                self._follow()
        self._eyes.forget()
        self._pulse(began)

    def _again(self) -> None:
        """Look again at those whose words were not there yet."""
        for one in self._watch.later.due(time.monotonic_ns()):
            self._look(one.pid, one.running, one.began)
        self._follow()

    def _look(self, pid: int, running: bool, began: int) -> None:
        self._progress.at(pid)
        self._careful(lambda: self._watch.look(pid, running=running, began=began))

    def _follow(self) -> None:
        self._careful(self._watch.follow)

    def _careful(self, look: Callable[[], None]) -> None:
        try:
            look()
        except (Closed, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - a defect of a look costs one process, never the tracker
            self._outbox.send(Failed("look-failed", detail=type(error).__name__))

    def _messages(self) -> bool:
        """Take what the service sent. Whether all that runs is to be looked at."""
        walk = False
        while (got := self._channel.receive(wait=False)) is not None:
            message, files = got
            for fd in files:
                os.close(fd)
            if isinstance(message, NewTable):
                self._watch.replace(message)
                self._tabled = walk = True
            elif isinstance(message, Answer):
                self._watch.answered(message)
            elif isinstance(message, Learned):
                self._watch.learn(message.files)
                walk = True
            elif isinstance(message, Stop):
                self._stopped = True
        return walk

    def _pulse(self, now: int) -> None:
        since, counters = self._told
        if now - since >= PULSE_NS and counters != self._watch.counters:
            self._told = (now, dict(self._watch.counters))
            self._outbox.send(Pulse("tracker", dict(self._watch.counters)))
