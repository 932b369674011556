from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe import archive
from clearance.observe.reader import BytesReader

FILES = {"META-INF/plugin.xml": b"<idea-plugin/>", "big.bin": b"\0" * 1_000_000, "naïve.txt": b"x"}


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED, before: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return before + buffer.getvalue()


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\nexec something\n"])
def test_members_come_out_as_they_went_in(compression: int, before: bytes) -> None:
    reader = BytesReader(zipped(FILES, compression, before))
    assert [entry.name for entry in archive.members(reader)] == list(FILES)
    for name, data in FILES.items():
        assert archive.member(reader, name, 2_000_000) == data
    assert archive.member(reader, "missing", 10) is None


def test_what_a_member_unpacks_to_is_bounded() -> None:
    bomb = BytesReader(zipped({"bomb": b"\0" * 50_000_000}))
    assert bomb.size < 100_000
    assert archive.member(bomb, "bomb", 1000) == b"\0" * 1000


@given(st.binary(max_size=400), st.integers(0, 400), st.integers(1, 400))
def test_a_cut_member_is_its_beginning(data: bytes, limit: int, level: int) -> None:
    reader = BytesReader(zipped({"a": data, "b": data * level}))
    assert archive.member(reader, "a", limit) == data[:limit]
    assert archive.member(reader, "b", limit) == (data * level)[:limit]


def test_an_archive_of_the_64_bit_kind() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for number in range(70_000):
            out.writestr(zipfile.ZipInfo(f"{number}"), b"")
        out.writestr("last", b"here")
    assert archive.member(BytesReader(buffer.getvalue()), "last", 10) == b"here"


@pytest.mark.parametrize("data", [b"", b"PK", b"not an archive", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_said(data: bytes) -> None:
    with pytest.raises(ValueError, match="archive"):
        list(archive.members(BytesReader(data)))


def test_damage_and_encryption_are_said() -> None:
    good = zipped({"a": b"x" * 1000})
    encrypted = bytearray(good)
    encrypted[good.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ValueError, match="encrypted"):
        archive.member(BytesReader(bytes(encrypted)), "a", 10)
    other = bytearray(good)
    other[good.rindex(b"PK\x01\x02") + 10] = 99
    with pytest.raises(ValueError, match="method 99"):
        archive.member(BytesReader(bytes(other)), "a", 10)
    with pytest.raises(ValueError, match="damaged"):
        archive.member(BytesReader(good[:30] + b"\xff" * 8 + good[38:]), "a", 10)


@given(st.binary(max_size=300), st.integers(0, 200), st.binary(max_size=20))
def test_hostile_bytes_give_a_value_error_at_most(noise: bytes, at: int, patch: bytes) -> None:
    good = zipped({"a": b"hello", "b/c": b"x" * 100})
    for data in (noise, good[:at], good[:at] + patch + good[at + len(patch) :], noise + good + noise):
        try:
            for entry in archive.members(BytesReader(data)):
                archive.content(BytesReader(data), entry, 64)
        except ValueError:
            pass
