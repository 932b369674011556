"""What an ELF program says to the dynamic loader: which libraries it needs, what it calls itself, what it offers.

The loader reads the same tables, so they cannot be stripped. A symbol is looked up as the loader does, by hash, in a
few small reads however many there are. Hostile tables give no names; nothing fails.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from clearance.observe.identity.structure.elf import MAGIC
from clearance.observe.reader import Reader

PT_LOAD: Final = 1
PT_DYNAMIC: Final = 2
PT_INTERP: Final = 3
DT_NEEDED: Final = 1
DT_HASH: Final = 4
DT_STRTAB: Final = 5
DT_SYMTAB: Final = 6
DT_SONAME: Final = 14
DT_GNU_HASH: Final = 0x6FFFFEF5
MOST_SEGMENTS: Final = 128
DYNAMIC_BYTES: Final = 8192
NAME_BYTES: Final = 256
MOST_NEEDED: Final = 64
MOST_STEPS: Final = 256
MOST_ASKED: Final = 4096
ASKED_BYTES: Final = 262_144


class Dynamic(NamedTuple):
    """The tables of one file. `interpreted`: it asks for a loader, so it is none itself."""

    reader: Reader
    needed: tuple[bytes, ...]
    name: bytes
    interpreted: bool
    wide: bool
    order: str
    loads: tuple[tuple[int, int, int], ...]
    tables: dict[int, int]

    def offers(self, symbol: bytes) -> bool:
        """Whether the file defines a symbol that others can bind to."""
        if DT_GNU_HASH in self.tables:
            return self._by_gnu_hash(symbol)
        return DT_HASH in self.tables and self._by_hash(symbol)

    def asks(self, *symbols: bytes) -> set[bytes]:
        """Those of these symbols of libraries that the file binds to. What it asks for stands before all else."""
        size = 24 if self.wide else 16
        head = self._words(self.tables.get(DT_GNU_HASH, 0), 2) if DT_GNU_HASH in self.tables else ()
        count = min(head[1], MOST_ASKED) if len(head) == 2 else MOST_ASKED
        rows = self._read(self.tables.get(DT_SYMTAB, 0), count * size)
        named = struct.iter_unpack(f"{self.order}I{size - 4}x", rows[: len(rows) // size * size])
        starts = [start for (start,) in named if start < ASKED_BYTES]
        texts = self._read(self.tables.get(DT_STRTAB, 0), min(max(starts, default=0) + NAME_BYTES, ASKED_BYTES))
        # Nearly no program binds to any of them: that none of the names is there at all is told at once.
        there = [symbol for symbol in symbols if symbol + b"\0" in texts]
        return {symbol for symbol in there if any(texts.startswith(symbol + b"\0", start) for start in starts)}

    def _read(self, address: int, length: int) -> bytes:
        """Bytes at an address, as the loader would map them."""
        for start, offset, size in self.loads:
            if start <= address < start + size:
                return self.reader.read(offset + address - start, min(length, start + size - address))
        return b""

    def _words(self, address: int, count: int) -> tuple[int, ...]:
        data = self._read(address, 4 * count)
        return struct.unpack_from(f"{self.order}{len(data) // 4}I", data)

    def _is(self, number: int, symbol: bytes) -> bool:
        size = 24 if self.wide else 16
        row = self._read(self.tables.get(DT_SYMTAB, 0) + number * size, size)
        if len(row) < size:
            return False
        (name,) = struct.unpack_from(self.order + "I", row)
        (section,) = struct.unpack_from(self.order + "H", row, 6 if self.wide else 14)
        text = self._read(self.tables.get(DT_STRTAB, 0) + name, len(symbol) + 1)
        return section != 0 and text == symbol + b"\0"

    def _by_gnu_hash(self, symbol: bytes) -> bool:
        table = self.tables[DT_GNU_HASH]
        head = self._words(table, 4)
        if len(head) < 4 or not head[0]:
            return False
        buckets, first, bloom, _ = head
        at = table + 16 + bloom * (8 if self.wide else 4)
        wanted = _gnu_hash(symbol)
        found = self._words(at + 4 * (wanted % buckets), 1)
        if not found or found[0] < first:
            return False
        chain = self._words(at + 4 * buckets + 4 * (found[0] - first), MOST_STEPS)
        for step, value in enumerate(chain):
            if value | 1 == wanted | 1 and self._is(found[0] + step, symbol):
                return True
            if value & 1:
                break
        return False

    def _by_hash(self, symbol: bytes) -> bool:
        table = self.tables[DT_HASH]
        head = self._words(table, 2)
        if len(head) < 2 or not head[0]:
            return False
        found = self._words(table + 8 + 4 * (_hash(symbol) % head[0]), 1)
        for _ in range(MOST_STEPS):
            if not found or not found[0]:
                break
            if self._is(found[0], symbol):
                return True
            found = self._words(table + 8 + 4 * (head[0] + found[0]), 1)
        return False


def parse(reader: Reader, head: bytes) -> Dynamic | None:
    """The tables of the file whose first bytes are `head`; None where it is no ELF or has none."""
    if len(head) < 64 or not head.startswith(MAGIC) or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
    fields = struct.unpack_from(order + ("HHIQQQIHHH" if wide else "HHIIIIIHHH"), head, 16)
    offset, count = fields[4], min(fields[9], MOST_SEGMENTS)
    size = 56 if wide else 32
    table = reader.read(offset, size * count)
    loads: list[tuple[int, int, int]] = []
    place: tuple[int, int] | None = None
    interpreted = False
    for row in struct.iter_unpack(order + ("IIQQQQQQ" if wide else "IIIIIIII"), table[: len(table) // size * size]):
        kind = row[0]
        start, address, length = (row[2], row[3], row[5]) if wide else (row[1], row[2], row[4])
        if kind == PT_LOAD:
            loads.append((address, start, length))
        elif kind == PT_DYNAMIC:
            place = (start, length)
        interpreted = interpreted or kind == PT_INTERP
    if place is None:
        return None
    data = reader.read(place[0], min(place[1], DYNAMIC_BYTES))
    size = 16 if wide else 8
    rows = list(struct.iter_unpack(order + ("QQ" if wide else "II"), data[: len(data) // size * size]))
    tables = {tag: value for tag, value in rows if tag in (DT_HASH, DT_STRTAB, DT_SYMTAB, DT_GNU_HASH)}
    found = Dynamic(reader, (), b"", interpreted, wide, order, tuple(loads), tables)
    names = [(tag, _name(found, value)) for tag, value in rows if tag in (DT_NEEDED, DT_SONAME)][:MOST_NEEDED]
    needed = tuple(name for tag, name in names if tag == DT_NEEDED)
    return found._replace(needed=needed, name=next((name for tag, name in names if tag == DT_SONAME), b""))


def _name(dynamic: Dynamic, at: int) -> bytes:
    return dynamic._read(dynamic.tables.get(DT_STRTAB, 0) + at, NAME_BYTES).partition(b"\0")[0]


def _gnu_hash(symbol: bytes) -> int:
    value = 5381
    for byte in symbol:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def _hash(symbol: bytes) -> int:
    value = 0
    for byte in symbol:
        value = (value << 4) + byte
        value = (value ^ (value >> 24 & 0xF0)) & 0x0FFFFFFF
    return value
