"""The rows of one table of an SQLite file, read page by page through a `Reader`, without SQL and without a lock.

For databases on a foreign disk of which only the head of each row is wanted. Guarantees: every page is visited once at
most, a row is cut to the bytes asked for, and damaged files give ValueError (or fewer rows), never a loop. What still
lies in a write-ahead log beside the file is not seen.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from clearance.observe.reader import Reader

MAGIC: Final = b"SQLite format 3\x00"
_INTERIOR, _LEAF = 5, 13
_SCHEMA_HEAD: Final = 4096


def rows(reader: Reader, table: str, head: int) -> Iterator[tuple[bytes | None, ...]]:
    """The rows of `table`, each cut to its first `head` bytes. A value is its bytes as stored; NULL is None.

    ValueError where the file is no database or has no such table.
    """
    file = reader.read(0, 100)
    if len(file) < 100 or not file.startswith(MAGIC):
        raise ValueError("not an SQLite database")
    size = int.from_bytes(file[16:18], "big")
    size = 65536 if size == 1 else size
    if size < 512 or size & (size - 1):
        raise ValueError(f"an SQLite database with pages of {size} bytes")
    usable = size - file[20]
    for row in _table(reader, 1, size, usable, _SCHEMA_HEAD):
        if len(row) >= 4 and row[0] == b"table" and row[1] == table.encode() and row[3]:
            yield from _table(reader, int.from_bytes(row[3], "big"), size, usable, head)
            return
    raise ValueError(f"no table {table}")


def _table(reader: Reader, root: int, size: int, usable: int, head: int) -> Iterator[tuple[bytes | None, ...]]:
    waiting, seen = [root], set[int]()
    while waiting:
        number = waiting.pop()
        if number in seen or number < 1 or number * size > reader.size:
            continue
        seen.add(number)
        page = reader.read((number - 1) * size, size)
        start = 100 if number == 1 else 0
        kind, count = page[start], int.from_bytes(page[start + 3 : start + 5], "big")
        if kind not in (_INTERIOR, _LEAF):
            continue
        first = start + (8 if kind == _LEAF else 12)
        count = min(count, (len(page) - first) // 2)
        cells = struct.unpack_from(f">{count}H", page, first)
        if kind == _INTERIOR:
            waiting.append(int.from_bytes(page[start + 8 : start + 12], "big"))
            waiting += [int.from_bytes(page[cell : cell + 4], "big") for cell in reversed(cells)]
        else:
            for cell in cells:
                yield _values(_payload(reader, page, cell, size, usable, head))


def _payload(reader: Reader, page: bytes, cell: int, size: int, usable: int, head: int) -> bytes:
    """The first `head` bytes of a row: those in its page, and those on the pages that follow."""
    length, at = _number(page, cell)
    _, at = _number(page, at)
    local = length
    if length > usable - 35:
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= usable - 35 else least
    data = page[at : at + min(local, length)]
    following = int.from_bytes(page[at + local : at + local + 4], "big") if local < length else 0
    steps = head // (usable - 4) + 1
    while following and len(data) < min(head, length) and steps:
        extra = reader.read((following - 1) * size, usable)
        data += extra[4:]
        following = int.from_bytes(extra[:4], "big")
        steps -= 1
    return data[: min(head, length)]


def _values(payload: bytes) -> tuple[bytes | None, ...]:
    """The stored bytes of each value of a row; the last may be cut."""
    end, at = _number(payload, 0)
    values: list[bytes | None] = []
    body = end
    while at < min(end, len(payload)):
        kind, at = _number(payload, at)
        length = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind] if kind < 12 else (kind - 12) // 2
        values.append(None if kind == 0 else payload[body : body + length])
        body += length
    return tuple(values)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends. Past the end of the data it is 0."""
    value = 0
    for step in range(9):
        if at + step >= len(data):
            return 0, len(data) + 1
        byte = data[at + step]
        if step == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    raise AssertionError
