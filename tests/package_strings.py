"""Which strings an installed package holds, wherever they hide.

Looked at: every file below a prefix, as it is and unpacked (gzip, Brotli, zip, also one inside another), and streams
of gzip inside larger files, as single-executable programs carry them. A string counts in UTF-8 and in UTF-16LE. Files
are read through a memory map; nothing is executed or written.
"""

from __future__ import annotations

import io
import mmap
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import ahocorasick_rs
import brotli

LARGEST_PIECE = 256 << 20
DEEPEST = 2
_GZIP = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")


def missing(strings: Iterable[str], prefixes: Iterable[Path]) -> set[str]:
    """Those of the strings that nothing below the prefixes holds."""
    left = {text for text in strings if text}
    needles = [(text, text.encode(coding)) for text in left for coding in ("utf-8", "utf-16-le")]
    if not needles:
        return set()
    automaton = ahocorasick_rs.BytesAhoCorasick([needle for _, needle in needles])
    for piece in _pieces(prefixes):
        for index, _, _ in automaton.find_matches_as_indexes(piece, overlapping=True):
            left.discard(needles[index][0])
        if not left:
            break
    return left


def _pieces(prefixes: Iterable[Path]) -> Iterator[bytes | mmap.mmap]:
    for prefix in prefixes:
        for folder, _, names in os.walk(prefix):
            yield "\0".join(names).encode("utf-8", "surrogateescape")
            for name in names:
                yield from _file(Path(folder, name))


def _file(path: Path) -> Iterator[bytes | mmap.mmap]:
    if path.is_symlink() or not path.is_file() or not path.stat().st_size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data
        if path.suffix == ".br":
            yield brotli.decompress(data[:])
        yield from _unpacked(data, 0)


def _unpacked(data: bytes | mmap.mmap, depth: int) -> Iterator[bytes]:
    if depth == DEEPEST:
        return
    for match in _GZIP.finditer(data):
        inner = _inflated(data, match.start())
        if inner:
            yield inner
            yield from _unpacked(inner, depth + 1)
    if data[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(io.BytesIO(data[:])) as archive:
                for entry in archive.infolist():
                    if entry.file_size <= LARGEST_PIECE:
                        inner = archive.read(entry)
                        yield inner
                        yield from _unpacked(inner, depth + 1)
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error):
            return


def _inflated(data: bytes | mmap.mmap, start: int) -> bytes:
    decoder = zlib.decompressobj(wbits=31)
    out: list[bytes] = []
    size = 0
    try:
        for offset in range(start, len(data), 1 << 20):
            out.append(decoder.decompress(data[offset : offset + (1 << 20)]))
            size += len(out[-1])
            if decoder.eof or size > LARGEST_PIECE:
                break
    except zlib.error:
        return b"" if size < 1 << 12 else b"".join(out)
    return b"".join(out)
