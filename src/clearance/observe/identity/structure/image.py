"""What a native program file is made of, whatever its format: named sections, loaded segments, and where they end.

ELF, PE and Mach-O differ in how they say it; the parsers of what toolchains embed (Bun, Node, Go, Cargo, …) see only
this. Offsets count from the beginning of the file. Everything is clipped to the file's size.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Span(NamedTuple):
    """A named range of the file. `name` of a segment is empty."""

    name: str
    offset: int
    size: int


class Image(NamedTuple):
    """A native program. `sections` may be empty (stripped); `segments` are what the loader maps, in file order.

    `notes` are the ranges that hold ELF notes. `end` is where the format says that the file ends: what lies behind
    is an overlay. `runs` is false for libraries and plug-ins. `base` is the offset of this image in the file (a slice
    of a universal binary).
    """

    kind: Literal["elf", "pe", "macho"]
    sections: tuple[Span, ...]
    segments: tuple[Span, ...]
    notes: tuple[Span, ...]
    end: int
    runs: bool = True
    base: int = 0

    def section(self, *names: str) -> Span | None:
        """The first section of one of these names."""
        for span in self.sections:
            if span.name in names:
                return span
        return None


def clip(name: str, offset: int, size: int, limit: int) -> Span | None:
    """The part of a range that lies in the file; None if nothing of it does."""
    if not 0 <= offset < limit or size <= 0:
        return None
    return Span(name, offset, min(size, limit - offset))
