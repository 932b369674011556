"""The watchdog: a process that does nothing but end a guard which makes no progress.

A guard that hangs would keep everybody's programs from starting; one that is dead lets them start. It holds the guard's
pidfd and the reading end of its pulse, and nothing else.
"""

from __future__ import annotations

import os
import select
import signal
from typing import Final

SECONDS: Final = 3.0
"""How long a guard may be silent. It says something at least every half second."""


def main(pulse: int, guard: int, service: int, seconds: float = SECONDS) -> None:
    """Watch until the guard is gone or the service ends. `guard` is a pidfd; `service` closes with the service."""
    poll = select.poll()
    for fd in (pulse, guard, service):
        poll.register(fd, select.POLLIN)
    while True:
        ready = {fd for fd, _ in poll.poll(seconds * 1000)}
        if guard in ready or service in ready:
            return
        if pulse not in ready:
            signal.pidfd_send_signal(guard, signal.SIGKILL)
            return
        if not os.read(pulse, 4096):
            return
        # Progress was made; more of it within the next while is not interesting.
        poll.unregister(pulse)
        if {fd for fd, _ in poll.poll(seconds * 250)} & {guard, service}:
            return
        poll.register(pulse, select.POLLIN)
