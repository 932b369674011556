"""One named member out of a ZIP archive (jar, xpi, vsix, wheel, a package cache), read through a `Reader`.

Guarantees, whatever the bytes are: only the directory and the members asked for are read, none of them beyond its
bound, packed or unpacked; nothing but ValueError (or the medium's OSError) is raised.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clearance.observe.reader import Reader

DIRECTORY_LIMIT: Final = 16 << 20
"""Bytes of directory that are read. An archive of 100,000 members has about 10 MB of it."""

MAGIC_BYTES: Final = 4
"""What a probe asks the walk for when it wants the archive's reader open."""

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
STORED, DEFLATED, _ENCRYPTED = 0, 8, 1
_MANY: Final = 0xFFFFFFFF


@dataclass(frozen=True)
class Member:
    """A file in an archive. `name` has undecodable bytes as surrogates."""

    name: str
    method: int
    flags: int
    packed: int
    offset: int


def members(reader: Reader) -> Iterator[Member]:
    """The archive's files, in directory order. ValueError where the bytes are no archive."""
    size, offset, before = _directory(reader)
    data = reader.read(offset, min(size, DIRECTORY_LIMIT))
    at = 0
    while at + _ENTRY.size <= len(data):
        entry = _ENTRY.unpack_from(data, at)
        if entry[0] != b"PK\x01\x02":
            raise ValueError("the archive's directory is damaged")
        flags, method, packed = entry[3], entry[4], entry[8]
        name_length, extra_length, comment_length, start = entry[10], entry[11], entry[12], entry[16]
        name = data[at + _ENTRY.size : at + _ENTRY.size + name_length]
        at += _ENTRY.size + name_length + extra_length + comment_length
        if packed != _MANY and start != _MANY and not name.endswith(b"/"):
            yield Member(name.decode("utf-8", "surrogateescape"), method, flags, packed, start + before)
    if size > DIRECTORY_LIMIT:
        raise ValueError(f"the archive's directory is larger than {DIRECTORY_LIMIT} bytes")


def member(reader: Reader, name: str, limit: int) -> bytes | None:
    """The first `limit` bytes of the member of this name, None where there is none. ValueError: it cannot be read."""
    for entry in members(reader):
        if entry.name == name:
            return content(reader, entry, limit)
    return None


def content(reader: Reader, entry: Member, limit: int) -> bytes:
    """The first `limit` bytes of a member. ValueError where it is encrypted, damaged or packed in another way."""
    if limit <= 0:
        return b""
    start = content_at(reader, entry)
    # Deflate never makes more of what it cannot pack than a few bytes a block: more input than this is never needed.
    packed = reader.read(start, min(entry.packed, limit + (limit >> 8) + 64))
    if entry.method == STORED:
        return packed[:limit]
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, limit)
    except zlib.error as error:
        raise ValueError(f"the archive's member {entry.name[:100]} is damaged: {error}") from None


def content_at(reader: Reader, entry: Member) -> int:
    """Where a member's bytes begin. ValueError where it is damaged, encrypted or packed by another method."""
    local = reader.read(entry.offset, _LOCAL.size)
    if len(local) < _LOCAL.size or not local.startswith(b"PK\x03\x04"):
        raise ValueError(f"the archive's member {entry.name[:100]} is damaged")
    if entry.flags & _ENCRYPTED:
        raise ValueError(f"the archive's member {entry.name[:100]} is encrypted")
    if entry.method not in (STORED, DEFLATED):
        raise ValueError(f"the archive's member {entry.name[:100]} is packed by method {entry.method}")
    name_length, extra_length = _LOCAL.unpack(local)[9:]
    return entry.offset + _LOCAL.size + int(name_length) + int(extra_length)


def _directory(reader: Reader) -> tuple[int, int, int]:
    """Size and place of the directory, and how many bytes lie before the archive (a self-extracting one has some)."""
    tail_at = max(0, reader.size - _END.size - 0xFFFF)
    tail = reader.read(tail_at, reader.size - tail_at)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise ValueError("not a ZIP archive")
    size, offset = _END.unpack_from(tail, at)[5:7]
    end = tail_at + at
    locator = tail[at - _END64_LOCATOR.size : at] if at >= _END64_LOCATOR.size else b""
    if locator.startswith(b"PK\x06\x07"):
        end = _END64_LOCATOR.unpack(locator)[2]
        record = reader.read(end, _END64.size) if end < reader.size else b""
        if len(record) == _END64.size and record.startswith(b"PK\x06\x06"):
            size, offset = _END64.unpack(record)[8:10]
    before = end - size - offset
    if before < 0 or offset > reader.size:
        raise ValueError("the archive's directory lies outside the file")
    return size, offset + before, before
