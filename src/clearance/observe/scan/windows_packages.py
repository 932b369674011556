"""Packages of Windows: winget, Scoop, Chocolatey and the store's application packages.

winget's and the store's names carry the publisher. Scoop's and Chocolatey's do not: there the home page has to show the
tool's vendor too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.observe import documents
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import named, package, sighting, text

LIMIT: Final = 1 << 18

_ELEMENT = re.compile(rb"<(id|version|projectUrl|authors|DisplayName|PublisherDisplayName)>([^<]{1,500})</")
_IDENTITY = re.compile(rb"<Identity\b([^>]{1,2000})>")
_ATTRIBUTE = re.compile(rb"""\b(Name|Version|Publisher)\s*=\s*["']([^"']{1,500})["']""")


class WindowsPackages:
    """`surface: package`, from what Windows' package managers leave."""

    name = "windows-packages"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Each manager's folder of installed packages."""
        return (
            Pattern("~/AppData/Local/Microsoft/WinGet/Packages/*", folder=True, tag="winget"),
            Pattern("/Program Files/WinGet/Packages/*", folder=True, tag="winget"),
            Pattern("~/scoop/apps/*/*/manifest.json", read=LIMIT, tag="scoop"),
            Pattern("/ProgramData/scoop/apps/*/*/manifest.json", read=LIMIT, tag="scoop"),
            Pattern("/ProgramData/chocolatey/lib/*/*.nuspec", read=LIMIT, tag="chocolatey"),
            Pattern("/Program Files/WindowsApps/*/AppxManifest.xml", read=LIMIT, tag="appx"),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting."""
        return _PARSERS[found.pattern.tag](found, catalog)


def winget(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A portable package: winget names its folder after the package and the source."""
    name = posixpath.basename(found.path).partition("_")[0]
    tool = package(catalog, "winget", name)
    if tool:
        yield sighting(found, tool, "package", found.path, "strong", (Evidence("winget", text(name)),))


def scoop(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A Scoop application: `apps/NAME/VERSION/manifest.json`, and the same again under `current`."""
    folder = posixpath.dirname(found.path)
    name = posixpath.basename(posixpath.dirname(folder))
    try:
        manifest = documents.parse(found.data(), "json")
    except ValueError as error:
        yield Skipped(WindowsPackages.name, found.path, str(error))
        return
    if isinstance(manifest, dict):
        signs = [text(manifest.get("homepage")), text(manifest.get("description"))]
        version = text(manifest.get("version"))
        yield from _by_name(found, catalog, "scoop", name, version, signs, posixpath.dirname(folder))


def chocolatey(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A Chocolatey package, by its `.nuspec`."""
    fields = _elements(found.data())
    signs = [fields.get(key, "") for key in ("projectUrl", "authors")]
    folder = posixpath.dirname(found.path)
    yield from _by_name(found, catalog, "chocolatey", fields.get("id", ""), fields.get("version", ""), signs, folder)


def appx(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A store package, by its manifest: identity, and the names it shows."""
    data = found.data()
    identity = _IDENTITY.search(data)
    pairs = _ATTRIBUTE.findall(identity[1]) if identity else ()
    attributes = {key.decode(): value.decode("utf-8", "replace") for key, value in pairs}
    fields = _elements(data)
    name, version = attributes.get("Name", ""), attributes.get("Version", "")
    signs = [attributes.get("Publisher", ""), fields.get("PublisherDisplayName", ""), name]
    folder = posixpath.dirname(found.path)
    for shown in dict.fromkeys((fields.get("DisplayName", ""), name.rpartition(".")[2])):
        seen = list(_by_name(found, catalog, "appx", shown, version, signs, folder, application=True))
        if seen:
            yield from seen
            return


_PARSERS: Final[dict[str, Callable[[Found, Catalog], Iterator[Observation]]]] = {
    "winget": winget,
    "scoop": scoop,
    "chocolatey": chocolatey,
    "appx": appx,
}


def _by_name(
    found: Found, catalog: Catalog, manager: str, name: str, version: str, signs: list[str], path: str,
    *, application: bool = False,
) -> Iterator[Observation]:  # fmt: skip
    match = named(catalog, name, signs, application=application) if name else None
    if match:
        tool, sign = match
        evidence = (Evidence(manager, f"{name} {version}"[:200]), Evidence("vendor", sign))
        yield sighting(found, tool, "package", path, "strong", evidence, version=version)


def _elements(data: bytes) -> dict[str, str]:
    """The plain elements asked for, by name; the first of each. References to entities stay as they are written."""
    return {key.decode(): value.decode("utf-8", "replace").strip() for key, value in reversed(_ELEMENT.findall(data))}
