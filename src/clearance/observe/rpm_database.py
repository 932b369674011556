"""The packages that an rpm database holds, in each of the three formats that are in use, read through a `Reader`.

`packages` gives name, version and maker's fields of every package header; only the head of each header is read. Damaged
databases give ValueError (or fewer packages), never a loop.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from clearance.observe.reader import Reader
from clearance.observe.sqlite_pages import MAGIC as SQLITE
from clearance.observe.sqlite_pages import rows

MAGIC_BYTES: Final = 32

HEAD: Final = 1 << 15
"""Bytes of a header that are read: the index of about 100 fields (16 bytes each), and the texts, which come first."""

MOST: Final = 200_000
"""Packages, at most, that are looked at."""

_FIELDS: Final = {1000: "name", 1001: "version", 1002: "release", 1011: "vendor", 1020: "url"}
_HASH_PAGES: Final = (2, 13)
_OVERFLOW_PAGE: Final = 7
_OFF_PAGE: Final = 3
_PAGE_HEAD: Final = 26


@dataclass(frozen=True)
class RpmPackage:
    """What a package's header says of itself. Empty where it does not."""

    name: str
    version: str = ""
    release: str = ""
    vendor: str = ""
    url: str = ""


def packages(reader: Reader) -> Iterator[RpmPackage]:
    """Every package in the database. ValueError where its format is none of the three."""
    for number, blob in enumerate(_headers(reader)):
        if number >= MOST:
            raise ValueError(f"more than {MOST} packages")
        found = parse(blob)
        if found:
            yield found


def parse(blob: bytes) -> RpmPackage | None:
    """The package of a header, of which the head is enough; None for what is no header."""
    if len(blob) < 8:
        return None
    count, length = struct.unpack_from(">2L", blob)
    start = 8 + 16 * count
    if not 0 < count < 10_000 or length > 1 << 28 or start >= len(blob):
        return None
    fields: dict[str, str] = {}
    for tag, kind, offset, _ in struct.iter_unpack(">4L", blob[8:start]):
        name = _FIELDS.get(tag)
        if name and kind in (6, 8, 9) and start + offset < len(blob):
            value = blob[start + offset : start + offset + 1000].partition(b"\0")[0]
            fields.setdefault(name, value.decode("utf-8", "surrogateescape"))
    return RpmPackage(**fields) if fields.get("name") else None


def _headers(reader: Reader) -> Iterator[bytes]:
    head = reader.read(0, MAGIC_BYTES)
    if head.startswith(SQLITE):
        for row in rows(reader, "Packages", HEAD):
            if len(row) == 2 and row[1]:
                yield row[1]
    elif head.startswith(b"RpmP"):
        yield from _slots(reader, head)
    elif head[12:16] in (b"\x61\x15\x06\x00", b"\x00\x06\x15\x61"):
        yield from _hashed(reader, "little" if head[12] == 0x61 else "big")
    else:
        raise ValueError("not an rpm database of a known format")


def _slots(reader: Reader, head: bytes) -> Iterator[bytes]:
    """rpm's own format: pages of slots, each of which says where a header lies."""
    pages = min(int.from_bytes(head[12:16], "little"), reader.size // 4096)
    for page in range(pages):
        for magic, index, block, _ in struct.iter_unpack("<4s3L", _whole(reader.read(page * 4096, 4096), 16)):
            if magic == b"Slot" and index and block:
                blob = reader.read(block * 16, 16 + HEAD)
                if blob.startswith(b"BlbS"):
                    yield blob[16 : 16 + int.from_bytes(blob[12:16], "little")]


def _hashed(reader: Reader, order: Literal["little", "big"]) -> Iterator[bytes]:
    """Berkeley DB: hash pages of keys and values, where a value that is a header lies on pages of its own."""
    size = int.from_bytes(reader.read(20, 4), order)
    if size < 512 or size > 65536 or size & (size - 1):
        raise ValueError(f"a Berkeley DB file with pages of {size} bytes")
    for number in range(1, reader.size // size):
        page = reader.read(number * size, size)
        if page[25] not in _HASH_PAGES:
            continue
        count = min(int.from_bytes(page[20:22], order), (size - _PAGE_HEAD) // 2)
        for entry in range(1, count, 2):
            where = _PAGE_HEAD + 2 * entry
            at = int.from_bytes(page[where : where + 2], order)
            if at + 12 <= size and page[at] == _OFF_PAGE:
                length = int.from_bytes(page[at + 8 : at + 12], order)
                yield _chained(reader, int.from_bytes(page[at + 4 : at + 8], order), size, min(length, HEAD), order)


def _chained(reader: Reader, number: int, size: int, wanted: int, order: Literal["little", "big"]) -> bytes:
    data = b""
    for _ in range(wanted // (size - _PAGE_HEAD) + 2):
        page = reader.read(number * size, size) if number else b""
        if len(page) < size or page[25] != _OVERFLOW_PAGE or len(data) >= wanted:
            break
        data += page[_PAGE_HEAD : _PAGE_HEAD + int.from_bytes(page[22:24], order)]
        number = int.from_bytes(page[16:20], order)
    return data[:wanted]


def _whole(data: bytes, unit: int) -> bytes:
    return data[: len(data) // unit * unit]
