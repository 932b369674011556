"""Desktop applications: macOS bundles, Electron programs, editors built from the open Code sources, menu entries.

A bundle id that the catalog lists tells a tool. Else an application is named by a display name, which anybody may
take: it counts as a tool's only where its bundle id, author, home page or another field shows the tool's vendor too.
Without such a sign an editor build that carries the tool's name in two places is weak, and so are a bundle of a name
that the catalog lists and a menu entry. All files of one application give one path, the application's root, and so one
sighting.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.model.terms import Confidence
from clearance.model.tool import Tool
from clearance.observe import documents
from clearance.observe.identity.structure import asar as archives
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import called, is_application, named, package, sighting, text
from clearance.observe.scan.node_packages import Manifest

LIMIT: Final = documents.LIMIT
ARCHIVE_HEAD: Final = 32
ASAR_LIMIT: Final = 32 << 20
"""Bytes of an archive's list of files that are read."""

ROOTS: Final = (
    "/opt/*/resources",
    "/usr/share/*/resources",
    "/usr/lib/*/resources",
    "/usr/lib64/*/resources",
    "/Applications/*.app/Contents/Resources",
    "~/Applications/*.app/Contents/Resources",
    "~/AppData/Local/Programs/*/resources",
    "~/AppData/Local/*/app-*/resources",
    "/Program Files/*/resources",
    "/snap/*/*/resources",
    "/snap/*/*/usr/share/*/resources",
    "**/resources",
    "**/Resources",
)
SERVERS: Final = (
    "~/.*-server/bin/*",
    "~/.*-server/bin/*/*",
    "~/.*-server/cli/servers/*/server",
    "/usr/lib/*",
    "/opt/*",
)
"""Where the remote halves of editors lie, and editors that are served to a browser."""

_ENTRY = re.compile(r"^(Name|Exec|StartupWMClass|Comment|GenericName|MimeType)=(.{0,500})$", re.MULTILINE)


class Applications:
    """`surface: package`, from what an application says about itself."""

    name = "applications"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Bundles, the resources of Electron programs, and the menus of the desktop."""
        return (
            *(
                Pattern(f"{place}/Contents/Info.plist", read=LIMIT, tag="plist")
                for place in ("/Applications/*.app", "/Applications/*/*.app", "~/Applications/*.app", "**/*.app")
            ),
            *(Pattern(f"{root}/app/product.json", read=LIMIT, tag="product") for root in ROOTS),
            *(Pattern(f"{root}/product.json", read=LIMIT, tag="product") for root in SERVERS),
            *(Pattern(f"{root}/app.asar", read=ARCHIVE_HEAD, tag="asar") for root in ROOTS),
            *(
                Pattern(f"{folder}/*.desktop", read=1 << 16, tag="desktop")
                for folder in (
                    "/usr/share/applications",
                    "/usr/local/share/applications",
                    "/var/lib/snapd/desktop/applications",
                    "~/.local/share/applications",
                    "~/Desktop",
                )
            ),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting."""
        try:
            yield from _PARSERS[found.pattern.tag](found, catalog)
        except (ValueError, RecursionError) as error:
            yield Skipped(self.name, found.path, " ".join(str(error).split())[:200])


def bundle(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A macOS application, by `Info.plist`."""
    info = documents.parse(found.data(), "plist")
    if not isinstance(info, dict):
        return
    root = posixpath.dirname(posixpath.dirname(found.path))
    keys = ("CFBundleDisplayName", "CFBundleName", "CFBundleExecutable")
    names = [text(info.get(key)) for key in keys] + [posixpath.basename(root)]
    signs = [text(info.get(key)) for key in ("CFBundleIdentifier", "NSHumanReadableCopyright")]
    version = text(info.get("CFBundleShortVersionString")) or text(info.get("CFBundleVersion"))
    known = package(catalog, "app", signs[0])
    if known:
        shown = f"{next(filter(None, names))} {version}"
        yield _seen(found, known, root, "Info.plist", shown, version, "strong", [Evidence("bundle-id", signs[0])])
        return
    folder = posixpath.basename(root)
    weak = [tool.id for tool in called(catalog, folder) if is_application(tool, folder)]
    yield from _application(found, catalog, root, names, signs, "Info.plist", version, weak=weak)


def product(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """An editor built from the open Code sources, or its server, by `product.json`."""
    data = found.data()
    if b"applicationName" not in data:
        return
    info = _object(data)
    names = [text(info.get("applicationName")), text(info.get("nameShort"))]
    signs = [value for value in info.values() if isinstance(value, str)][:200]
    gallery = info.get("extensionsGallery")
    signs += [value for value in gallery.values() if isinstance(value, str)] if isinstance(gallery, dict) else []
    own = f"{names[0]}Version".lower()
    version = next((text(value) for key, value in info.items() if key.lower() == own), "") or text(info.get("version"))
    root = application_root(found.path)
    tools = set(_ids(catalog, names[0])) & set(_ids(catalog, names[1]))
    yield from _application(found, catalog, root, names, signs, "product.json", version, weak=tools)


def claims(found: Found, manifest: Manifest, catalog: Catalog) -> Iterator[Observation]:
    """An Electron program, by the `package.json` among its resources: at most one sighting."""
    if not isinstance(manifest.name, str):
        return
    author = manifest.author
    signs = [text(author.get(key)) for key in ("name", "email", "url")] if isinstance(author, dict) else [text(author)]
    repository = manifest.repository.get("url") if isinstance(manifest.repository, dict) else manifest.repository
    signs += [text(value) for value in (manifest.homepage, repository, manifest.description)]
    names = [text(manifest.productName), text(manifest.name)]
    root = application_root(found.path)
    yield from _application(found, catalog, root, names, signs, "electron", text(manifest.version))


def asar(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """An Electron program whose files lie in an archive, by the `package.json` in it."""
    head = found.data()
    span = archives.manifest(found.reader, head, ASAR_LIMIT)
    if span is None:
        raise ValueError("not an Electron archive with a package.json")
    data = found.reader.read(span.offset, min(span.size, LIMIT))
    yield from claims(found, msgspec.json.decode(data, type=Manifest), catalog)


def menu_entry(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A program in the desktop's menu: it may be left over, so it stays weak; what it starts is evidence."""
    fields = dict(reversed(_ENTRY.findall(found.data().decode("utf-8", "replace"))))
    command = re.sub(r"\s*%[A-Za-z]", "", fields.get("Exec", "")).strip()
    program = re.match(r'"([^"]+)"|(\S+)', command)
    name = posixpath.basename((program[1] or program[2]).replace("\\", "/")) if program else ""
    for tool in called(catalog, fields.get("Name", "")):
        if tool in called(catalog, name) or tool in called(catalog, fields.get("StartupWMClass", "")):
            started = text(program[1] or program[2]) if program else ""
            evidence = (Evidence("desktop-entry", text(fields["Name"])), Evidence("launcher", started))
            yield sighting(found, tool, "package", found.path, "weak", evidence)


_PARSERS: Final[dict[str, Callable[[Found, Catalog], Iterator[Observation]]]] = {
    "plist": bundle,
    "product": product,
    "asar": asar,
    "desktop": menu_entry,
}


def application_root(path: str) -> str:
    """The folder of a whole application that a file of its resources belongs to."""
    folder = posixpath.dirname(path)
    if posixpath.basename(folder) == "app":
        folder = posixpath.dirname(folder)
    if posixpath.basename(folder).lower() == "resources":
        folder = posixpath.dirname(folder)
        if posixpath.basename(folder) == "Contents":
            folder = posixpath.dirname(folder)
    return folder


def _application(
    found: Found, catalog: Catalog, root: str, names: list[str], signs: list[str], kind: str, version: str,
    weak: Iterable[str] = (),
) -> Iterator[Observation]:  # fmt: skip
    """The tool that one of the names and one of the signs show together; else one of `weak`, by name alone."""
    for name in dict.fromkeys(filter(None, names)):
        match = named(catalog, name, signs, application=True)
        if match:
            tool, sign = match
            yield _seen(found, tool, root, kind, f"{name} {version}", version, "strong", [Evidence("vendor", sign)])
            return
    for tool_id in sorted(weak):
        yield _seen(found, catalog.tools[tool_id], root, kind, f"{names[0]} {version}", version, "weak", [])


def _seen(
    found: Found, tool: Tool, root: str, kind: str, detail: str, version: str, confidence: Confidence,
    evidence: list[Evidence],
) -> Observation:  # fmt: skip
    told = [Evidence(kind, detail.strip()[:200]), *evidence]
    return sighting(found, tool, "package", root, confidence, told, version=version)


def _ids(catalog: Catalog, name: str) -> list[str]:
    return [tool.id for tool in called(catalog, name)] if name else []


def _object(data: bytes) -> dict[str, Any]:
    value = documents.parse(data, "json")
    return value if isinstance(value, dict) else {}
