"""Extensions of the VS Code family: every build, remote and web server, installed, bundled or packed.

An extension is known by `publisher.name` in its own `package.json` (`manifests.py` hands it over), whatever its folder
is called. The editors' lists add what the folder does not show: that it is listed, or marked to be removed at the
next start.
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
from clearance.observe import archive
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import beside, sighting, text
from clearance.observe.scan.node_packages import Manifest

LIMIT: Final = 4 << 20
"""Bytes. The `package.json` of a large extension has 0.5 MB."""

FOLDERS: Final = (
    "~/.vscode*/extensions",
    "~/.cursor*/extensions",
    "~/.windsurf*/extensions",
    "~/.codeium/*/extensions",
    "~/.trae*/extensions",
    "~/.kiro*/extensions",
    "~/.antigravity*/extensions",
    "~/.qoder*/extensions",
    "~/.positron*/extensions",
    "~/.void*/extensions",
    "~/.local/share/code-server/extensions",
    "~/.openvscode-server/extensions",
    "~/.config/Code*/extensions",
    "~/.var/app/*/data/vscode/extensions",
    "~/.var/app/*/data/codium/extensions",
    "~/snap/*/*/.vscode*/extensions",
    "/config/extensions",
    "/opt/*/resources/app/extensions",
    "/usr/share/*/resources/app/extensions",
    "/usr/lib/*/extensions",
    "/snap/*/*/usr/share/*/resources/app/extensions",
    "/Applications/*.app/Contents/Resources/app/extensions",
    "~/AppData/Local/Programs/*/resources/app/extensions",
    "/Program Files/*/resources/app/extensions",
)
"""Folders that hold extensions; found also where a bounded walk would not go."""


_FOLDER: Final = re.compile(r"(?P<id>[^./]{1,100}\.[^/]{1,100}?)-(?P<version>\d+(?:\.\d+)+)[^/]*")
"""`publisher.name-version`, and what the extension is built for."""


class EditorExtensions:
    """`surface: editor-extension`, of the VS Code family."""

    name = "editor-extensions"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The editors' lists, and extensions as they are downloaded."""
        return (
            *(Pattern(f"{folder}/extensions.json", read=LIMIT, tag="list") for folder in FOLDERS),
            *(Pattern(f"{folder}/.obsolete", read=LIMIT, tag="obsolete") for folder in FOLDERS),
            Pattern("**/extensions/extensions.json", read=LIMIT, tag="list"),
            Pattern("**/extensions/.obsolete", read=LIMIT, tag="obsolete"),
            Pattern("**/*.vsix", read=archive.MAGIC_BYTES, tag="packed"),
            Pattern("~/.config/*/CachedExtensionVSIXs/*", read=archive.MAGIC_BYTES, tag="packed"),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """A sighting for every extension of a tool that the file shows."""
        return _PARSERS[found.pattern.tag](found, catalog)


def packed(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """An extension as it was downloaded: it is not installed by lying there."""
    try:
        data = archive.member(found.reader, "extension/package.json", LIMIT)
    except ValueError as error:
        if posixpath.basename(found.path).endswith(".vsix"):
            yield Skipped(EditorExtensions.name, found.path, str(error), matters=False)
        return
    try:
        manifest = msgspec.json.decode(data or b"{}", type=Manifest)
    except (ValueError, RecursionError) as error:
        yield Skipped(EditorExtensions.name, found.path, f"package.json: {str(error)[:100]}", matters=False)
        return
    yield from claims(found, manifest, catalog, packed=True)


def listed(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """The editor's own list. An entry whose folder is gone has no other sighting, and stays weak."""
    entries = _document(data := found.data())
    if entries is None:
        yield Skipped(EditorExtensions.name, found.path, "not valid JSON" if data else "empty", matters=bool(data))
    for entry in entries if isinstance(entries, list) else ():
        identifier = entry.get("identifier") if isinstance(entry, dict) else None
        name = text(identifier.get("id")) if isinstance(identifier, dict) else ""
        tool = catalog.by_extension.get(f"vscode:{name.lower()}")
        if tool:
            location = entry.get("relativeLocation")
            folder = posixpath.dirname(found.path)
            path = f"{folder}/{text(location)}" if isinstance(location, str) else f"{folder}/{name}"
            told = (Evidence("extensions.json", name),)
            yield sighting(found, tool, "editor-extension", path, "weak", told, version=text(entry.get("version")))


def marked(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """Extensions that the editor will remove at its next start. Evidence only: without their folder they are gone."""
    entries = _document(found.data())
    for folder, gone in entries.items() if isinstance(entries, dict) else ():
        match = _FOLDER.fullmatch(folder)
        tool = catalog.by_extension.get(f"vscode:{match['id'].lower()}") if match else None
        if match and tool and gone:
            path = f"{posixpath.dirname(found.path)}/{text(folder)}"
            told = (Evidence("obsolete", "marked to be removed"),)
            yield sighting(found, tool, "editor-extension", path, "weak", told, version=match["version"])


_PARSERS: Final[dict[str, Callable[[Found, Catalog], Iterable[Observation]]]] = {
    "packed": packed,
    "list": listed,
    "obsolete": marked,
}


def claims(found: Found, manifest: Manifest, catalog: Catalog, *, packed: bool = False) -> Iterator[Observation]:
    """The extension that a `package.json` describes: at most one sighting. `packed`: it lies in an archive."""
    if not isinstance(manifest.name, str) or not isinstance(manifest.publisher, str):
        return
    name = f"{manifest.publisher}.{manifest.name}"
    tool = catalog.by_extension.get(f"vscode:{name.lower()}")
    confidence = "weak" if packed else _installed(found, manifest)
    if tool and confidence:
        version = text(manifest.version)
        told = (Evidence("vsix" if packed else "package.json", f"{name} {version}"[:200]),)
        path = found.path if packed else posixpath.dirname(found.path)
        yield sighting(found, tool, "editor-extension", path, confidence, told, version=version)


def malformed(found: Found, error: Exception, catalog: Catalog) -> Iterator[Observation]:
    """A tool's extension, by its folder's name, whose `package.json` cannot be read: weak, and not fully looked at."""
    path = posixpath.dirname(found.path)
    match = _FOLDER.fullmatch(posixpath.basename(path))
    tool = catalog.by_extension.get(f"vscode:{match['id'].lower()}") if match else None
    if match and tool and posixpath.basename(posixpath.dirname(path)) == "extensions":
        told = (Evidence("folder", match[0]),)
        yield sighting(found, tool, "editor-extension", path, "weak", told, version=match["version"])
        yield Skipped(EditorExtensions.name, found.path, f"not valid JSON: {str(error)[:100]}")


def _installed(found: Found, manifest: Manifest) -> Confidence | None:
    """How sure it is that an editor loads what lies here; None for what is only its source."""
    if not isinstance(manifest.engines, dict) or "vscode" not in manifest.engines:
        return None
    parts = [part for part in (manifest.main, manifest.browser) if isinstance(part, str)]
    runs = not parts or any(beside(found, part) or beside(found, f"{part}.js") for part in parts)
    root = posixpath.dirname(found.path)
    if posixpath.basename(posixpath.dirname(root)) == "extensions" and (
        runs or _FOLDER.fullmatch(posixpath.basename(root))
    ):
        return "certain" if runs else "weak"
    return "strong" if runs and parts else None


def _document(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return None
