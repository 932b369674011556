"""The ring of starts: its parser against any bytes, and the kernel's own records as root."""

from __future__ import annotations

import os
import select
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.kernel import perf
from clearance.kernel.perf import (
    MISC_COMM_EXEC,
    RECORD_COMM,
    RECORD_FORK,
    RECORD_LOST,
    Births,
    Starts,
    births,
    online,
    parse,
    ranges,
    taken,
)


def comm(pid: int, name: bytes = b"name", misc: int = MISC_COMM_EXEC) -> bytes:
    body = struct.pack("=ii", pid, pid) + name.ljust(16, b"\0")
    return struct.pack("=IHH", RECORD_COMM, misc, 8 + len(body)) + body


def lost(count: int) -> bytes:
    return struct.pack("=IHHQQ", RECORD_LOST, 0, 24, 7, count)


def test_starts_are_told_from_renamings() -> None:
    data = comm(10) + comm(11, misc=0) + lost(3) + comm(12) + struct.pack("=IHHQ", 99, 0, 16, 0)
    assert parse(data) == ([10, 12], 3)


def fork(pid: int, parent: int) -> bytes:
    return struct.pack("=IHHiiiiQ", RECORD_FORK, 0, 32, pid, parent, pid, parent, 0)


def test_processes_that_split_and_threads_that_begin() -> None:
    assert births(fork(5, 4) + comm(5) + fork(4, 4) + lost(1) + fork(0, 4) + fork(6, 5)) == [(4, 5), (5, 6)]
    assert births(fork(5, 4) + fork(6, 4)[:20]) == [(4, 5)]


@given(st.binary(max_size=500))
def test_any_bytes_are_taken_for_births(data: bytes) -> None:
    assert all(pid != parent for parent, pid in births(data))


def test_a_process_outside_the_namespace_is_left_out() -> None:
    assert parse(comm(0) + comm(5)).pids == [5]


@pytest.mark.parametrize("size", [0, 1, 7, 4096])
def test_a_record_that_makes_no_sense_counts_as_lost(size: int) -> None:
    assert parse(comm(4) + struct.pack("=IHH", RECORD_COMM, MISC_COMM_EXEC, size)) == ([4], 1)


@given(st.binary(max_size=500))
def test_any_bytes_are_taken(data: bytes) -> None:
    found = parse(data)
    assert all(pid > 0 for pid in found.pids)
    assert found.lost >= 0


@given(st.lists(st.integers(1, 2**22), max_size=60), st.integers(0, 2**40))
def test_records_that_wrap_around_come_whole(pids: list[int], tail: int) -> None:
    """Whatever the position, what was written comes back in order, as long as the ring was not overrun."""
    ring = bytearray(2048)
    data = b"".join(map(comm, pids))[:2048]
    for number, byte in enumerate(data):
        ring[(tail + number) % len(ring)] = byte
    assert taken(memoryview(ring), tail, tail + len(data)) == data


def test_processors_are_read_as_the_kernel_lists_them(tmp_path: Path) -> None:
    assert ranges("0-3,8,10-11\n") == {0, 1, 2, 3, 8, 10, 11}
    assert online(str(tmp_path / "nothing")) == set(range(os.cpu_count() or 1))
    (tmp_path / "odd").write_text("\n")
    assert online(str(tmp_path / "odd")) == set(range(os.cpu_count() or 1))


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: perf_event_open for all processes")
class TestKernel:
    def test_each_start_is_told_once_and_the_ring_never_fills(self) -> None:
        starts = Starts()
        try:
            mine: list[int] = []
            seen: list[int] = []
            for _ in range(300):
                mine.append(os.posix_spawn("/bin/true", ["true"], {}))
                seen += starts.take().pids
            for pid in mine:
                os.waitpid(pid, 0)
            found = starts.take()
            seen += found.pids
            assert found.lost == 0
            assert [seen.count(pid) for pid in mine] == [1] * len(mine)
        finally:
            starts.close()

    def test_more_than_the_ring_holds_is_told_as_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(perf, "PAGES", 1)
        starts = Starts()
        try:
            for _ in range(300 * (os.cpu_count() or 1)):
                os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
            starts.take()
            os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
            for _ in range(20 * (os.cpu_count() or 1)):
                os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
            assert starts.take().lost > 0
        finally:
            starts.close()

    def test_a_start_wakes_whoever_polls_and_refreshing_changes_nothing(self) -> None:
        starts = Starts()
        try:
            assert not starts.refresh()
            poll = select.poll()
            for fd in starts.filenos():
                poll.register(fd, select.POLLIN)
            pid = os.posix_spawn("/bin/true", ["true"], {})
            seen: list[int] = []
            while pid not in seen:
                assert poll.poll(10_000)
                seen += starts.take().pids
            os.waitpid(pid, 0)
        finally:
            starts.close()

    def test_who_split_is_told_without_waking_anybody(self) -> None:
        found = Births()
        try:
            poll = select.poll()
            for fd in found.filenos():
                poll.register(fd, select.POLLIN)
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitpid(pid, 0)
            assert not poll.poll(0)
            assert (os.getpid(), pid) in found.take()
        finally:
            found.close()
