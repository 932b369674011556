"""Plug-ins of JetBrains' and Google's editors, by the `META-INF/plugin.xml` in one of their jars."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.model.tool import Tool
from clearance.observe import archive
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import sighting, text
from clearance.observe.xml_texts import texts

LIMIT: Final = 2 << 20
DESCRIPTOR: Final = "META-INF/plugin.xml"

FOLDERS: Final = (
    "~/.local/share/JetBrains/*",
    "~/.local/share/Google/*",
    "~/.*/config/plugins",
    "~/.local/share/JetBrains/Toolbox/apps/*/plugins",
    "~/.local/share/JetBrains/Toolbox/apps/*/*/*/plugins",
    "~/.cache/JetBrains/RemoteDev/dist/*/plugins",
    "~/.var/app/*/data/JetBrains/*",
    "~/Library/Application Support/JetBrains/*/plugins",
    "~/Library/Application Support/Google/*/plugins",
    "/Applications/*.app/Contents/plugins",
    "~/Applications/*.app/Contents/plugins",
    "~/AppData/Roaming/JetBrains/*/plugins",
    "~/AppData/Roaming/Google/*/plugins",
    "~/AppData/Local/Programs/*/plugins",
    "/Program Files/JetBrains/*/plugins",
    "/opt/*/plugins",
    "/snap/*/*/plugins",
    "**/plugins",
)
"""Folders that hold plug-ins, each in a folder or jar of its own."""

_ID, _NAME, _VERSION = "idea-plugin/id", "idea-plugin/name", "idea-plugin/version"


class JetBrainsPlugins:
    """`surface: editor-extension`, of JetBrains' editors."""

    name = "jetbrains-plugins"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The jars of every plug-in folder."""
        return tuple(
            Pattern(f"{folder}/{jar}", read=archive.MAGIC_BYTES)
            for folder in FOLDERS
            for jar in ("*/lib/*.jar", "*.jar")
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting: most jars of a plug-in are its libraries."""
        try:
            data = archive.member(found.reader, DESCRIPTOR, LIMIT)
        except ValueError as error:
            yield Skipped(self.name, found.path, str(error), matters=False)
            return
        if data is None:
            return
        try:
            fields = texts(data, (_ID, _NAME, _VERSION, "idea-plugin@version"))
        except ValueError as error:
            yield Skipped(self.name, found.path, f"{DESCRIPTOR}: {error}")
            return
        name = text(fields.get(_ID) or fields.get(_NAME))
        tool = _plugins(catalog).get(name.lower())
        if tool:
            version = text(fields.get(_VERSION))
            folder = posixpath.dirname(found.path)
            path = posixpath.dirname(folder) if posixpath.basename(folder) == "lib" else found.path
            evidence = (Evidence("plugin.xml", f"{name} {version}".strip()),)
            yield sighting(found, tool, "editor-extension", path, "certain", evidence, version=version)


@lru_cache(maxsize=8)
def _plugins(catalog: Catalog) -> dict[str, Tool]:
    """The tools by plug-in id, which editors compare without case."""
    prefix = "jetbrains:"
    return {key.removeprefix(prefix): tool for key, tool in catalog.by_extension.items() if key.startswith(prefix)}
