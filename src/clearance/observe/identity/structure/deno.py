"""The data that `deno compile` adds to its runtime: behind its magic word, in a section of its own or at the end."""

from __future__ import annotations

from typing import Final

from clearance.observe.identity.structure.image import Image, Span, clip
from clearance.observe.reader import Reader

MAGIC: Final = b"d3n0l4nd"
SECTIONS: Final = (".d3n0l4nd", "d3n0l4nd", "__SUI,d3n0l4nd", "D3N0L4ND")
TAIL_BYTES: Final = 64
WINDOW: Final = 4096


def find(reader: Reader, image: Image) -> Span | None:
    """Where the metadata and the scripts of a compiled program begin and end."""
    if (section := image.section(*SECTIONS)) is not None:
        return section
    tail = reader.read(max(0, reader.size - TAIL_BYTES), TAIL_BYTES)
    at = tail.rfind(MAGIC)
    if at >= 0 and len(tail) >= at + 16:
        start = int.from_bytes(tail[at + 8 : at + 16], "big")
        if span := clip("deno", start, reader.size, reader.size):
            return span
    if image.end < reader.size:
        head = reader.read(image.end, WINDOW)
        if (at := head.find(MAGIC)) >= 0:
            return clip("deno", image.end + at, reader.size, reader.size)
    return None
