from __future__ import annotations

import io
import logging
import os
import select

import pytest

from clearance.agent.log_stream import PIECE, Unwaiting


@pytest.fixture
def pipe() -> object:
    ends = os.pipe()
    os.set_blocking(ends[0], False)
    yield ends
    for fd in ends:
        os.close(fd)


def taken(fd: int) -> bytes:
    data = b""
    while select.select([fd], [], [], 0)[0]:
        data += os.read(fd, 1 << 20)
    return data


def test_what_is_read_is_written(pipe: tuple[int, int]) -> None:
    stream = Unwaiting(pipe[1])
    assert stream.write("one line\n") == 9
    stream.flush()
    assert taken(pipe[0]) == b"one line\n"


def test_what_nobody_reads_is_dropped_and_counted(pipe: tuple[int, int]) -> None:
    stream = Unwaiting(pipe[1])
    for _ in range(1000):
        stream.write("x" * 999 + "\n")
    assert stream.dropped > 900
    dropped = stream.dropped
    taken(pipe[0])
    stream.write("again\n")
    assert taken(pipe[0]) == f"{dropped} lines were not read and are left out\nagain\n".encode()
    assert stream.dropped == 0


def test_a_line_is_no_longer_than_what_is_surely_taken(pipe: tuple[int, int]) -> None:
    Unwaiting(pipe[1]).write("ä" * 100_000 + "\n")
    data = taken(pipe[0])
    assert len(data) == PIECE
    assert data.endswith(b"\n")


def test_a_name_that_is_no_text_is_escaped(pipe: tuple[int, int]) -> None:
    Unwaiting(pipe[1]).write("\udcff\n")
    assert taken(pipe[0]) == b"\\udcff\n"


def test_a_reader_that_is_gone_is_no_error() -> None:
    hears, says = os.pipe()
    os.close(hears)
    stream = Unwaiting(says)
    stream.write("nobody\n")
    os.close(says)
    assert stream.dropped == 1


def test_a_loggers_streams_are_exchanged(pipe: tuple[int, int]) -> None:
    log = logging.Logger("a test")
    with open(pipe[1], "w", closefd=False) as file:
        log.addHandler(logging.StreamHandler(file))
        log.addHandler(logging.StreamHandler(io.StringIO()))
        Unwaiting.into(log)
        log.warning("told")
    assert taken(pipe[0]) == b"told\n"
    assert [isinstance(one.stream, Unwaiting) for one in log.handlers] == [True, False]  # type: ignore[attr-defined]
