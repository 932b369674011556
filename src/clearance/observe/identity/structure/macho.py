"""The segments and sections of a Mach-O file (macOS), universal ones included. Never fails on hostile bytes.

A section is named `SEGMENT,section`. Of a universal binary the first 64-bit slice is taken: its slices are builds of
one program.
"""

from __future__ import annotations

import struct
from typing import Final

from clearance.observe.identity.structure.image import Image, Span, clip
from clearance.observe.reader import Reader

MAGICS: Final = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
MOST_SLICES: Final = 8
MOST_COMMANDS: Final = 256
COMMANDS_BYTES: Final = 65536
LC_SEGMENT, LC_SEGMENT_64 = 0x1, 0x19
MH_EXECUTE: Final = 2


def parse(reader: Reader, head: bytes) -> Image | None:
    """The image of a Mach-O file whose first bytes are `head`; None if it is none (a Java class shares a magic)."""
    if head[:4] not in MAGICS or len(head) < 32:
        return None
    if head[:3] == b"\xca\xfe\xba":
        return _universal(reader, head)
    return _thin(reader, head, 0, reader.size)


def _universal(reader: Reader, head: bytes) -> Image | None:
    (count,) = struct.unpack_from(">I", head, 4)
    wide = head[3] == 0xBF
    size = 32 if wide else 20
    if not 0 < count <= MOST_SLICES or len(head) < 8 + size * count:
        return None
    for number in range(count):
        row = struct.unpack_from(">IIQQI" if wide else ">IIIII", head, 8 + size * number)
        offset, length = row[2], row[3]
        if row[0] & 0x01000000 and 0 < offset < reader.size and length > 0:
            return _thin(reader, reader.read(offset, 4096), offset, min(offset + length, reader.size))
    return None


def _thin(reader: Reader, head: bytes, base: int, limit: int) -> Image | None:
    if len(head) < 32 or head[:4] not in MAGICS[:2]:
        return None
    wide = head[0] == 0xCF
    start = 32 if wide else 28
    kind, count, length = struct.unpack_from("<III", head, 12)
    length = min(length, COMMANDS_BYTES)
    commands = head[start : start + length]
    if len(commands) < length:
        commands = reader.read(base + start, length)
    sections: list[Span] = []
    segments: list[Span] = []
    at = 0
    for _ in range(min(count, MOST_COMMANDS)):
        if at + 8 > len(commands):
            break
        command, size = struct.unpack_from("<II", commands, at)
        if size < 8:
            break
        if command in (LC_SEGMENT, LC_SEGMENT_64):
            _segment(commands[at : at + size], command == LC_SEGMENT_64, base, limit, sections, segments)
        at += size
    if not segments:
        return None
    end = max(span.offset + span.size for span in segments)
    return Image("macho", tuple(sections), tuple(segments), (), end, kind == MH_EXECUTE, base)


def _segment(command: bytes, wide: bool, base: int, limit: int, sections: list[Span], segments: list[Span]) -> None:
    first, step = (72, 80) if wide else (56, 68)
    if len(command) < first:
        return
    segment = command[8:24].rstrip(b"\0").decode("latin-1")
    offset, size = struct.unpack_from("<QQ", command, 40) if wide else struct.unpack_from("<II", command, 32)
    if span := clip(segment, base + offset, size, limit):
        segments.append(span)
    for at in range(first, len(command) - step + 1, step):
        name = command[at : at + 16].rstrip(b"\0").decode("latin-1")
        if wide:
            size, offset = struct.unpack_from("<QI", command, at + 40)
        else:
            size, offset = struct.unpack_from("<II", command, at + 36)
        if offset and (span := clip(f"{segment},{name}", base + offset, size, limit)):
            sections.append(span)
