"""Extensions of Zed, by `extension.toml`, and agents that its settings name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any, Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.observe import documents
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import called, sighting, text

DATA: Final = (
    "~/.local/share/zed",
    "~/.var/app/dev.zed.Zed/data/zed",
    "~/Library/Application Support/Zed",
    "~/AppData/Local/Zed",
)
SETTINGS: Final = (
    "~/.config/zed/settings.json",
    "~/.var/app/dev.zed.Zed/config/zed/settings.json",
    "~/AppData/Roaming/Zed/settings.json",
    "**/.zed/settings.json",
)


class ZedExtensions:
    """`surface: editor-extension`, of Zed."""

    name = "zed-extensions"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Installed extensions, and the settings of users and projects."""
        return (
            *(
                Pattern(f"{data}/extensions/installed/*/extension.toml", read=documents.LIMIT, tag="toml")
                for data in DATA
            ),
            *(Pattern(path, read=documents.LIMIT, tag="jsonc") for path in SETTINGS),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """A sighting for every extension or agent of a tool."""
        try:
            document = documents.parse(found.data(), found.pattern.tag)
        except ValueError as error:
            yield Skipped(self.name, found.path, str(error), matters=found.pattern.tag == "toml")
            return
        if isinstance(document, dict):
            yield from (_extension if found.pattern.tag == "toml" else _agents)(found, document, catalog)


def _extension(found: Found, document: dict[str, Any], catalog: Catalog) -> Iterator[Observation]:
    name, version = text(document.get("id")), text(document.get("version"))
    tool = catalog.by_extension.get(f"zed:{name.lower()}")
    if tool:
        evidence = (Evidence("extension.toml", f"{name} {version}".strip()),)
        path = posixpath.dirname(found.path)
        yield sighting(found, tool, "editor-extension", path, "certain", evidence, version=version)


def _agents(found: Found, document: dict[str, Any], catalog: Catalog) -> Iterator[Observation]:
    """Agents that the editor starts for its user. The name is the user's own choice, so a sighting is weak."""
    servers = document.get("agent_servers")
    for name, server in servers.items() if isinstance(servers, dict) else ():
        command = server.get("command") if isinstance(server, dict) else None
        command = command.get("path") if isinstance(command, dict) else command
        program = posixpath.basename(text(command).replace("\\", "/"))
        tools = called(catalog, program) or called(catalog, text(name))
        if len(tools) == 1:
            evidence = (Evidence("agent_servers", f"{text(name)}: {program}".rstrip(": ")[:200]),)
            project = found.path.partition("/.zed/")[0] if found.pattern.glob.startswith("**") else None
            yield sighting(
                found, tools[0], "editor-extension", found.path, "weak", evidence, repository=project, extra=text(name)
            )
