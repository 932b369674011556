"""What is opened, in which pieces, and within which bounds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile

import brotli
import pytest

from clearance.observe.identity import unpack
from clearance.observe.reader import BytesReader, Reader
from tests.observe.identity import made
from tests.observe.identity.made import SOURCE

PROGRAM = SOURCE + os.urandom(300_000).hex().encode()


def stream(data: bytes) -> list[bytes]:
    return list(unpack.stream(BytesReader(data), data[:4096]))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, brotli.compress])
def test_streams_come_back_whole_in_bounded_pieces(pack: object) -> None:
    pieces = stream(pack(PROGRAM * 8))  # type: ignore[operator]
    assert b"".join(pieces) == PROGRAM * 8
    assert max(map(len, pieces)) <= 2 * unpack.UNPACKED


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_cut_streams_give_their_beginning(pack: object) -> None:
    packed = pack(PROGRAM * 4)  # type: ignore[operator]
    assert (PROGRAM * 4).startswith(b"".join(stream(packed[: len(packed) // 2])))


def test_a_bomb_stops_at_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "STREAM_BYTES", 5_000_000)
    assert sum(map(len, stream(gzip.compress(bytes(60_000_000))))) == 5_000_000


def test_bytes_that_are_no_program_are_not_taken_for_brotli() -> None:
    assert stream(brotli.compress(b"a letter " * 5000)) == []
    assert stream(os.urandom(2_000_000)) == []


def test_members_that_look_like_programs_largest_first() -> None:
    data = made.archive({
        "bin/small": os.urandom(600), "lib/big.js": os.urandom(5000), "README": os.urandom(900),
        "node_modules/x/y.js": os.urandom(900), "types.d.ts": os.urandom(900), "tiny.py": b"x",
    })  # fmt: skip
    assert [member.name for member in unpack.members(BytesReader(data))] == ["lib/big.js", "bin/small"]
    assert list(unpack.members(BytesReader(b"no archive"))) == []


def test_tar_members() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as out:
        for name, data in {
            "package/package.json": b"{}",
            "package/cli.js": b"y" * 700,
            "package/x.md": b"z" * 700,
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            out.addfile(entry, io.BytesIO(data))
    found = {member.name: member.data for member in unpack.tar(BytesReader(buffer.getvalue()))}
    assert found == {"package/package.json": b"{}", "package/cli.js": b"y" * 700}
    assert list(unpack.tar(BytesReader(b"\0" * 2000))) == []


@pytest.mark.parametrize("packed", [True, False])
def test_scripts_of_pyinstaller(packed: bool) -> None:
    data = made.elf({".rodata": b"x"}, overlay=made.pyinstaller({"pyiboot": b"b", "start": SOURCE}, packed=packed))
    assert [(one.name, one.data) for one in unpack.pyinstaller_scripts(BytesReader(data))] == [("start", SOURCE)]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_large_compiled_program_in_a_zip_is_opened_whole(method: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MEMBER_BYTES", 1000)
    program = b"\x7fELF" + os.urandom(5000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as out:
        out.writestr("bin/tool", program)
        out.writestr("bin/other", os.urandom(6000))
    found = {member.name: member for member in unpack.members(BytesReader(buffer.getvalue()))}
    assert found["bin/other"].whole is None
    assert found["bin/tool"].whole is not None
    assert _all(found["bin/tool"].whole()) == program


def test_a_large_compiled_program_in_a_tar_is_opened_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    program = b"\x7fELF" + os.urandom(5000)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as out:
        entry = tarfile.TarInfo("bin/tool")
        entry.size = len(program)
        out.addfile(entry, io.BytesIO(program))
    packed = BytesReader(gzip.compress(buffer.getvalue()))
    (member,) = unpack.tar(BytesReader(buffer.getvalue()[:2000]), lambda: unpack.gunzipped(packed))
    assert member.whole is not None
    assert _all(member.whole()) == program
    (small,) = unpack.tar(BytesReader(buffer.getvalue()))
    assert (small.whole, small.data) == (None, program)
    monkeypatch.setattr(unpack, "MEMBER_BYTES", 1000)
    (cut,) = unpack.tar(BytesReader(buffer.getvalue()))
    assert cut.whole is not None
    assert _all(cut.whole()) == program


def _all(reader: Reader) -> bytes:
    return reader.read(0, reader.size)


def test_a_large_member_is_told_by_how_it_begins_whatever_it_is_called() -> None:
    program = b"#!/usr/bin/env node\n" + os.urandom(40_000)
    files = {
        "a/blob.dat": program, "p/node_modules/x/y.png": program, "photo.jpg": b"\xff\xd8\xff" + os.urandom(40_000),
        "docs/blob": program, "small.dat": program[:3000],
    }  # fmt: skip
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as out:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            out.addfile(entry, io.BytesIO(data))
    packed = unpack.members(BytesReader(made.archive(files))), unpack.tar(BytesReader(buffer.getvalue()))
    for found in packed:
        assert {one.name: one.borrowed for one in found} == {"a/blob.dat": False, "p/node_modules/x/y.png": True}


def test_in_a_tar_the_largest_come_first_and_before_them_its_manifests() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as out:
        for number in range(40):
            entry = tarfile.TarInfo(f"x/bin/part{number}")
            entry.size = 1000 + number
            out.addfile(entry, io.BytesIO(bytes(entry.size)))
        entry = tarfile.TarInfo("x/package.json")
        entry.size = 2
        out.addfile(entry, io.BytesIO(b"{}"))
    found = [one.name for one in unpack.tar(BytesReader(buffer.getvalue()))]
    assert found[:2] == ["x/package.json", "x/bin/part39"]
    assert len(found) == 1 + unpack.MOST_MEMBERS
