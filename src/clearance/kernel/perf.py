"""Which processes have started another program, and which have split: `perf_event_open(2)`, events that count nothing.

The kernel writes a record into a processor's ring each time a program begins there, after the old one is gone. A reader
that is late loses the newest records and is told so; whoever starts a program never waits. A process is named as the
PID namespace of this program names it; one outside it is left out. Needs CAP_PERFMON or root. Who split wakes nobody:
these records wait in rings of their own until somebody asks, or until one is half full.

Where a record is read while the kernel writes is ordered by the ring's head, which on x86 needs no barrier; elsewhere
the system calls between waking up and reading stand in for one. A record that makes no sense counts as lost.
Sources: perf_event_open(2); the kernel's include/uapi/linux/perf_event.h.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_CALLS: Final = {
    "x86_64": 298, "aarch64": 241, "riscv64": 241, "loongarch64": 241, "ppc64le": 319, "ppc64": 319, "s390x": 331,
}  # fmt: skip
_TYPE_SOFTWARE: Final = 1
_DUMMY: Final = 9
_COMM: Final = 1 << 9
_TASK: Final = 1 << 13
_WATERMARK: Final = 1 << 14
_COMM_EXEC: Final = 1 << 24
_CLOSE_ON_EXEC: Final = 8
_ATTRIBUTES: Final = 128
_HEADER: Final = struct.Struct("=IHH")
_PROCESS: Final = struct.Struct("=ii")
_COUNT: Final = struct.Struct("=QQ")
_POSITION: Final = struct.Struct("=Q")
_HEAD_AT: Final = 1024
_TAIL_AT: Final = 1032
RECORD_LOST: Final = 2
RECORD_COMM: Final = 3
RECORD_FORK: Final = 7
MISC_COMM_EXEC: Final = 1 << 13

PAGES: Final = 64
"""Pages of a ring, a power of two: some 6,500 starts on one processor before one is lost."""

BIRTH_PAGES: Final = 16
"""Pages of a ring for processes that split: some 1,100 of them, threads and ends."""

ONLINE: Final = "/sys/devices/system/cpu/online"

_libc = ctypes.CDLL(None, use_errno=True)


class Started(NamedTuple):
    """Processes that have begun another program, in the order of each processor, and how many records were lost."""

    pids: list[int]
    lost: int


def parse(data: bytes) -> Started:
    """The starts in whole records. Anything hostile or cut counts as one lost record and ends it."""
    pids: list[int] = []
    lost = 0
    at = 0
    end = len(data)
    while at < end:
        if end - at < _HEADER.size:
            return Started(pids, lost + 1)
        kind, misc, size = _HEADER.unpack_from(data, at)
        if size < _HEADER.size or at + size > end:
            return Started(pids, lost + 1)
        if kind == RECORD_COMM and misc & MISC_COMM_EXEC and size >= 16:
            pid, _ = _PROCESS.unpack_from(data, at + 8)
            if pid > 0:
                pids.append(pid)
        elif kind == RECORD_LOST and size >= 24:
            lost += _COUNT.unpack_from(data, at + 8)[1]
        at += size
    return Started(pids, lost)


def births(data: bytes) -> list[tuple[int, int]]:
    """Process and new process, of those that split, in whole records; threads are none. Any bytes are taken."""
    found: list[tuple[int, int]] = []
    at = 0
    while len(data) - at >= _HEADER.size:
        kind, _, size = _HEADER.unpack_from(data, at)
        if size < _HEADER.size or at + size > len(data):
            break
        if kind == RECORD_FORK and size >= 16:
            pid, parent = _PROCESS.unpack_from(data, at + 8)
            if pid > 0 and parent > 0 and pid != parent:
                found.append((parent, pid))
        at += size
    return found


def taken(ring: bytes | memoryview, tail: int, head: int) -> bytes:
    """What a ring of a power of two bytes holds between two positions that only ever grow."""
    size = len(ring)
    count = min(head - tail, size)
    if count <= 0:
        return b""
    start = tail & (size - 1)
    first = bytes(ring[start : start + count])
    return first + bytes(ring[: count - len(first)])


class _Ring:
    """The ring of one processor."""

    def __init__(self, fd: int, pages: int) -> None:
        self.fd = fd
        self.map = mmap.mmap(fd, mmap.PAGESIZE * (1 + pages))
        self.view = memoryview(self.map)[mmap.PAGESIZE :]

    def take(self) -> bytes:
        (head,) = _POSITION.unpack_from(self.map, _HEAD_AT)
        (tail,) = _POSITION.unpack_from(self.map, _TAIL_AT)
        if head == tail:
            return b""
        data = taken(self.view, tail, head)
        _POSITION.pack_into(self.map, _TAIL_AT, head)
        return data

    def close(self) -> None:
        self.view.release()
        self.map.close()
        os.close(self.fd)


class _Rings:
    """The rings of all processors. OSError where the kernel has no such events or this user may not have them."""

    def __init__(self, flags: int, pages: int, wakes: int) -> None:
        self._how = (flags, pages, wakes)
        self._rings: dict[int, _Ring] = {}
        try:
            self.refresh()
        except BaseException:
            self.close()
            raise

    def refresh(self) -> bool:
        """Take in processors that came online and let go of those that went. Whether there were any."""
        now = online()
        changed = False
        flags, pages, wakes = self._how
        for number in [number for number in self._rings if number not in now]:
            self._rings.pop(number).close()
            changed = True
        for number in now:
            if number in self._rings:
                continue
            try:
                fd = _open(number, flags, wakes)
            except OSError as error:
                # It went offline meanwhile.
                if error.errno == errno.ENODEV:
                    continue
                raise
            try:
                self._rings[number] = _Ring(fd, pages)
            except BaseException:
                os.close(fd)
                raise
            changed = True
        return changed

    def filenos(self) -> tuple[int, ...]:
        """The descriptors to poll: readable when there is enough to take. `refresh` may change them."""
        return tuple(ring.fd for ring in self._rings.values())

    def close(self) -> None:
        """Give the rings back."""
        for ring in self._rings.values():
            ring.close()
        self._rings.clear()

    def _written(self) -> Iterator[bytes]:
        for ring in self._rings.values():
            if data := ring.take():
                yield data


class Starts(_Rings):
    """Programs that begin. Each wakes whoever polls."""

    def __init__(self) -> None:
        super().__init__(_COMM | _COMM_EXEC, PAGES, 1)

    def take(self) -> Started:
        """All that has been written since the last call."""
        pids: list[int] = []
        lost = 0
        for data in self._written():
            found = parse(data)
            pids += found.pids
            lost += found.lost
        return Started(pids, lost)


class Births(_Rings):
    """Processes that split. Of what nobody takes in time the newest is lost, and not told."""

    def __init__(self) -> None:
        super().__init__(_TASK, BIRTH_PAGES, BIRTH_PAGES * mmap.PAGESIZE // 2)

    def take(self) -> list[tuple[int, int]]:
        """Process and new process, of all that split since the last call."""
        return [one for data in self._written() for one in births(data)]


def online(path: str = ONLINE) -> frozenset[int]:
    """The processors that are online; where nothing says so, as many as Python counts."""
    try:
        with open(path, encoding="utf-8") as file:
            return ranges(file.read(65_536))
    except (OSError, ValueError):
        return frozenset(range(os.cpu_count() or 1))


def ranges(text: str) -> frozenset[int]:
    """The numbers of a list such as `0-3,8`. ValueError where it is none."""
    found: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def _open(processor: int, flags: int, wakes: int) -> int:
    number = _CALLS.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), platform.machine())
    attributes = bytearray(_ATTRIBUTES)
    struct.pack_into("=IIQ", attributes, 0, _TYPE_SOFTWARE, _ATTRIBUTES, _DUMMY)
    # A number of events to wake up after counts samples only: these records wake by their bytes.
    struct.pack_into("=QI", attributes, 40, flags | _WATERMARK, wakes)
    buffer = ctypes.create_string_buffer(bytes(attributes), _ATTRIBUTES)
    fd: int = _libc.syscall(
        ctypes.c_long(number), ctypes.byref(buffer), ctypes.c_int(-1), ctypes.c_int(processor), ctypes.c_int(-1),
        ctypes.c_ulong(_CLOSE_ON_EXEC),
    )  # fmt: skip
    if fd < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), "perf_event_open")
    return fd
