from __future__ import annotations

import contextlib
import shutil
import sqlite3
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.reader import BytesReader, FdReader
from clearance.observe.rpm_database import RpmPackage, packages, parse

TAGS = {"name": 1000, "version": 1001, "release": 1002, "vendor": 1011, "url": 1020}
CURSOR = RpmPackage("cursor", "2.4.1", "1", "Anysphere", "https://cursor.example")
BASH = RpmPackage("bash", "5.2", "9")


def header(package: RpmPackage, padding: int = 0) -> bytes:
    entries, data = [], b""
    for field, tag in TAGS.items():
        value = getattr(package, field)
        if value:
            entries.append(struct.pack(">4L", tag, 6, len(data), 1))
            data += value.encode() + b"\0"
    entries.append(struct.pack(">4L", 1117, 8, len(data), 1))
    data += b"f" * padding + b"\0"
    return struct.pack(">2L", len(entries), len(data)) + b"".join(entries) + data


def ndb(blobs: list[bytes]) -> bytes:
    """rpm's own format: one page of slots, then blobs in blocks of 16 bytes."""
    slots, body = [], b""
    for number, blob in enumerate(blobs, 1):
        block = (4096 + len(body)) // 16
        stored = struct.pack("<4s3L", b"BlbS", number, 7, len(blob)) + blob
        stored += b"\0" * (-len(stored) % 16)
        slots.append(struct.pack("<4s3L", b"Slot", number, block, len(stored) // 16))
        body += stored
    slots.append(struct.pack("<4s3L", b"Slot", 0, 0, 0))
    page = struct.pack("<4s7L", b"RpmP", 0, 7, 1, len(blobs) + 1, 0, 0, 0) + b"".join(slots)
    return page.ljust(4096, b"\0") + body


def bdb(blobs: list[bytes], order: str = "<", size: int = 4096) -> bytes:
    """Berkeley DB: a meta page, one hash page of keys and values, and chains of overflow pages."""
    pages = [bytearray(size), bytearray(size)]
    struct.pack_into(f"{order}L", pages[0], 12, 0x061561)
    struct.pack_into(f"{order}L", pages[0], 20, size)
    top, index = size, []
    for number, blob in enumerate(blobs):
        first = len(pages)
        chunks = [blob[at : at + size - 26] for at in range(0, len(blob), size - 26)]
        for step, chunk in enumerate(chunks):
            page = bytearray(size)
            follows = first + step + 1 if step + 1 < len(chunks) else 0
            struct.pack_into(f"{order}L", page, 16, follows)
            struct.pack_into(f"{order}H", page, 22, len(chunk))
            page[25] = 7
            page[26 : 26 + len(chunk)] = chunk
            pages.append(page)
        top -= 5
        pages[1][top : top + 5] = b"\1" + struct.pack("<L", number)
        index.append(top)
        top -= 12
        pages[1][top : top + 12] = b"\3\0\0\0" + struct.pack(f"{order}2L", first, len(blob))
        index.append(top)
    struct.pack_into(f"{order}H", pages[1], 20, len(index))
    pages[1][25] = 13
    struct.pack_into(f"{order}{len(index)}H", pages[1], 26, *index)
    return b"".join(pages)


def sqlite(blobs: list[bytes], path: Path) -> bytes:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
    connection.close()
    return path.read_bytes()


def test_all_formats_say_the_same(tmp_path: Path) -> None:
    blobs = [header(CURSOR, 9000), header(BASH), header(RpmPackage("large"), 100_000)]
    expected = [CURSOR, BASH, RpmPackage("large")]
    for data in (ndb(blobs), bdb(blobs), bdb(blobs, ">"), sqlite(blobs, tmp_path / "rpmdb.sqlite")):
        assert list(packages(BytesReader(data))) == expected


def test_what_is_no_database_is_said() -> None:
    with pytest.raises(ValueError, match="not an rpm database"):
        list(packages(BytesReader(b"x" * 100)))


@given(st.binary(max_size=200))
def test_any_header_is_read_without_error(noise: bytes) -> None:
    parse(noise)
    parse(struct.pack(">2L", 1, 40) + struct.pack(">4L", 1000, 6, 0, 1) + noise)


@given(st.sampled_from([ndb, bdb]), st.lists(st.tuples(st.integers(0, 12_000), st.integers(0, 255)), max_size=20))
def test_damage_gives_a_value_error_at_most(make: object, patches: list[tuple[int, int]]) -> None:
    assert callable(make)
    data = bytearray(make([header(CURSOR, 5000), header(BASH)]))
    for at, value in patches:
        data[at % len(data)] = value
    with contextlib.suppress(ValueError):
        list(packages(BytesReader(bytes(data))))


@pytest.mark.long
@pytest.mark.skipif(not (shutil.which("rpm") and shutil.which("rpmbuild")), reason="needs rpm and rpmbuild")
def test_a_database_that_rpm_itself_wrote(tmp_path: Path) -> None:
    for name in ("cursor", "other", "removed"):
        (tmp_path / f"{name}.spec").write_text(
            f"Name: {name}\nVersion: 2.4.1\nRelease: 1\nSummary: x\nLicense: x\nVendor: Anysphere\n"
            "BuildArch: noarch\n%description\nx\n%files\n"
        )
        build = ["rpmbuild", "--define", f"_topdir {tmp_path}/top", "-bb", str(tmp_path / f"{name}.spec")]
        subprocess.run(build, check=True, capture_output=True)
    rpm = ["rpm", "--define", "_db_backend sqlite", "--dbpath", str(tmp_path / "db")]
    built = [str(path) for path in (tmp_path / "top" / "RPMS").rglob("*.rpm")]
    for command in (["--initdb"], ["-i", "--nodeps", "--justdb", *built], ["-e", "--justdb", "removed"]):
        subprocess.run([*rpm, *command], check=True, capture_output=True)
    with (tmp_path / "db" / "rpmdb.sqlite").open("rb") as file:
        found = sorted(packages(FdReader(file.fileno())), key=lambda one: one.name)
    assert found == [
        RpmPackage("cursor", "2.4.1", "1", "Anysphere"),
        RpmPackage("other", "2.4.1", "1", "Anysphere"),
    ]
