"""Packages that bring their own file system: snap, flatpak, AppImage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence
from clearance.model.terms import Confidence
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import called, package, public, sighting, text, vendor_sign

META_LIMIT: Final = 1 << 16
RUNTIME_LIMIT: Final = 1 << 20
"""Bytes of an AppImage that hold its runtime, and with it the address of its updates."""

DEPLOYED: Final = ("/var/lib/flatpak/app/*/*/*/*", "~/.local/share/flatpak/app/*/*/*/*")
"""Application, architecture, branch, commit."""

_YAML_FIELD = re.compile(rb"^(name|version):[ \t]*['\"]?([^'\"\r\n]{1,200})", re.MULTILINE)
_NAME = re.compile(rb"^name=([^\r\n]{1,255})", re.MULTILINE)
_RELEASE = re.compile(rb"<release\b[^>]{0,300}?\bversion=[\"']([^\"']{1,100})")
_COMPONENT = re.compile(rb"<id>\s*([^<\s]{1,255})\s*</id>")
_UPDATES = re.compile(rb"(?:gh-releases-(?:direct|zsync)\|[\x21-\x7e]{1,400}|zsync\|[\x21-\x7e]{1,400})")
_BUILD = re.compile(r"(?i)[-_. ]+(?:v?\d|linux|x86|amd64|arm|aarch|latest|setup).*$")
_VERSION = re.compile(r"\d+(?:\.\d+)+")


class BundledPackages:
    """`surface: package`, and `binary` for an AppImage, which is one file."""

    name = "bundled-packages"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Where snapd and flatpak keep what is installed, and AppImages anywhere."""
        return (
            Pattern("/snap/*/*/meta/snap.yaml", read=META_LIMIT, tag="snap"),
            Pattern("/var/lib/snapd/snap/*/*/meta/snap.yaml", read=META_LIMIT, tag="snap"),
            Pattern("/var/lib/snapd/snaps/*.snap", tag="snap-file"),
            *(Pattern(f"{deployed}/metadata", read=META_LIMIT, tag="flatpak") for deployed in DEPLOYED),
            *(
                Pattern(f"{deployed}/{folder}/share/{kind}/*.xml", read=META_LIMIT, tag="appstream")
                for deployed in DEPLOYED
                for folder in ("export", "files")
                for kind in ("metainfo", "appdata")
            ),
            Pattern("**/*.AppImage", read=RUNTIME_LIMIT, tag="appimage"),
            Pattern("**/*.appimage", read=RUNTIME_LIMIT, tag="appimage"),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting."""
        return _PARSERS[found.pattern.tag](found, catalog)


def snap(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A mounted or unpacked snap, by its own description."""
    lines = reversed(_YAML_FIELD.findall(found.data()))
    fields = {key: value.decode("utf-8", "replace").strip() for key, value in lines}
    name = fields.get(b"name", "")
    tool = package(catalog, "snap", name)
    if tool:
        version = fields.get(b"version", "")
        evidence = (Evidence("snap.yaml", f"{name} {version}"),)
        root = posixpath.dirname(posixpath.dirname(found.path))
        yield sighting(found, tool, "package", root, "strong", evidence, version=version)


def snap_file(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A snap as snapd keeps it. snapd itself gives the file its name; the version is inside."""
    name, _, revision = posixpath.basename(found.path).removesuffix(".snap").rpartition("_")
    tool = package(catalog, "snap", name)
    if tool:
        evidence = (Evidence("snap", text(f"{name} revision {revision}")),)
        yield sighting(found, tool, "package", found.path, "strong", evidence)


def flatpak(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A deployed flatpak, by its own metadata."""
    sections = re.split(rb"(?m)^\[", found.data())
    section = next((part for part in sections if part.startswith(b"Application]")), b"")
    match = _NAME.search(section)
    name = match[1].decode("utf-8", "replace").strip() if match else ""
    tool = package(catalog, "flatpak", name)
    if tool:
        evidence = (Evidence("flatpak", text(name)),)
        yield sighting(found, tool, "package", posixpath.dirname(found.path), "strong", evidence)


def appstream(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """The version of a deployed flatpak: that of the newest release its description lists."""
    data = found.data()
    component, release = _COMPONENT.search(data), _RELEASE.search(data)
    name = component[1].decode("utf-8", "replace").removesuffix(".desktop") if component else ""
    tool = package(catalog, "flatpak", name)
    if tool and release:
        version = release[1].decode("utf-8", "replace")
        root = found.path.rsplit("/", 4)[0]
        evidence = (Evidence("appstream", f"{name} {version}"[:200]),)
        yield sighting(found, tool, "package", root, "strong", evidence, version=version)


def appimage(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """An AppImage, by its runtime's mark; which tool, by its name and, where it has one, its address of updates."""
    data = found.data()
    file = posixpath.basename(found.path)
    if data[:4] != b"\x7fELF" or data[8:11] not in (b"AI\x01", b"AI\x02"):
        return
    tools = called(catalog, _BUILD.sub("", file.rpartition(".")[0]))
    updates = _UPDATES.search(data)
    sign = updates[0].decode("ascii", "replace") if updates else ""
    number = _VERSION.search(file)
    for tool in tools:
        told = [Evidence("appimage", text(file))]
        known = bool(vendor_sign(tool, [sign]))
        if known:
            told.append(Evidence("updates", public(sign)))
        if known or len(tools) == 1:
            confidence: Confidence = "strong" if known else "weak"
            version = number[0] if number else ""
            yield sighting(found, tool, "binary", found.path, confidence, told, version=version)


_PARSERS: Final[dict[str, Callable[[Found, Catalog], Iterator[Observation]]]] = {
    "snap": snap,
    "snap-file": snap_file,
    "flatpak": flatpak,
    "appstream": appstream,
    "appimage": appimage,
}
