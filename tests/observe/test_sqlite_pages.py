from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.reader import BytesReader
from clearance.observe.sqlite_pages import rows


def database(path: Path, blobs: list[bytes], page_size: int = 4096) -> bytes:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA page_size={page_size}")
        connection.execute("CREATE TABLE other (x)")
        connection.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
        connection.executemany("INSERT INTO other VALUES (?)", [(b"never",)] * 50)
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_every_row_is_read_as_sqlite_wrote_it(tmp_path: Path, page_size: int) -> None:
    blobs = [bytes([number % 251]) * (number * 37) for number in range(300)]
    reader = BytesReader(database(tmp_path / "a.db", blobs, page_size))
    assert [row[1] for row in rows(reader, "Packages", 1 << 20)] == blobs
    cut = [row[1] or b"" for row in rows(reader, "Packages", 700)]
    assert all(blob.startswith(part) and len(part) <= 700 for blob, part in zip(blobs, cut, strict=True))
    assert all(len(part) >= min(len(blob), 690) for blob, part in zip(blobs, cut, strict=True))


def test_deleted_rows_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    database(path, [b"one", b"two", b"three"])
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM Packages WHERE hnum = 2")
    connection.close()
    assert [row[1] for row in rows(BytesReader(path.read_bytes()), "Packages", 100)] == [b"one", b"three"]


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an SQLite"):
        list(rows(BytesReader(b"hello"), "Packages", 10))
    with pytest.raises(ValueError, match="no table Other"):
        list(rows(BytesReader(database(tmp_path / "a.db", [])), "Other", 10))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return database(tmp_path_factory.mktemp("db") / "a.db", [b"x" * 3000, b"y"] * 20, 512)


@given(st.data())
def test_damage_never_loops_or_raises_anything_else(good: bytes, data: st.DataObject) -> None:
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 12))):
        damaged[data.draw(st.integers(16, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = list(rows(BytesReader(bytes(damaged)), "Packages", 5000))
    except ValueError:
        return
    assert len(found) < 10_000
