"""The guard's process: one loop over the kernel's questions and the other processes' messages.

It ends when the service does. However it ends, the kernel lets through whoever waited.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import time
from collections.abc import Callable, Collection
from typing import Final

from clearance.agent.guard.desk import Desk
from clearance.kernel.fanotify import Group
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import Arrived, Failed, Message, Stop

PULSE_NS: Final = 1_000_000_000
BEAT_NS: Final = 100_000_000
"""Between two bytes for the watchdog, while there is much to do."""

DESCRIPTORS: Final = 16_384
"""Each start that waits is an open file. The kernel denies a start that it can give no descriptor for."""

SPARE: Final = 512
"""Descriptors that are kept free of waiting starts: for what is read at once, and for the guard itself."""
EAGER: Final = -20
"""How much sooner than others the guard is served: everybody waits for it."""

MESSAGES: Final = 64
"""Messages that are taken in a row before the kernel is served again."""


class Stopped(Exception):
    """The service asked for the end."""


def main(
    service: Channel,
    examiner: Channel,
    pulse: int,
    watched: Collection[str],
    mounts: Callable[[], Collection[str]] | None = None,
) -> None:
    """Guard the file systems of `watched` until the service ends. A byte on `pulse` says that there is progress.

    `mounts`, where all of the host is guarded, gives the mount points that are to be watched now.
    """
    most = descriptors()
    room = most - min(SPARE, most // 2)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, EAGER)
    # What was made before is never thrown away, and nothing here makes circles: no pause for collecting.
    gc.freeze()
    gc.disable()
    group = Group()
    desk = Desk(group, service, examiner, time.monotonic_ns, room=room)
    try:
        _watch(group, watched, service)
        _serve(group, desk, service, examiner, pulse, mounts)
    except (Closed, Stopped):
        return
    finally:
        group.close()


def descriptors() -> int:
    """How many files this process may have open, once it has raised that as far as it needs and may."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in ((max(DESCRIPTORS, soft), max(DESCRIPTORS, most)), (most, most)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, wanted)
        except (OSError, ValueError):
            continue
        return wanted[0]
    return soft


def _watch(group: Group, paths: Collection[str], service: Channel) -> None:
    for path in paths:
        try:
            group.watch(path)
        except OSError as error:
            service.send(Failed("watch", detail=f"{path}: {(error.strerror or '').lower()}"))


def _serve(
    group: Group,
    desk: Desk,
    service: Channel,
    examiner: Channel,
    pulse: int,
    mounts: Callable[[], Collection[str]] | None,
) -> None:
    poll = select.poll()
    for one in (group.fd, service.fileno(), examiner.fileno()):
        poll.register(one, select.POLLIN)
    table = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC) if mounts is not None else -1
    if table >= 0:
        poll.register(table, select.POLLPRI | select.POLLERR)
    told = beaten = 0
    wait = 0.0
    while True:
        ready = poll.poll(wait * 1000)
        events = group.read(desk.free)
        for event in events:
            desk.event(event)
        for fd, _ in ready:
            if fd == service.fileno():
                _take(service, desk)
            elif fd == examiner.fileno():
                _take(examiner, desk)
            elif fd == table and mounts is not None:
                _watch(group, mounts(), service)
        wait = desk.expire()
        now = time.monotonic_ns()
        if now - told >= PULSE_NS:
            told = now
            desk.flush(pulse=True)
        elif ready:
            desk.flush()
        if now - beaten >= BEAT_NS:
            beaten = now
            _beat(pulse)


def _take(channel: Channel, desk: Desk) -> None:
    for _ in range(MESSAGES):
        got = channel.receive(wait=False)
        if got is None:
            return
        message: Message
        message, files = got
        if isinstance(message, Arrived) and files:
            desk.arrived(files[0])
        for fd in files:
            os.close(fd)
        if isinstance(message, Stop):
            raise Stopped
        desk.message(message)


def _beat(pulse: int) -> None:
    try:
        os.write(pulse, b".")
    except (BlockingIOError, BrokenPipeError):
        # The watchdog is slow or gone; the service starts another one.
        return
