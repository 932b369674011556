"""Small programs made for tests: just enough of each format that a parser looks at."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib

from clearance.model.tool import Identity, Marker, VersionMarker
from clearance.observe.identity.rules import Known, Rules
from tests.builders import CHECKED

ACME = Identity(
    markers=(
        Marker(
            "package", "package", ("npm:@acme/coder", "npm:@acme/coder-*", "go:acme.example/coder", "cargo:acme-cli")
        ),
        Marker("entry", "entry", ("^/$bunfs/root/acme$", "^acme-loader.js$", "^acme_cli.main$", "acme_start$")),
        Marker("entry", "argv", ("--user-agent=acme/",)),
        Marker("module", "modules", ("acme/core/", "acme.core.")),
        Marker("banner", "code", ("Acme Coder, your agent",)),
        Marker("variable", "code", ("ACME_HOME", "ACME_TOKEN_FILE", "ACME_PROFILE"), least=2),
        Marker("build-path", "data", ("crates/acme-cli/src/",)),
        Marker("variable", "data", ("ACME_HOME is not set", "acme: no profile"), least=1, support=True),
        Marker("text", "code", ("acme coder",)),
    ),
    checked=CHECKED,
    source=("a test",),
    versions=(
        VersionMarker("code", r'ACME_VERSION="([0-9.]+)"', (0.5,)),
        VersionMarker("argv", r"--user-agent=acme/([0-9.]+)"),
        VersionMarker("data", r"acme-client/([0-9]+\.[0-9]+\.[0-9]+)", (0.9,)),
    ),
)
FORK = Identity(
    markers=(Marker("variable", "code", ("FORK_HOME", "FORK_TOKEN_FILE"), least=2),),
    checked=CHECKED,
    source=("a test",),
    over=("acme",),
)
OTHER = Identity(
    markers=(Marker("banner", "code", ("The Other Agent starts",)), Marker("variable", "code", ("OTHER_HOME",))),
    checked=CHECKED,
    source=("a test",),
)
KNOWN = (
    Known("acme", ACME, ("npm:@acme/coder",), ("npm:@acme/sdk",)),
    Known("fork", FORK, ("npm:fork-coder",)),
    Known("other", OTHER, ()),
    Known("plain", None, ("npm:plain-coder",)),
)
RULES = Rules(KNOWN)

SOURCE = (
    b'#!/usr/bin/env node\nimport x from "y";\nconst home = process.env.ACME_HOME;\n'
    b'// Acme Coder, your agent\nvar ACME_TOKEN_FILE, ACME_VERSION="1.2.3";\n'
)


def elf(
    sections: dict[str, bytes], *, overlay: bytes = b"", stripped: bool = False, kind: int = 2, note: bytes = b""
) -> bytes:
    """An ELF file of 64 bits with these sections, each of them also a loaded segment."""
    names = bytearray(b"\0")
    offsets: dict[str, int] = {}
    for name in (*sections, ".shstrtab"):
        offsets[name] = len(names)
        names += name.encode() + b"\0"
    segments = len(sections) + (1 if note else 0)
    at = 64 + 56 * segments
    body = bytearray()
    places: list[tuple[str, int, int, int]] = []
    for name, data in sections.items():
        places.append((name, 1, at + len(body), len(data)))
        body += data + b"\0" * (-len(data) % 16)
    if note:
        places.append(("", 7, at + len(body), len(note)))
        body += note + b"\0" * (-len(note) % 16)
    places.append((".shstrtab", 3, at + len(body), len(names)))
    body += names
    table = at + len(body)
    rows = bytes(64)
    for name, section, offset, size in places:
        rows += struct.pack("<IIQQQQIIQQ", offsets.get(name, 0), section, 0, 0, offset, size, 0, 0, 1, 0)
    count = 0 if stripped else len(places) + 1
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack(
        "<HHIQQQIHHHHHH",
        kind,
        62,
        1,
        0x1000,
        64,
        0 if stripped else table,
        0,
        64,
        56,
        segments,
        64,
        count,
        count and count - 1,
    )
    for _, section, offset, size in places[:-1]:
        head += struct.pack("<IIQQQQQQ", 4 if section == 7 else 1, 4, offset, 0, 0, size, size, 1)
    return head + bytes(body) + (b"" if stripped else rows) + overlay


def pe(sections: dict[str, bytes], *, dll: bool = False) -> bytes:
    """A PE file with these sections."""
    start = 0x80 + 24 + 40 * len(sections)
    head = b"MZ" + bytes(58) + struct.pack("<I", 0x80) + bytes(64)
    head += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, 0, 0x2000 if dll else 0x2)
    body = b""
    for name, data in sections.items():
        head += struct.pack("<8sIIIIIIHHI", name.encode(), len(data), 0, len(data), start + len(body), 0, 0, 0, 0, 0)
        body += data
    return head + body


def macho(sections: dict[str, bytes], *, kind: int = 2) -> bytes:
    """A Mach-O file of 64 bits; sections are named `SEGMENT,section`."""
    commands = 72 + 80
    at = 32 + commands * len(sections)
    head = b"\xcf\xfa\xed\xfe" + struct.pack("<IIIIIII", 0, 0, kind, len(sections), commands * len(sections), 0, 0)
    body = b""
    for name, data in sections.items():
        segment, section = (part.encode() for part in name.split(","))
        head += struct.pack(
            "<II16sQQQQIIII", 0x19, commands, segment, 0, len(data), at + len(body), len(data), 7, 7, 1, 0
        )
        head += struct.pack("<16s16sQQIIIIIIII", section, segment, 0, len(data), at + len(body), 0, 0, 0, 0, 0, 0, 0)
        body += data
    return head + body


def universal(slice_: bytes) -> bytes:
    """A universal Mach-O file with one slice."""
    return (
        b"\xca\xfe\xba\xbe"
        + struct.pack(">IIIIII", 1, 0x0100000C, 0, 4096, len(slice_), 12)
        + bytes(4096 - 28)
        + slice_
    )


def bun(
    modules: dict[str, bytes], *, entry: int = 0, arguments: str = "", together: bool = True, row: int = 52
) -> bytes:
    """What `.bun` holds: the length, the payload, its table and the trailer. `together`: the names before the table."""
    payload = bytearray()
    contents: list[tuple[int, int]] = []
    names: list[tuple[int, int]] = []
    for name, data in modules.items():
        if not together:
            names.append((len(payload), len(name)))
            payload += name.encode() + b"\0"
        contents.append((len(payload), len(data)))
        payload += data + b"\0"
    if together:
        for name in modules:
            names.append((len(payload), len(name)))
            payload += name.encode() + b"\0"
    table = len(payload)
    for (a, b), (c, d) in zip(names, contents, strict=True):
        payload += struct.pack("<IIII", a, b, c, d) + bytes(row - 16)
    place = len(payload)
    payload += arguments.encode()
    count = len(payload)
    payload += struct.pack("<QIIIIII", count, table, row * len(modules), entry, place, len(arguments), 3)
    payload += b"\n---- Bun! ----\n"
    return struct.pack("<Q", len(payload)) + bytes(payload)


def sea(name: str, source: bytes, *, extra: bytes = b"\x01") -> bytes:
    """A Node SEA blob."""
    return (
        b"\x20\xda\x43\x01"
        + struct.pack("<I", 9)
        + extra
        + struct.pack("<Q", len(name))
        + name.encode()
        + struct.pack("<Q", len(source))
        + source
    )


def note(name: bytes, content: bytes) -> bytes:
    """An ELF note."""
    text = name + b"\0"
    return struct.pack("<III", len(text), len(content), 0) + text + b"\0" * (-len(text) % 4) + content


def pyinstaller(scripts: dict[str, bytes], *, packed: bool = True, library: bytes = b"") -> bytes:
    """The archive that PyInstaller appends."""
    body = b""
    table = b""
    members = [(name, b"s", data) for name, data in scripts.items()]
    if library:
        members.append(("PYZ-00.pyz", b"z", b"PYZ\0\0\0\0\0" + struct.pack(">I", 12) + library))
    for name, kind, data in members:
        press = packed and kind == b"s"
        stored = zlib.compress(data) if press else data
        text = name.encode() + b"\0"
        text += b"\0" * (-(18 + len(text)) % 16)
        table += struct.pack(">IIIIBc", 18 + len(text), len(body), len(stored), len(data), press, kind) + text
        body += stored
    length = len(body) + len(table) + 88
    return (
        body
        + table
        + b"MEI\x0c\x0b\x0a\x0b\x0e"
        + struct.pack(">IIII", length, len(body), len(table), 311)
        + b"libpython3.11.so".ljust(64, b"\0")
    )


def go_buildinfo(path: str, version: str, extra: str = "") -> bytes:
    """What `.go.buildinfo` holds."""
    text = f"path\t{path}\nmod\t{path}\t{version}\t\n{extra}".encode()
    text = bytes(16) + text + b"\n" + bytes(16) if not text.endswith(b"\n") else bytes(16) + text + bytes(16)

    def string(data: bytes) -> bytes:
        size = len(data)
        out = b""
        while size >= 0x80:
            out += bytes([size & 0x7F | 0x80])
            size >>= 7
        return out + bytes([size]) + data

    return b"\xff Go buildinf:\x08\x02" + bytes(16) + string(b"go1.25") + string(text)


def crates(name: str, version: str) -> bytes:
    """What `.dep-v0` holds."""
    packages = [{"name": "serde", "version": "1.0.0"}, {"name": name, "version": version, "root": True}]
    return zlib.compress(json.dumps({"packages": packages}).encode())


def asar(files: dict[str, bytes]) -> bytes:
    """An Electron archive."""
    body = b""
    entries: dict[str, object] = {}
    for name, data in files.items():
        entries[name] = {"size": len(data), "offset": str(len(body))}
        body += data
    header = json.dumps({"files": entries}, separators=(",", ":")).encode()
    padded = header + b"\0" * (-len(header) % 4)
    return struct.pack("<IIII", 4, len(padded) + 8, len(padded) + 4, len(header)) + padded + body


def archive(files: dict[str, bytes], *, before: bytes = b"") -> bytes:
    """A ZIP archive, with something before it."""
    buffer = io.BytesIO()
    buffer.write(before)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return buffer.getvalue()
