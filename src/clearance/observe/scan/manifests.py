"""Every `package.json`, read and parsed once for all that one may be: an npm package, an editor's extension, the heart
of an Electron application.

A developer's home has tens of thousands of them, and nearly all are nobody's: those cost a few microseconds each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan import applications, editor_extensions, node_packages, package_agents
from clearance.observe.scan.node_packages import LIMIT, Manifest

_DECODE: Final = msgspec.json.Decoder(Manifest).decode
_MARK: Final = b"\xef\xbb\xbf"


class Manifests:
    """`surface: package` and `editor-extension`, from `package.json`."""

    name = "manifests"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The places that are known to hold some, and every other one."""
        known = [f"{folder}/*" for folder in (*node_packages.PREFIXES, *editor_extensions.FOLDERS)]
        known += [f"{folder}/@*/*" for folder in node_packages.PREFIXES]
        known += [f"{folder}/app" for folder in applications.ROOTS if folder[0] != "*"]
        globs = (*(f"{folder}/package.json" for folder in known), *node_packages.CACHES, "**/package.json")
        return tuple(Pattern(glob, read=LIMIT) for glob in globs)

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """What the file shows; for nearly every one, nothing."""
        data = found.data()
        try:
            manifest = _DECODE(data[3:] if data.startswith(_MARK) else data)
        except (ValueError, RecursionError) as error:
            return _malformed(found, data, error, catalog)
        if manifest.publisher is not None and manifest.engines is not None:
            return editor_extensions.claims(found, manifest, catalog)
        is_application = found.path.endswith("/app/package.json")
        is_project = "node_modules" in found.names and "/node_modules/" not in found.path
        if is_application or is_project:
            return _several(found, manifest, catalog, is_application, is_project)
        return node_packages.claims(found, manifest, catalog)


def _malformed(found: Found, data: bytes, error: Exception, catalog: Catalog) -> Iterator[Observation]:
    yield from node_packages.malformed(found, data, error, catalog)
    yield from editor_extensions.malformed(found, error, catalog)


def _several(
    found: Found, manifest: Manifest, catalog: Catalog, is_application: bool, is_project: bool
) -> Iterator[Observation]:
    """A package that may be more: what an application is made of, or a project that others are installed in."""
    yield from node_packages.claims(found, manifest, catalog)
    if is_application:
        yield from applications.claims(found, manifest, catalog)
    if is_project:
        yield from package_agents.asked_for(found, catalog)
