"""Programs inside archives and packed files: what deep identity opens, each within a stated bound.

Pure over a `Reader`. What cannot be unpacked gives nothing; no member is unpacked beyond its bound, so that a bomb
costs no more than any other file.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple, Protocol

import brotli

from clearance.observe import archive
from clearance.observe.identity.candidate import LARGE_TEXT, classify
from clearance.observe.identity.inflated import GZIP, RAW, Inflated
from clearance.observe.identity.structure import pyinstaller
from clearance.observe.reader import PartReader, Reader

MOST_MEMBERS: Final = 12
MEMBER_BYTES: Final = 33_554_432
STREAM_BYTES: Final = 536_870_912
PIECE: Final = 262_144
UNPACKED: Final = 2_097_152
SMALLEST: Final = 512
PROGRAMS: Final = re.compile(r"\.(?:c?js|mjs|py|exe|node)$|(?:^|/)(?:bin/)?[A-Za-z0-9_-]{2,40}$")
BORING: Final = re.compile(
    r"(?:^|/)(?:tests?|docs?|locales?|licenses?)/|\.d\.ts$|LICENSE|NOTICE|README|RECORD$|METADATA$|WHEEL$"
)
BORROWED: Final = re.compile(r"(?:^|/)node_modules/")
LARGE: Final = 32_768
"""Packed bytes. A member of this size or more is looked at whatever it is called, if it begins as programs do."""

HEAD: Final = 4096
BLOCK: Final = 512
MOST_HEADERS: Final = 20_000
COMPILED: Final = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


class Member(NamedTuple):
    """A file that was inside another, unpacked (its first `MEMBER_BYTES`).

    `whole` opens all of a compiled program that is larger: what such a one is, its end tells. `borrowed`: it lies among
    the packages that another one needs.
    """

    name: str
    data: bytes
    whole: Callable[[], Reader] | None = None
    borrowed: bool = False


class _Entry(NamedTuple):
    """A member before it is unpacked. `read` gives its first bytes; ValueError where it cannot be unpacked."""

    name: str
    size: int
    read: Callable[[int], bytes]
    whole: Callable[[], Reader]


def members(reader: Reader) -> Iterator[Member]:
    """The largest members of a ZIP archive that look like programs, by name and then by how they begin."""
    try:
        found = list(archive.members(reader))
    except ValueError:
        return
    yield from _largest(
        [
            _Entry(one.name, one.packed, partial(archive.content, reader, one), partial(_zipped, reader, one))
            for one in found
        ]
    )


def _largest(entries: list[_Entry]) -> Iterator[Member]:
    entries = sorted((one for one in entries if not BORING.search(one.name)), key=lambda one: -one.size)
    named = [one for one in entries if PROGRAMS.search(one.name) and not BORROWED.search(one.name)][:MOST_MEMBERS]
    others = [one for one in entries if one.size >= LARGE and one not in named][:MOST_MEMBERS]
    for entry in (*named, *others):
        try:
            if entry in others and classify(entry.read(HEAD), LARGE_TEXT) is None:
                continue
            data = entry.read(MEMBER_BYTES)
        except ValueError:
            continue
        if len(data) >= SMALLEST:
            larger = (len(data) == MEMBER_BYTES or len(data) < entry.size) and data.startswith(COMPILED)
            yield Member(entry.name, data, entry.whole if larger else None, bool(BORROWED.search(entry.name)))


def _zipped(reader: Reader, member: archive.Member) -> Reader:
    start = archive.content_at(reader, member)
    if member.method == archive.STORED:
        return PartReader(reader, start, member.packed)
    return Inflated(reader, start, member.packed, RAW, STREAM_BYTES)


def gunzipped(reader: Reader) -> Reader:
    """What a gzip file unpacks to, to be read anywhere."""
    return Inflated(reader, 0, reader.size, GZIP, STREAM_BYTES)


def stream(reader: Reader, head: bytes) -> Iterator[bytes]:
    """What a compressed file unpacks to, in pieces, at most `STREAM_BYTES` in all; nothing if it is none."""
    decoder: _Decoder
    if head[:2] == b"\x1f\x8b":
        decoder = _Zlib()
    elif head[:6] == b"\xfd7zXZ\0":
        decoder = _Plain(lzma.LZMADecompressor())
    elif head[:3] == b"BZh":
        decoder = _Plain(bz2.BZ2Decompressor())
    else:
        decoder = _Brotli()
    left = STREAM_BYTES
    at = 0
    while left > 0 and (data := reader.read(at, PIECE)):
        at += len(data)
        for piece in decoder.feed(data):
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return
        if decoder.done:
            return


def tar(reader: Reader, beyond: Callable[[], Reader] | None = None) -> Iterator[Member]:
    """The manifests of a tar archive that lie at its top, then its largest members that look like programs.

    `reader` may hold the archive's beginning only; `beyond` then opens all of it.
    """
    at = 0
    manifests: list[_Entry] = []
    entries: list[_Entry] = []
    for _ in range(MOST_HEADERS):
        header = reader.read(at, BLOCK)
        if len(header) < BLOCK or header[257:262] != b"ustar":
            break
        try:
            size = int(header[124:136].rstrip(b"\0 ") or b"0", 8)
        except ValueError:
            break
        name = header[:100].split(b"\0", 1)[0].decode("utf-8", "replace")
        if header[156:157] in (b"0", b"\0") and size > 0:
            begins = partial(_beginning, reader, at + BLOCK, size)
            entry = _Entry(name, size, begins, partial(_tarred, beyond, reader, at + BLOCK, size))
            is_manifest = name.count("/") <= 1 and name.endswith("package.json")
            (manifests if is_manifest else entries).append(entry)
        at += BLOCK + (size + BLOCK - 1) // BLOCK * BLOCK
    yield from (Member(one.name, one.read(MEMBER_BYTES)) for one in manifests[:MOST_MEMBERS])
    yield from _largest([one for one in entries if one.size >= SMALLEST])


def _beginning(reader: Reader, offset: int, size: int, most: int) -> bytes:
    return reader.read(offset, min(size, most))


def _tarred(beyond: Callable[[], Reader] | None, reader: Reader, offset: int, size: int) -> Reader:
    return PartReader(beyond() if beyond is not None else reader, offset, size)


def pyinstaller_scripts(reader: Reader) -> Iterator[Member]:
    """The scripts of a PyInstaller program: byte code, with its texts in clear."""
    for member in pyinstaller.find(reader) or ():
        if member.kind != "s" or member.name.startswith("pyi"):
            continue
        data = reader.read(member.offset, min(member.size, MEMBER_BYTES))
        if member.packed:
            try:
                data = zlib.decompressobj().decompress(data, MEMBER_BYTES)
            except zlib.error:
                continue
        yield Member(member.name, data)


class _Decoder(Protocol):
    """Turns packed bytes into pieces of about `UNPACKED`. `done`: at the end, or at bytes that do not fit."""

    done: bool

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Zlib:
    def __init__(self) -> None:
        self.done = False
        self._inner = zlib.decompressobj(31)

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while data and not self._inner.eof:
                yield self._inner.decompress(data, UNPACKED)
                data = self._inner.unconsumed_tail
        except zlib.error:
            self.done = True
        self.done = self.done or self._inner.eof


class _Plain:
    def __init__(self, inner: lzma.LZMADecompressor | bz2.BZ2Decompressor) -> None:
        self.done = False
        self._inner = inner

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            yield self._inner.decompress(data, UNPACKED)
            while not self._inner.needs_input and not self._inner.eof:
                yield self._inner.decompress(b"", UNPACKED)
        except (OSError, EOFError, ValueError, lzma.LZMAError, MemoryError):
            self.done = True
        self.done = self.done or self._inner.eof


class _Brotli:
    """Brotli has no magic: bytes that unpack to no program are given up after the first piece."""

    def __init__(self) -> None:
        self.done = False
        self._inner = brotli.Decompressor()
        self._sure = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            piece = self._inner.process(data, output_buffer_limit=UNPACKED)
            while piece:
                self._sure = self._sure or _program(piece)
                if not self._sure:
                    self.done = True
                    return
                yield piece
                if self._inner.is_finished():
                    break
                piece = self._inner.process(b"", output_buffer_limit=UNPACKED)
        except brotli.error:
            self.done = True
        self.done = self.done or bool(self._inner.is_finished())


def _program(data: bytes) -> bool:
    return data.startswith((*COMPILED, b"#!")) or (
        b"import" in data[:4096] or b"require(" in data[:4096] or data[257:262] == b"ustar"
    )
