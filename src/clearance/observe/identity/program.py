"""How a program is built, read from its structure in a few small reads: what it names, and where its text lies.

Pure over a `Reader`; never fails on hostile bytes. Both depths start here and differ in
how much of the parts they read.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from clearance.model.tool import Where
from clearance.observe import archive
from clearance.observe.identity.structure import asar, bun, deno, elf, macho, native, node, pe, pyinstaller, scripts
from clearance.observe.identity.structure.image import Image
from clearance.observe.identity.structure.objects import json_object
from clearance.observe.identity.tally import Piece, narrow
from clearance.observe.identity.types import Package
from clearance.observe.reader import Reader

HEAD_BYTES: Final = 4096
DATA_SECTIONS: Final = (".rodata", "__TEXT,__const", "__TEXT,__cstring", ".rdata", "__DATA_CONST,__const")
MOST_NAMES: Final = 262_144
GO_BYTES: Final = 32_768
MANIFEST_BYTES: Final = 65_536
MOST_MANIFESTS: Final = 4
ASAR_BYTES: Final = 262_144
MEMBER_BYTES: Final = 131_072
MANIFESTS: Final = re.compile(
    r"(?:package/|extension/|resources/app/)?package\.json|[^/]+\.dist-info/METADATA|site-packages/[^/]+\.dist-info/METADATA"
    r"|EGG-INFO/PKG-INFO|PEX-INFO|environment\.json|(?:[^/]+\.dist-info/)?entry_points\.txt"
)
CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
HIGH: Final = bytes(range(128, 256))
METADATA_FIELD: Final = re.compile(rb"^(Name|Version): *([^\r\n]{1,200})", re.MULTILINE)
CONSOLE: Final = re.compile(rb"^\s*([\w.-]{1,100})\s*=\s*([\w.]{1,200})(?::(\w{1,100}))?", re.MULTILINE)


class Part(NamedTuple):
    """A part of the file that holds text of the program. `inner` is set where it must be unpacked first."""

    where: Where
    kind: str
    offset: int
    size: int


class Program(NamedTuple):
    """What the structure shows. `parts` come in the order in which they are worth reading.

    `single`: a runtime with the program packed in it. `runs` is false for what is loaded by other programs.
    """

    kind: str
    pieces: tuple[Piece, ...] = ()
    packages: tuple[Package, ...] = ()
    parts: tuple[Part, ...] = ()
    bundle: bun.Bundle | None = None
    single: bool = False
    runs: bool = True


def describe(reader: Reader, head: bytes) -> Program:
    """The structure of the file whose first bytes are `head`."""
    image = elf.parse(reader, head) or pe.parse(reader, head) or macho.parse(reader, head)
    if image is not None:
        return _native(reader, image)
    if head.startswith(b"PK\x03\x04"):
        return _zip(reader, "zip")
    if asar.is_archive(head):
        return _asar(reader, head)
    return _text(reader, head)


def package_json(data: bytes, path: str, ecosystem: str = "npm") -> Package | None:
    """The package that a `package.json` names."""
    document = json_object(data)
    name, version = document.get("name"), document.get("version")
    if not isinstance(name, str) or not 0 < len(name) <= 214:
        return None
    return Package(ecosystem, name, version[:64] if isinstance(version, str) else None, path)


def metadata(data: bytes, path: str) -> Package | None:
    """The package that a Python `METADATA` or `PKG-INFO` names, under its normalised name."""
    fields: dict[bytes, bytes] = dict(reversed(METADATA_FIELD.findall(data[:16384])))
    if b"Name" not in fields:
        return None
    name = re.sub(r"[-_.]+", "-", fields[b"Name"].decode("utf-8", "replace").strip()).lower()
    version = fields.get(b"Version", b"").decode("utf-8", "replace").strip()
    return Package("pypi", name, version or None, path)


def _native(reader: Reader, image: Image) -> Program:
    pieces: list[Piece] = []
    packages: list[Package] = []
    parts: list[Part] = []
    bundle = bun.find(reader, image)
    if bundle is not None:
        pieces.append(Piece("entry", "bun-entry", bundle.entry_name.encode()))
        if bundle.arguments:
            pieces.append(Piece("argv", "bun-arguments", bundle.arguments.encode()))
        parts.append(Part("code", "bun-code", bundle.entry.offset, bundle.entry.size))
        return Program(image.kind, tuple(pieces), (), tuple(parts), bundle, True)
    if (damaged := image.section(*bun.SECTIONS)) is not None and damaged.size > HEAD_BYTES // 16:
        parts.append(Part("code", "bun-damaged", damaged.offset, damaged.size))
    if (script := node.blob(reader, image)) is not None:
        pieces.append(Piece("entry", "sea-script", script.name.encode()))
        parts.append(Part("code", "sea-code", script.source.offset, script.source.size))
        assets = script.source.offset + script.source.size
        if assets < reader.size:
            parts.append(Part("code", "sea-assets", assets, reader.size - assets))
        return Program(image.kind, tuple(pieces), (), tuple(parts), None, True)
    if (named := native.go(reader, image)) is not None:
        packages.append(Package("go", named.name, named.version or None, "", True))
        pieces.append(Piece("argv", "go-build", named.text[:GO_BYTES]))
    elif (named := native.crate(reader, image)) is not None:
        packages.append(Package("cargo", named.name, named.version or None, "", True))
    single = False
    if image.end < reader.size:
        single = _overlay(reader, image, pieces, parts)
    if not single:
        parts.extend(_data(image))
    return Program(image.kind, tuple(pieces), tuple(packages), tuple(parts), None, single, image.runs)


def _overlay(reader: Reader, image: Image, pieces: list[Piece], parts: list[Part]) -> bool:
    """What lies behind the program: an archive of PyInstaller, scripts of Deno, pkg or nexe."""
    if (members := pyinstaller.find(reader)) is not None:
        started = "\n".join(one.name for one in members if one.kind == "s")
        pieces.append(Piece("entry", "pyinstaller-script", started.encode()[:MOST_NAMES]))
        packed = "\n".join(one.name for one in members)
        pieces.append(Piece("modules", "pyinstaller-names", packed.encode()[:MOST_NAMES]))
        libraries = (pyinstaller.library_names(reader, one) for one in members if one.kind == "z")
        pieces.extend(Piece("modules", "pyinstaller-modules", names[:MOST_NAMES]) for names in libraries if names)
        return True
    if (span := deno.find(reader, image)) is not None:
        parts.append(Part("code", "deno-code", span.offset, span.size))
        return True
    appended = node.appended(reader, image)
    for span in appended:
        tail = reader.read(max(span.offset, span.offset + span.size - MOST_NAMES), min(span.size, MOST_NAMES))
        pieces.append(Piece("modules", f"{span.name}-names", tail))
        parts.append(Part("code", f"{span.name}-code", span.offset, span.size))
    return bool(appended)


def _data(image: Image) -> list[Part]:
    spans = [one for one in image.sections if one.name in DATA_SECTIONS]
    if not spans and not image.sections:
        spans = list(image.segments)
    return [Part("data", f"{image.kind}-data", one.offset, one.size) for one in spans[:6]]


def _zip(reader: Reader, kind: str) -> Program:
    """A zipapp, shiv, pex, wheel, vsix, jar: its names, and the metadata of what it holds."""
    names: list[str] = []
    pieces: list[Piece] = []
    packages: list[Package] = []
    wanted: list[archive.Member] = []
    try:
        for member in archive.members(reader):
            names.append(member.name)
            if len(wanted) < 2 * MOST_MANIFESTS and (MANIFESTS.fullmatch(member.name) or member.name == "__main__.py"):
                wanted.append(member)
            if len(names) >= 4096:
                break
    except ValueError:
        pass
    if not names:
        return Program(kind)
    pieces.append(Piece("modules", "archive-names", "\n".join(names).encode("utf-8", "replace")[:MOST_NAMES]))
    for member in wanted:
        try:
            data = archive.content(reader, member, MANIFEST_BYTES)
        except ValueError:
            continue
        _manifest(member.name, data, pieces, packages)
    # An archive of several packages is not one of them.
    own = tuple(packages) if len(packages) == 1 else ()
    return Program(kind, tuple(pieces), own)


def _manifest(name: str, data: bytes, pieces: list[Piece], packages: list[Package]) -> None:
    found = None
    if name.endswith("package.json"):
        found = package_json(data, name)
    elif name.endswith(("METADATA", "PKG-INFO")):
        found = metadata(data, name)
    elif name == "__main__.py":
        pieces.append(Piece("code", "archive-main", data))
    elif name.endswith(("PEX-INFO", "environment.json")):
        entry = json_object(data).get("entry_point")
        if isinstance(entry, str):
            pieces.append(Piece("entry", "archive-entry", entry.partition(":")[0].encode("utf-8", "replace")))
    if found is not None:
        packages.append(found)


def _asar(reader: Reader, head: bytes) -> Program:
    span = asar.manifest(reader, head, ASAR_BYTES if reader.size < ASAR_BYTES else asar.HEADER_BYTES)
    if span is None:
        return Program("asar")
    package = package_json(reader.read(span.offset, min(span.size, MANIFEST_BYTES)), "package.json", "app")
    return Program("asar", (), (package,) if package else ())


def _text(reader: Reader, head: bytes) -> Program:
    runner = scripts.interpreter(head)
    if (script := scripts.console_script(head)) is not None:
        return Program(
            "script", (Piece("entry", "console-script", script.module.encode()),),
            parts=(Part("code", "script", 0, reader.size),),
        )  # fmt: skip
    if runner and reader.size > 256 and b"PK\x05\x06" in reader.read(max(0, reader.size - 512), 512):
        found = _zip(reader, "zip")
        if found.pieces:
            return found
    if not _readable(head):
        return Program("data")
    return Program("script" if runner else "text", parts=(Part("code", "script", 0, reader.size),))


def _readable(head: bytes) -> bool:
    """Whether bytes look like text, in UTF-8 or another encoding, or in UTF-16."""
    sample = narrow(head[:1024])
    if b"\0" in sample:
        return False
    odd = len(sample) - len(sample.translate(None, CONTROLS))
    high = len(sample) - len(sample.translate(None, HIGH))
    if odd * 32 > len(sample):
        return False
    if high * 4 <= len(sample):
        return True
    try:
        sample[:-4].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(sample) - 8
    return True
