"""What compilers write into a program about its source: Go's build information, Rust's list of crates.

Both name a module and its version in the builder's own words. Hostile bytes give nothing; what is unpacked is bounded.
"""

from __future__ import annotations

import re
import zlib
from typing import Final, NamedTuple

from clearance.observe.identity.structure.image import Image
from clearance.observe.identity.structure.objects import json_object
from clearance.observe.reader import Reader

GO_SECTIONS: Final = (".go.buildinfo", "__DATA,__go_buildinfo")
GO_MAGIC: Final = b"\xff Go buildinf:"
GO_BYTES: Final = 65536
CRATE_SECTIONS: Final = (".dep-v0", "__DATA,.dep-v0", "__DATA,__dep-v0")
CRATE_BYTES: Final = 1_048_576
DEPENDENCY: Final = re.compile(rb"^(?:path|mod)\t([^\t\n]{1,200})(?:\t([^\t\n]{1,100}))?", re.MULTILINE)


class Named(NamedTuple):
    """A package that a program says it was built from. `text` is the statement around it."""

    name: str
    version: str
    text: bytes


def go(reader: Reader, image: Image) -> Named | None:
    """The main module of a Go program: `name` its import path; `version` empty where the builder gave none."""
    section = image.section(*GO_SECTIONS)
    if section is None and image.kind == "pe":
        section = image.section(".data")
    if section is None:
        return None
    data = reader.read(section.offset, min(section.size, GO_BYTES))
    at = data.find(GO_MAGIC)
    if at < 0 or len(data) < at + 32 or not data[at + 15] & 2:
        return None
    rest = data[at + 32 :]
    _, rest = _string(rest)
    text, _ = _string(rest)
    if len(text) >= 33 and text[-17:-16] == b"\n":
        text = text[16:-16]
    path = ""
    version = ""
    for match in DEPENDENCY.finditer(text[:4096]):
        if match.group(0).startswith(b"mod"):
            path = match.group(1).decode("utf-8", "replace")
            version = (match.group(2) or b"").decode("utf-8", "replace")
            break
        path = path or match.group(1).decode("utf-8", "replace")
    if not path:
        return None
    return Named(path, "" if version == "(devel)" else version.removeprefix("v"), text)


def crate(reader: Reader, image: Image) -> Named | None:
    """The root crate of a Rust program that was built with a list of its crates."""
    section = image.section(*CRATE_SECTIONS)
    if section is None:
        return None
    try:
        text = zlib.decompressobj().decompress(reader.read(section.offset, section.size), CRATE_BYTES)
        packages = json_object(text)["packages"]
        root = next(one for one in packages if one.get("root"))
        return Named(str(root["name"]), str(root["version"]), b"")
    except (zlib.error, KeyError, TypeError, AttributeError, StopIteration):
        return None


def _string(data: bytes) -> tuple[bytes, bytes]:
    """A string with its length before it as a varint, and what follows."""
    size = shift = 0
    for at, byte in enumerate(data[:10]):
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return data[at + 1 : at + 1 + size], data[at + 1 + size :]
    return b"", b""
