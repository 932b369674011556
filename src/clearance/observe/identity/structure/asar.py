"""The header of an Electron archive (`app.asar`): names, and where the application's own `package.json` lies.

A header that is too large, or no JSON, gives None.
"""

from __future__ import annotations

import struct
from typing import Final

from clearance.observe.identity.structure.image import Span, clip
from clearance.observe.identity.structure.objects import json_object
from clearance.observe.reader import Reader

HEADER_BYTES: Final = 16_777_216


def is_archive(head: bytes) -> bool:
    """Whether the first bytes are those of an archive."""
    if len(head) < 17 or head[:4] != b"\x04\0\0\0":
        return False
    outer, inner, size = struct.unpack_from("<III", head, 4)
    return inner + 4 == outer and size <= inner and head[16:17] == b"{"


def manifest(reader: Reader, head: bytes, most: int = HEADER_BYTES) -> Span | None:
    """Where the `package.json` of the application lies, if the header has at most `most` bytes."""
    if not is_archive(head):
        return None
    outer, _, size = struct.unpack_from("<III", head, 4)
    if size > most:
        return None
    try:
        entry = json_object(reader.read(16, size))["files"]["package.json"]
        return clip("package.json", 8 + outer + int(entry["offset"]), int(entry["size"]), reader.size)
    except (KeyError, TypeError, ValueError):
        return None
