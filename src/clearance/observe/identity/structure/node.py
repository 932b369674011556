"""The scripts that single-file programs on Node carry: Node's own SEA blob, `pkg`, `nexe`.

The SEA blob is an ELF note, a Mach-O section or a PE resource; its head names the main script and holds its source.
`pkg` and `nexe` append their scripts to the runtime. The fuse string is in every Node and says nothing. Hostile bytes
give None.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from clearance.observe.identity.structure.image import Image, Span, clip
from clearance.observe.reader import Reader

BLOB: Final = b"NODE_SEA_BLOB"
MAGIC: Final = b"\x20\xda\x43\x01"
SECTIONS: Final = ("NODE_SEA,__NODE_SEA_BLOB", "NODE_SEA_BLOB")
RESOURCE_BYTES: Final = 262_144
NEXE: Final = b"<nexe~~sentinel>"
MOST_NOTES: Final = 64
NOTE_BYTES: Final = 512
SMALLEST_BLOB: Final = 1024


class Script(NamedTuple):
    """A script in a program: its name, and where its source lies."""

    name: str
    source: Span


def blob(reader: Reader, image: Image) -> Script | None:
    """The main script of a SEA blob, if the program has one."""
    if (section := image.section(*SECTIONS)) is not None:
        return _script(reader, section.offset)
    if image.kind == "pe":
        return _resource(reader, image)
    for note in image.notes[:MOST_NOTES]:
        if note.size < SMALLEST_BLOB:
            continue
        # The tools that add the note do not always put the section's beginning right.
        head = reader.read(note.offset, NOTE_BYTES)
        if (at := head.find(BLOB)) >= 0:
            return _script(reader, note.offset + (at + len(BLOB) + 1 + 3 & ~3))
    return None


def appended(reader: Reader, image: Image) -> tuple[Span, ...]:
    """Where `pkg` or `nexe` put their scripts, surest first; nothing if the program ends where its format says."""
    tail = reader.read(max(0, reader.size - 512), 512)
    if (at := tail.rfind(NEXE)) >= 0 and len(tail) >= at + 32:
        code, bundle = struct.unpack_from("<dd", tail, at + 16)
        if 0 < code < reader.size and 0 <= bundle < reader.size:
            start = reader.size - len(tail) + at - int(code) - int(bundle)
            if span := clip("nexe", start, int(code), reader.size):
                return (span,)
        return ()
    if image.end < reader.size and tail.rstrip()[-1:] in (b"}", b")", b";") and b"\0" not in tail[-32:]:
        size = min(reader.size - image.end, 4_194_304)
        if span := clip("pkg", reader.size - size, size, reader.size):
            return (span,)
    return ()


def _script(reader: Reader, offset: int) -> Script | None:
    """The head of a blob: magic, flags, perhaps one byte more, then name and source, each with its length before it."""
    head = reader.read(offset, 4096)
    if not head.startswith(MAGIC):
        return None
    for at in (8, 9, 12, 16):
        if len(head) < at + 8:
            return None
        (size,) = struct.unpack_from("<Q", head, at)
        name = head[at + 8 : at + 8 + size] if size <= 2048 else b""
        if size and len(name) == size and name.isascii() and name.decode().isprintable():
            after = at + 8 + size
            if len(head) < after + 8:
                return None
            (length,) = struct.unpack_from("<Q", head, after)
            if source := clip("sea", offset + after + 8, length, reader.size):
                return Script(name.decode(), source)
    return None


def _resource(reader: Reader, image: Image) -> Script | None:
    section = image.section(".rsrc")
    if section is None:
        return None
    data = reader.read(section.offset, min(section.size, RESOURCE_BYTES))
    at = data.find(MAGIC)
    return _script(reader, section.offset + at) if at >= 0 else None
