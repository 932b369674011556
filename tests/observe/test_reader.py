"""Every reader gives the same bytes for the same file, whatever is asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.reader import BudgetReader, BytesReader, FdReader

numbers = st.integers(-5, 60) | st.sampled_from((-(1 << 40), 1 << 31, 1 << 40))


@given(st.binary(max_size=50), st.lists(st.tuples(numbers, numbers), max_size=5))
def test_an_open_file_and_bytes_are_read_alike(data: bytes, asked: list[tuple[int, int]]) -> None:
    fd = os.memfd_create("read")
    try:
        os.write(fd, data)
        opened, held = FdReader(fd), BytesReader(data)
        assert opened.size == held.size == len(data)
        for offset, length in asked:
            got = held.read(offset, min(length, 1000))
            assert got == opened.read(offset, min(length, 1000))
            assert got == (data[offset:][:length] if offset >= 0 and length > 0 else b"")
    finally:
        os.close(fd)


def test_the_file_s_position_is_not_moved(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    with path.open("rb", buffering=0) as file:
        assert FdReader(file.fileno()).read(4, 3) == b"456"
        assert file.read(2) == b"01"


def test_a_size_that_is_given_is_the_file_s_end(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    with path.open("rb", buffering=0) as file:
        reader = FdReader(file.fileno(), 4)
        assert (reader.size, reader.read(4, 3)) == (4, b"")


def test_a_medium_that_fails_is_an_error() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        FdReader(-1, 10).read(0, 1)


@given(st.binary(max_size=60), st.integers(0, 80), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60))))
def test_no_more_than_the_budget_is_ever_handed_out(data: bytes, budget: int, asked: list[tuple[int, int]]) -> None:
    reader = BudgetReader(BytesReader(data), budget)
    given_out = 0
    for offset, length in asked:
        got = reader.read(offset, length)
        assert data[offset:].startswith(got)
        assert len(got) == min(length, len(data[offset:]), budget - given_out)
        given_out += len(got)
    assert reader.left == budget - given_out
    assert reader.size == len(data)
