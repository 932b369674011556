"""The section and segment tables of an ELF file, in at most three reads. Never fails on hostile bytes: a table that
does not add up is left out.
"""

from __future__ import annotations

import struct
from typing import Final

from clearance.observe.identity.structure.image import Image, Span, clip
from clearance.observe.reader import Reader

MAGIC: Final = b"\x7fELF"
MOST_ENTRIES: Final = 256
NAMES_BYTES: Final = 16384
WANTED: Final = {
    name.encode(): name
    for name in (".rodata", ".data.rel.ro", ".bun", ".go.buildinfo", ".dep-v0", ".d3n0l4nd", "d3n0l4nd", "D3N0L4ND")
}
"""A program has some forty sections; naming each one that nobody asks for would take most of the time."""

ET_EXEC, ET_DYN = 2, 3
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE = 1, 2, 3, 4
DT_FLAGS_1, DF_1_PIE = 0x6FFFFFFB, 0x08000000
DYNAMIC_BYTES: Final = 4096
SHT_NOTE, SHT_NOBITS = 7, 8


def parse(reader: Reader, head: bytes) -> Image | None:
    """The image of an ELF file whose first bytes are `head`; None if it is none, or a relocatable or core file."""
    if len(head) < 64 or not head.startswith(MAGIC) or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    wide = head[4] == 2
    order = "<" if head[5] == 1 else ">"
    if wide:
        fields = struct.unpack_from(order + "HHIQQQIHHHHHH", head, 16)
    else:
        fields = struct.unpack_from(order + "HHIIIIIHHHHHH", head, 16)
    kind, phoff, shoff, phnum, shentsize, shnum, shstrndx = (
        fields[0], fields[4], fields[5], fields[9], fields[10], fields[11], fields[12],
    )  # fmt: skip
    if kind not in (ET_EXEC, ET_DYN):
        return None
    segments, notes, runs = _segments(reader, head, order, wide, phoff, phnum)
    sections: tuple[Span, ...] = ()
    size = 64 if wide else 40
    end = max((span.offset + span.size for span in segments), default=0)
    if shoff and shentsize == size and 0 < shnum <= MOST_ENTRIES:
        table = reader.read(shoff, size * shnum)
        if len(table) == size * shnum:
            sections, more, last = _sections(reader, table, order, wide, shstrndx)
            notes = tuple(dict.fromkeys(notes + more))
            end = max(end, shoff + len(table), last)
    return Image("elf", sections, segments, notes, min(end, reader.size), runs or kind == ET_EXEC)


def _segments(
    reader: Reader, head: bytes, order: str, wide: bool, offset: int, count: int
) -> tuple[tuple[Span, ...], tuple[Span, ...], bool]:
    """What is loaded, the notes, and whether it is a program: it names an interpreter, or says that it is one (PIE)."""
    size = 56 if wide else 32
    count = min(count, MOST_ENTRIES)
    table = head[offset : offset + size * count]
    if len(table) < size * count:
        table = reader.read(offset, size * count) if 0 < offset < reader.size else b""
    table = table[: len(table) // size * size]
    loads: list[Span] = []
    notes: list[Span] = []
    dynamic: Span | None = None
    runs = False
    for row in struct.iter_unpack(order + ("IIQQQQQQ" if wide else "IIIIIIII"), table):
        kind, start, length = (row[0], row[2], row[5]) if wide else (row[0], row[1], row[4])
        runs = runs or kind == PT_INTERP
        if kind in (PT_LOAD, PT_NOTE, PT_DYNAMIC) and (span := clip("", start, length, reader.size)):
            if kind == PT_DYNAMIC:
                dynamic = span
            else:
                (loads if kind == PT_LOAD else notes).append(span)
    if not runs and dynamic is not None:
        runs = _pie(reader.read(dynamic.offset, min(dynamic.size, DYNAMIC_BYTES)), order, wide)
    return tuple(loads), tuple(notes), runs


def _pie(table: bytes, order: str, wide: bool) -> bool:
    size = 16 if wide else 8
    rows = struct.iter_unpack(order + ("QQ" if wide else "II"), table[: len(table) // size * size])
    return any(tag == DT_FLAGS_1 and value & DF_1_PIE for tag, value in rows)


def _sections(
    reader: Reader, table: bytes, order: str, wide: bool, names_index: int
) -> tuple[tuple[Span, ...], tuple[Span, ...], int]:
    """The sections that anybody asks for, the notes, and the end of the last section."""
    rows = list(struct.iter_unpack(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"), table))
    if names_index >= len(rows):
        return (), (), 0
    names = reader.read(rows[names_index][4], min(rows[names_index][5], NAMES_BYTES))
    limit = reader.size
    spans: list[Span] = []
    notes: list[Span] = []
    end = 0
    for row in rows:
        kind, offset, size = row[1], row[4], row[5]
        if kind in (0, SHT_NOBITS) or offset >= limit or not size:
            continue
        size = min(size, limit - offset)
        end = max(end, offset + size)
        if kind == SHT_NOTE:
            notes.append(Span("", offset, size))
        name = names[row[0] : names.find(b"\0", row[0])]
        if name in WANTED:
            spans.append(Span(WANTED[name], offset, size))
    return tuple(spans), tuple(notes), end
