"""The table of contents that PyInstaller appends to its loader: the scripts that run, and where the library archive
lies. Hostile tables give None or fewer members; at most `MOST_MEMBERS` are looked at.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from clearance.observe.reader import Reader

MAGIC: Final = b"MEI\x0c\x0b\x0a\x0b\x0e"
TAIL_BYTES: Final = 16384
TABLE_BYTES: Final = 1_048_576
MOST_MEMBERS: Final = 8192


class Member(NamedTuple):
    """One entry. `kind` is PyInstaller's letter: `s` a script, `m` and `M` modules, `z` the library archive."""

    name: str
    kind: str
    offset: int
    size: int
    packed: bool


def find(reader: Reader) -> tuple[Member, ...] | None:
    """The members of the archive that ends the file, if one does."""
    start = max(0, reader.size - TAIL_BYTES)
    tail = reader.read(start, TAIL_BYTES)
    at = tail.rfind(MAGIC)
    if at < 0 or len(tail) < at + 24:
        return None
    length, toc, toc_size = struct.unpack_from(">III", tail, at + 8)
    for cookie in (88, 24):
        base = start + at + cookie - length
        if base >= 0 and toc + toc_size <= length:
            table = reader.read(base + toc, min(toc_size, TABLE_BYTES))
            if members := _members(table, base, length):
                return members
    return None


def library_names(reader: Reader, member: Member) -> bytes:
    """The table of a library archive (`PYZ`) as it is: a marshalled object in which module names stand in clear."""
    head = reader.read(member.offset, 12)
    if len(head) < 12 or head[:4] != b"PYZ\0":
        return b""
    (toc,) = struct.unpack_from(">I", head, 8)
    return reader.read(member.offset + toc, min(member.size - toc, TABLE_BYTES)) if toc < member.size else b""


def _members(table: bytes, base: int, length: int) -> tuple[Member, ...]:
    found: list[Member] = []
    at = 0
    while at + 18 <= len(table) and len(found) < MOST_MEMBERS:
        size, offset, packed_size, _, packed, kind = struct.unpack_from(">IIIIBc", table, at)
        if not 18 <= size <= 4096 or at + size > len(table):
            break
        name = table[at + 18 : at + size].split(b"\0", 1)[0].decode("utf-8", "replace")
        if offset + packed_size <= length:
            found.append(Member(name, kind.decode("latin-1"), base + offset, packed_size, packed == 1))
        at += size
    return tuple(found)
