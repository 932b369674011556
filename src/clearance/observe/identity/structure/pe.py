"""The section table of a PE file (Windows), in at most two reads. Never fails on hostile bytes."""

from __future__ import annotations

import struct
from typing import Final

from clearance.observe.identity.structure.image import Image, clip
from clearance.observe.reader import Reader

MAGIC: Final = b"MZ"
MOST_SECTIONS: Final = 96
DLL: Final = 0x2000


def parse(reader: Reader, head: bytes) -> Image | None:
    """The image of a PE file whose first bytes are `head`; None if it is none."""
    if len(head) < 64 or not head.startswith(MAGIC):
        return None
    (start,) = struct.unpack_from("<I", head, 0x3C)
    if not 0 < start < min(reader.size, 1 << 20):
        return None
    table = head[start : start + 1024]
    if len(table) < 1024:
        table = reader.read(start, 1024)
    if len(table) < 24 or not table.startswith(b"PE\0\0"):
        return None
    count, optional, flags = (struct.unpack_from("<H", table, at)[0] for at in (6, 20, 22))
    first = 24 + optional
    count = min(count, MOST_SECTIONS)
    if len(table) < first + 40 * count:
        table = reader.read(start, first + 40 * count)
    rows = table[first : first + 40 * count]
    sections = tuple(
        span
        for row in struct.iter_unpack("<8sIIIIIIHHI", rows[: len(rows) // 40 * 40])
        if (span := clip(row[0].rstrip(b"\0").decode("latin-1"), row[4], row[3], reader.size))
    )
    if not sections:
        return None
    return Image("pe", sections, sections, (), max(span.offset + span.size for span in sections), not flags & DLL)
