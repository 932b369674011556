"""A process that is held, so that nothing is done to another one that got its number.

`pidfd_open(2)` names a process for good; its number may be given away when it is gone. What is read of `/proc/PID`
while the held process is alive was read of that process.
"""

from __future__ import annotations

import os
import select
import signal
from types import TracebackType
from typing import Final, NamedTuple

_START_FIELD: Final = 19
"""Field of `/proc/PID/stat` that says when it was started, counted after the name (proc(5) calls it 22)."""


class Image(NamedTuple):
    """Which program a process runs: the process's start (clock ticks since boot), and the program's file."""

    started: int
    device: int
    inode: int


class Held:
    """A process by its descriptor. ProcessLookupError where it is gone already."""

    __slots__ = ("_fd", "pid")

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._fd = os.pidfd_open(pid)

    def alive(self) -> bool:
        """Whether it has not ended; a zombie has."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return not poll.poll(0)

    def fileno(self) -> int:
        """The descriptor: readable when the process has ended."""
        return self._fd

    def signal(self, number: int) -> bool:
        """Send a signal to this very process. False where it is gone."""
        try:
            signal.pidfd_send_signal(self._fd, number)
        except ProcessLookupError:
            return False
        return True

    def kill(self, image: Image) -> bool:
        """End it at once if it still runs this program. False where it is gone or runs another by now."""
        if image_of(self.pid) != image or not self.alive():
            return False
        return self.signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of it."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> Held:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of it."""
        self.close()


def image_of(pid: int) -> Image | None:
    """What a process runs now; None where it is gone, or has no program (a kernel thread)."""
    try:
        what = os.stat(f"/proc/{pid}/exe")
        started = started_at(pid)
    except OSError:
        return None
    return Image(started, what.st_dev, what.st_ino) if started is not None else None


def started_at(pid: int) -> int | None:
    """When the process was started, in clock ticks since boot. OSError where it is gone."""
    fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    try:
        # Its name is the process's own choice and may hold anything, `)` too.
        fields = os.read(fd, 4096).rpartition(b")")[2].split()
    finally:
        os.close(fd)
    return int(fields[_START_FIELD]) if len(fields) > _START_FIELD and fields[_START_FIELD].isdigit() else None
