"""The service's children: who they are, how they are started, and that they are started again.

All are forked from a service that has loaded what they need and what it needs itself: memory that nobody writes to
again is there once for all of them. Whoever is forked earlier, or loads something later, has pages of its own for it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Final

from clearance.agent import notifier, watchdog
from clearance.agent.children import end, fork
from clearance.agent.guard import loop as guard
from clearance.agent.light import load
from clearance.agent.watched import Watched, host_paths
from clearance.kernel.memory import forget_text, trim
from clearance.wire.channel import Channel
from clearance.wire.enforcement import Message, Stop

if TYPE_CHECKING:
    from clearance.agent.network.sockets import Ends
    from clearance.observe.identity.rules import Rules

    Examine = Callable[[Channel, Rules, Collection[str]], None]
    Track = Callable[[Channel, frozenset[int] | None, Rules | None], None]

BACKOFF: Final = (0.0, 0.2, 1.0, 5.0)
"""Seconds before a child that was lost is started again: at once the first time, later less eagerly."""

CALM: Final = 60.0
PATIENCE: Final = 3.0
DEAF: Final = 10.0
"""Seconds that a child may leave unread what it must know."""


class Crew:
    """Starts, hears and ends the children. `restarted` is set when somebody new must be told everything."""

    def __init__(self, watched: Watched, *, network: bool) -> None:
        self._watched = watched
        self._rules: Rules | None = None
        self._group = ""
        self._ends: Ends | None = None
        self._programs: tuple[Examine, Track]
        self._guard_network: Callable[..., None]
        self._answers: Channel | None = None
        self._pids: dict[str, int] = {}
        self._channels: dict[str, Channel] = {}
        self._given: dict[str, Message] = {}
        self._owed: dict[str, float] = {}
        self._lost: dict[str, list[float]] = {}
        self._due: dict[str, float] = {}
        self._replaced: set[str] = set()
        self._pulse = -1
        self._alive = -1
        self._network = network
        self.restarted = False

    def start(self, rules: Rules, group: str = "") -> None:
        """Start everybody, but for who tells people; the guard lets everything start until it has a table.

        `rules` tell files apart; `group` is the control group of processes that are cut from the network.
        """
        from clearance.agent import examiner, tracker

        if self._network:
            # It would ask which packages there are, and what asks takes two megabytes.
            load("dns.name", without="importlib.metadata")
            from clearance.agent.network import main as network

            self._guard_network = network.main
        trim()
        forget_text()
        gc.freeze()
        self._programs = examiner.main, tracker.main
        self._rules = rules
        self._group = group
        if self._network:
            self._open_ends()
        for name in ("guard", "tracker", *(("network",) if self._network else ())):
            self._start(name)

    def pid(self, name: str) -> int:
        """The process of a child; 0 where it is being started again."""
        return self._pids.get(name, 0)

    def channels(self) -> Iterator[tuple[str, Channel]]:
        """Everybody who can be heard."""
        return iter(list(self._channels.items()))

    def channel(self, name: str) -> Channel | None:
        """The channel to one child."""
        return self._channels.get(name)

    def tell(self, name: str, message: Message) -> None:
        """Say something to a child; it is lost where the child is, or does not listen.

        Who tells people is started when there is somebody to tell: on most machines that is seldom.
        """
        if name == "notifier" and name not in self._pids and name not in self._due:
            with contextlib.suppress(OSError):
                self._start(name)
        channel = self._channels.get(name)
        if channel is not None:
            with contextlib.suppress(OSError):
                channel.send(message, wait=False)

    def give(self, name: str, message: Message) -> None:
        """Say something that the child must know: now, as soon as it listens, and whenever it is started again."""
        self._given[name] = message
        self._owed.setdefault(name, time.monotonic())
        self._remind()

    def _remind(self) -> None:
        """Say what is owed. Nobody is waited for; who does not listen for long is ended, and started again."""
        for name, since in list(self._owed.items()):
            channel = self._channels.get(name)
            try:
                if channel is None or channel.send(self._given[name], wait=False):
                    del self._owed[name]
                elif time.monotonic() - since > DEAF:
                    del self._owed[name]
                    self.lost(name)
            except OSError:
                del self._owed[name]

    def lost(self, name: str) -> None:
        """A child's channel closed. It is ended, and started again by `reap`."""
        pid = self._pids.get(name)
        if pid:
            end(pid)

    def reap(self) -> list[str]:
        """Who died since the last call. They are started again, the sooner the rarer they die."""
        died = []
        for name, pid in list(self._pids.items()):
            try:
                done, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                done, status = pid, 0
            if not done:
                continue
            del self._pids[name]
            self._forget(name)
            now = time.monotonic()
            if name in self._replaced:
                self._replaced.discard(name)
                if name != "examiner":
                    # The examiner begins with the guard.
                    self._due[name] = now
                continue
            if name in ("watchdog", "examiner") and "guard" not in self._pids and not status:
                # It ended, in order, because the guard did; the next guard has its own.
                continue
            died.append(name)
            recent = [at for at in self._lost.get(name, []) if now - at < CALM]
            self._lost[name] = [*recent, now]
            self._due[name] = now + BACKOFF[min(len(recent), len(BACKOFF) - 1)]
        self._restart()
        self._remind()
        return died

    def adopt(self, rules: Rules) -> None:
        """What files are is told by other rules now: whoever uses them begins anew. Before `start` nobody does."""
        if self._rules is None:
            return
        self._rules = rules
        for name in ("guard", "examiner", "tracker"):
            # What it was told was told of files as they were known before.
            self._given.pop(name, None)
            self._owed.pop(name, None)
            self._replaced.add(name)
            self.lost(name)

    def _restart(self) -> None:
        now = time.monotonic()
        for name, due in list(self._due.items()):
            if due > now:
                continue
            del self._due[name]
            if name in self._pids:
                continue
            if name == "examiner":
                # The guard holds its end of the channel: they begin together.
                self.lost("guard")
            elif name == "watchdog":
                self._watch()
            else:
                self._start(name)
                self.restarted = True
                if name in self._given:
                    self.give(name, self._given[name])

    def stop(self) -> None:
        """End everybody: asked first, then made to."""
        for name in list(self._channels):
            self.tell(name, Stop())
        until = time.monotonic() + PATIENCE
        while self._pids and time.monotonic() < until:
            for name, pid in list(self._pids.items()):
                with contextlib.suppress(ChildProcessError):
                    if not os.waitpid(pid, os.WNOHANG)[0]:
                        continue
                del self._pids[name]
            if {"examiner", "watchdog"} >= set(self._pids):
                break
            time.sleep(0.01)
        for name in list(self._channels):
            self._forget(name)
        for pid in self._pids.values():
            end(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        self._pids.clear()
        if self._ends is not None:
            self._ends.close()
            self._ends = None

    def _forget(self, name: str) -> None:
        channel = self._channels.pop(name, None)
        if channel is not None:
            channel.close()

    def _start(self, name: str) -> None:
        if name == "guard":
            self._start_guard()
            return
        mine, its = Channel.pair()
        runs: dict[str, Callable[[], object]] = {
            "tracker": lambda: self._track(its),
            "notifier": lambda: notifier.main(its),
            "network": lambda: self._guard_network(its, group=self._group, ends=self._ends),
        }
        keep = {its.fileno()}
        if name == "network" and self._ends is not None:
            keep |= {end.fileno() for end in self._ends.all()}
        self._pids[name] = fork(name, keep, runs[name])
        its.close()
        self._channels[name] = mine

    def _start_guard(self) -> None:
        """The guard, its examiner, and its watchdog. Only the guard has the group's descriptor: its death frees all."""
        self._bury("examiner")
        self._replaced.discard("examiner")
        mine, its = Channel.pair()
        asks, answers = Channel.pair()
        hears, beats = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(beats, False)
        mounts = host_paths if self._watched.host else None
        self._pids["guard"] = fork(
            "guard",
            {its.fileno(), asks.fileno(), beats},
            lambda: guard.main(its, asks, beats, self._watched.paths, mounts),
        )
        its.close()
        asks.close()
        os.close(beats)
        if self._answers is not None:
            self._answers.close()
        self._answers = answers
        if self._pulse >= 0:
            os.close(self._pulse)
        self._pulse = hears
        self._watch()
        self._channels["guard"] = mine
        self._examine()

    def _examine(self) -> None:
        """The examiner of the guard that now is, as soon as it is known what tells files apart."""
        answers, rules = self._answers, self._rules
        if answers is None or rules is None:
            return

        examine, _ = self._programs
        paths = self._watched.paths
        self._pids["examiner"] = fork("examiner", {answers.fileno()}, lambda: examine(answers, rules, paths))
        answers.close()
        self._answers = None

    def _track(self, channel: Channel) -> None:
        _, track = self._programs
        track(channel, None if self._watched.host else self._watched.devices, self._rules)

    def _open_ends(self) -> None:
        """What the network guard listens on is held here too: what waits for one that dies, the next one answers."""
        from clearance.agent.network import sockets

        with contextlib.suppress(OSError):
            self._ends = sockets.open_ends()

    def _bury(self, name: str) -> None:
        pid = self._pids.pop(name, None)
        if pid:
            end(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def _watch(self) -> None:
        """A watchdog for the guard that now is."""
        self._bury("watchdog")
        if "guard" not in self._pids:
            return
        try:
            pidfd = os.pidfd_open(self._pids["guard"])
        except ProcessLookupError:
            return
        alive, ours = os.pipe2(os.O_CLOEXEC)
        pulse = self._pulse
        self._pids["watchdog"] = fork("watchdog", {pulse, pidfd, alive}, lambda: watchdog.main(pulse, pidfd, alive))
        os.close(pidfd)
        os.close(alive)
        if self._alive >= 0:
            os.close(self._alive)
        self._alive = ours
