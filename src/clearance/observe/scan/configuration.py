"""Settings files and folders of tools.

A settings file shows that a tool was set up here, not that it is still installed: its place alone makes a sighting
weak; a document that parses and is not empty makes it strong.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Sighting, Skipped
from clearance.observe import documents
from clearance.observe.probe import Found, Observation, Pattern, sighting_id
from clearance.observe.scan.places import pattern, project_of, user_of

DOCUMENTS: Final = ("json", "jsonc", "toml", "yaml", "plist")


class Configuration:
    """`surface: config`."""

    name = "configuration"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The settings places of every tool."""
        return tuple(
            pattern(location, tool.id, read=documents.LIMIT + 1 if location.format in DOCUMENTS else 0)
            for tool in catalog.tools.values()
            if tool.surfaces.config
            for location in tool.surfaces.config.value
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """One sighting a file or folder."""
        tool = catalog.tools[found.pattern.tool]
        evidence = [Evidence("path", found.pattern.glob)]
        confidence = "weak"
        if found.pattern.tag in DOCUMENTS and not found.folder:
            try:
                document = documents.parse(found.data(), found.pattern.tag)
            except ValueError as error:
                yield Skipped(self.name, found.path, f"not valid {found.pattern.tag}: {error}")
            else:
                if document:
                    confidence = "strong"
                    evidence.append(Evidence("document", f"{found.pattern.tag}, {found.pattern.scope} settings"))
        user = user_of(found)
        yield Sighting(
            id=sighting_id(tool.id, "config", found.path, user),
            tool=tool.id,
            name=tool.name,
            surface="config",
            path=found.path,
            confidence="strong" if confidence == "strong" else "weak",
            user=user,
            repository=project_of(found),
            evidence=tuple(evidence),
        )
