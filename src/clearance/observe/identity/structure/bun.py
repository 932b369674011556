"""The modules that `bun build --compile` packs into a program: section `.bun` (ELF, PE), `__BUN,__bun` (Mach-O), a
segment where the section table was stripped, or, in older programs, an appendix that ends the file.

The payload ends in a table of 32 bytes and a trailer. A row of the module table begins with the offsets and lengths of
a module's name and content; how long a row is differs between versions, so the entry's name tells. Hostile tables give
None or fewer modules; at most `MOST_MODULES` rows are looked at.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

from clearance.observe.identity.structure.image import Image
from clearance.observe.reader import Reader

TRAILER: Final = b"\n---- Bun! ----\n"
SECTIONS: Final = (".bun", "__BUN,__bun")
ROW_SIZES: Final = (52, 36, 32, 28, 24)
MOST_MODULES: Final = 8192
PADDING: Final = 20_480
NAME_BYTES: Final = 512
NAME_SHARE: Final = 64
ARGUMENT_BYTES: Final = 4096
ROOTS: Final = (b"/$bunfs/", b"B:\\~BUN\\", b"B:/~BUN/", b"compiled://")


class Module(NamedTuple):
    """Where a module's name and content lie in the file."""

    name_offset: int
    name_size: int
    offset: int
    size: int


class Bundle(NamedTuple):
    """What a Bun program packs. `arguments` are those that it passes to the runtime.

    `base` is where the payload begins, `length` its size, `table` and `rows` where the module table lies and how many
    rows of `row_size` bytes it has.
    """

    entry: Module
    entry_name: str
    arguments: str
    base: int
    length: int
    table: int
    rows: int
    row_size: int


def find(reader: Reader, image: Image) -> Bundle | None:
    """The bundle in a native program, if there is one."""
    section = image.section(*SECTIONS)
    if section is not None:
        end = section.offset + section.size
        return _sized(reader, section.offset, end) or _trailed(reader, end)
    if reader.read(max(0, reader.size - 24), 16) == TRAILER:
        return _trailed(reader, reader.size - 8)
    # The name of a section can be changed or gone; that the loader maps the payload, as the last thing, cannot.
    if image.segments:
        last = max(image.segments, key=lambda span: span.offset + span.size)
        start = max(last.offset, last.offset + last.size - PADDING)
        tail = reader.read(start, last.offset + last.size - start)
        if (at := tail.rfind(TRAILER)) >= 0:
            return _trailed(reader, start + at + len(TRAILER))
    return None


def modules(reader: Reader, bundle: Bundle, least: int = 0, most: int = 0xFFFFFFFF) -> tuple[Module, ...]:
    """The modules of `least` to `most` bytes, in the table's order. One read."""
    rows = reader.read(bundle.table, min(bundle.rows, MOST_MODULES) * bundle.row_size)
    rows = rows[: len(rows) // bundle.row_size * bundle.row_size]
    base, count = bundle.base, bundle.length
    return tuple(
        Module(base + name, name_size, base + offset, size)
        for name, name_size, offset, size in struct.iter_unpack(f"<IIII{bundle.row_size - 16}x", rows)
        if least <= size <= most and name + name_size <= count and offset + size <= count and name_size <= NAME_BYTES
    )


def lookup(reader: Reader, bundle: Bundle, wanted: Iterable[bytes]) -> tuple[Module, ...]:
    """The modules of these names, where the names lie together before the table, as newer versions write them."""
    rows = min(bundle.rows, MOST_MODULES)
    start = max(bundle.base, bundle.table - rows * NAME_SHARE)
    text = reader.read(start, bundle.table - start)
    table = reader.read(bundle.table, rows * bundle.row_size)
    found: list[Module] = []
    for name in wanted:
        if (at := text.find(name)) < 0:
            continue
        place = table.find(struct.pack("<II", start + at - bundle.base, len(name)))
        if place >= 0 and not place % bundle.row_size and place + 16 <= len(table):
            offset, size = struct.unpack_from("<II", table, place + 8)
            if offset + size <= bundle.length:
                found.append(Module(start + at, len(name), bundle.base + offset, size))
    return tuple(found)


def _sized(reader: Reader, start: int, end: int) -> Bundle | None:
    """A payload with its length before it."""
    head = reader.read(start, 8)
    size = int.from_bytes(head, "little")
    if len(head) < 8 or not 48 <= size <= end - start - 8:
        return None
    return _trailed(reader, start + 8 + size)


def _trailed(reader: Reader, end: int) -> Bundle | None:
    """A payload that ends at `end` with its table and the trailer."""
    tail = reader.read(max(0, end - 48), 48)
    if len(tail) < 48 or tail[32:] != TRAILER:
        return None
    count, table, length, entry, arguments, arguments_size = struct.unpack_from("<QIIIII", tail)
    base = end - 48 - count
    if base < 0 or table + length > count:
        return None
    sizes = [size for size in ROW_SIZES if not length % size and entry < length // size]
    for rooted in (True, False):
        for size in sizes:
            row = reader.read(base + table + entry * size, 16)
            if len(row) < 16:
                return None
            offset, name_size, content, content_size = struct.unpack("<IIII", row)
            if not 0 < name_size <= NAME_BYTES or offset + name_size > count or content + content_size > count:
                continue
            name = reader.read(base + offset, name_size)
            # A table's length can be a multiple of several row sizes: the last row must name a module too.
            last = int.from_bytes(reader.read(base + table + length - size, 4), "little")
            if _names(name, rooted) and _names(reader.read(base + last, 16), rooted):
                text = b""
                if 0 < arguments_size <= ARGUMENT_BYTES and arguments + arguments_size <= count:
                    text = reader.read(base + arguments, arguments_size)
                return Bundle(
                    Module(base + offset, name_size, base + content, content_size), name.decode("utf-8", "replace"),
                    text.decode("utf-8", "replace"), base, count, base + table, length // size, size,
                )  # fmt: skip
    return None


def _names(data: bytes, rooted: bool) -> bool:
    """Whether this is a module's name, or, where names were changed, at least looks like one."""
    return data.startswith(ROOTS) if rooted else data[:8].isascii() and data[:8].decode().isprintable()
