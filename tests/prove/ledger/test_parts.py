from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.prove.formats.record.json import LONGEST
from clearance.prove.ledger import parts
from clearance.prove.ledger.merkle import Frontier, leaf_hash
from clearance.prove.ledger.parts import Part


def test_parts_are_found_in_order_and_records_win_over_their_hashes() -> None:
    names = [
        "000000000012.jsonl", "000000000001.leaves", "000000000004.leaves", "000000000004.jsonl", "checkpoint", "lock",
        "000000000004.start", "torn-000000000009", "12.jsonl", "000000000000.jsonl", "000000000001.jsonl.new",
    ]  # fmt: skip
    assert parts.parts_of(names) == [
        Part(1, "000000000001.leaves", "hashes"), Part(4, "000000000004.jsonl", "records"),
        Part(12, "000000000012.jsonl", "records"),
    ]  # fmt: skip


@given(st.integers(1, 10**15))
def test_names_sort_as_their_numbers_and_come_back(first: int) -> None:
    assert parts.part_of(parts.records_name(first)) == Part(first, parts.records_name(first), "records")
    assert parts.part_of(parts.leaves_name(first)) == Part(first, parts.leaves_name(first), "hashes")
    assert parts.part_of(parts.start_name(first)) is None


def test_lines_and_hashes_of_any_length_take_little_memory() -> None:
    assert list(parts.lines(io.BytesIO(b"a\n\nb"))) == [b"a\n", b"\n", b"b"]
    pieces = list(parts.lines(io.BytesIO(b"x" * (LONGEST * 3))))
    assert max(map(len, pieces)) == LONGEST + 1
    blocks = [bytes([n]) * 32 for n in range(200)] * 50
    assert list(parts.hashes(io.BytesIO(b"".join(blocks) + b"half"))) == [*blocks, b"half"]


@given(st.integers(0, 60))
def test_a_start_comes_back(size: int) -> None:
    frontier = Frontier()
    for n in range(size):
        frontier.add(leaf_hash(bytes([n])))
    found = parts.parse_start(parts.start_bytes(frontier, "note\n"))
    assert (list(found.frontier), found.checkpoint) == (frontier.nodes, "note\n")


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (parts.parse_start, parts.parse_meta, parts.head_of):
        with pytest.raises(ValueError, match="it"):
            read(data)


@pytest.mark.parametrize(
    "data", [b'{"schema":"clearance/record/v2","n":1,"at":""}', b'{"schema":1,"n":1}', b"[" * 10**5]
)
def test_records_of_other_versions_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="it is"):
        parts.head_of(data)


def test_other_versions_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown version"):
        parts.parse_start(b'{"schema":"clearance/ledger-start/v2","frontier":[],"checkpoint":""}')
    with pytest.raises(ValueError, match="unknown version"):
        parts.parse_meta(b'{"schema":"clearance/ledger/v2","origin":"","key":"","created":""}')


def test_a_small_file_is_small(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    path.write_bytes(b"x")
    assert parts.small_file(str(path)) == b"x"
    with path.open("wb") as file:
        file.truncate(parts.LARGEST_SMALL_FILE + 1)
    with pytest.raises(ValueError, match="too large"):
        parts.small_file(str(path))
