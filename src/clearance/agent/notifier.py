"""The process that tells people: it writes to their terminals and to their desktops, so that nobody else need.

It is forked when there is first somebody to tell, and ends when its channel closes. It never waits for a terminal, and
for a desktop at most `PATIENCE` seconds; what comes while too many desktops are slow is shown on terminals only.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from typing import Final

from clearance.act.linux import desktop, terminal
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import Pulse, Stop, Tell

PATIENCE: Final = 8.0
"""Seconds until a program that shows something on a desktop is killed."""

AT_ONCE: Final = 4
"""Desktops that are being told at the same time."""


class Notifier:
    """Tells people. `write` and `show` do what `terminal.write` and `desktop.start` do."""

    def __init__(
        self,
        write: Callable[[str, int, bytes], bool] = terminal.write,
        show: Callable[[int, str, str], int | None] = desktop.start,
    ) -> None:
        self._write = write
        self._show = show
        self._showing: dict[int, float] = {}
        self.counters = {"terminals": 0, "desktops": 0, "unseen": 0}

    def tell(self, message: Tell, now: float) -> None:
        """Tell a person where they are. `now` is of a clock that never goes back."""
        data = encoded(message.text, message.encoding)
        reached = sum(self._write(path, message.uid, data) for path in dict.fromkeys(message.terminals))
        self.counters["terminals"] += reached
        pid = None
        if len(self._showing) < AT_ONCE:
            try:
                pid = self._show(message.uid, message.title, message.body or message.text)
            except OSError:
                pid = None
        if pid is not None:
            self._showing[pid] = now + PATIENCE
            self.counters["desktops"] += 1
        elif not reached:
            self.counters["unseen"] += 1

    def reap(self, now: float) -> None:
        """Collect what is done, and end what takes too long."""
        for pid, end in list(self._showing.items()):
            if os.waitpid(pid, os.WNOHANG)[0]:
                del self._showing[pid]
            elif now >= end:
                # It is our own child and not yet collected, so the number is still its own.
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                del self._showing[pid]

    @property
    def waiting(self) -> bool:
        """Whether a desktop is being told."""
        return bool(self._showing)


def encoded(text: str, encoding: str) -> bytes:
    """The text as a terminal needs it: line feeds with carriage returns, from the first column on."""
    try:
        data = text.encode(encoding, "backslashreplace")
    except LookupError:
        data = text.encode("ascii", "backslashreplace")
    return b"\r" + data.replace(b"\n", b"\r\n")


def main(channel: Channel, notifier: Notifier | None = None) -> None:
    """Serve until the channel closes or says stop."""
    notifier = notifier or Notifier()
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    told: dict[str, int] = {}
    while True:
        ready = poll.poll(1000 if notifier.waiting or told != notifier.counters else None)
        notifier.reap(time.monotonic())
        try:
            if ready and not _serve(channel, notifier):
                return
            if told != notifier.counters:
                told = dict(notifier.counters)
                channel.send(Pulse("notifier", told), wait=False)
        except Closed:
            return


def _serve(channel: Channel, notifier: Notifier) -> bool:
    while (received := channel.receive(wait=False)) is not None:
        message, files = received
        _close(files)
        if isinstance(message, Stop):
            return False
        if isinstance(message, Tell):
            notifier.tell(message, time.monotonic())
    return True


def _close(files: Iterable[int]) -> None:
    for fd in files:
        os.close(fd)
