"""A packed stream is read as if it were unpacked."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.observe.identity import inflated
from clearance.observe.identity.inflated import GZIP, RAW, Inflated
from clearance.observe.reader import BytesReader

PLAIN = b"".join(bytes([byte % 251]) * 37 + random.Random(byte).randbytes(300) for byte in range(2000))


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, RAW)
    return packer.compress(data) + packer.flush()


def opened(data: bytes, most: int = 1 << 30) -> Inflated:
    packed = raw(data)
    return Inflated(BytesReader(b"before" + packed + b"after"), 6, len(packed), RAW, most)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflated, "STEP", 50_000)
    monkeypatch.setattr(inflated, "OUTPUT", 7000)
    monkeypatch.setattr(inflated, "INPUT", 3000)


READS = st.lists(st.tuples(st.integers(-5, len(PLAIN) + 9), st.integers(-2, 60_000)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(READS)
def test_any_part_in_any_order(reads: list[tuple[int, int]]) -> None:
    reader = opened(PLAIN)
    assert reader.size == len(PLAIN)
    for offset, length in reads:
        wanted = PLAIN[offset : offset + length] if offset >= 0 and length > 0 else b""
        assert reader.read(offset, length) == wanted


def test_one_after_the_other_with_overlaps() -> None:
    reader = opened(PLAIN)
    for at in range(0, len(PLAIN), 10_000):
        assert reader.read(at, 10_256) == PLAIN[at : at + 10_256]


def test_a_gzip_file() -> None:
    packed = gzip.compress(PLAIN)
    reader = Inflated(BytesReader(packed), 0, len(packed), GZIP, 1 << 30)
    assert (reader.size, reader.read(300_000, 9)) == (len(PLAIN), PLAIN[300_000:300_009])


def test_no_more_than_the_bound_of_a_bomb() -> None:
    reader = opened(bytes(20_000_000), most=1_000_000)
    assert reader.size == 1_000_000
    assert reader.read(999_990, 100) == bytes(10)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 100))
def test_damaged_streams_give_their_beginning(junk: bytes, at: int) -> None:
    packed = raw(PLAIN[:5000])
    for data in (packed[:at] + junk, packed[: len(packed) // 2]):
        reader = Inflated(BytesReader(data), 0, len(data), RAW, 1 << 20)
        assert len(reader.read(0, reader.size)) == reader.size
        assert reader.read(reader.size, 10) == b""
    assert PLAIN.startswith(reader.read(0, reader.size))
