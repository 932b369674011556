"""Instruction files that a tool reads in a repository (`CLAUDE.md`, `.cursor/rules/…`).

They show that somebody prepared a repository for the tool; the file travels with the repository, so a sighting is weak.
Files that several tools share (`AGENTS.md`) belong to none and are not listed in the catalog's tools.
"""

from __future__ import annotations

from collections.abc import Iterable

from clearance.catalog.index import Catalog, values
from clearance.model.sighting import Evidence, Sighting
from clearance.observe.probe import Found, Observation, Pattern, sighting_id
from clearance.observe.scan.places import floating, project_of, user_of


class Instructions:
    """`surface: instructions`."""

    name = "instructions"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Every tool's own instruction files."""
        return tuple(
            Pattern(floating(path), tool=tool.id, scope="project", folder=path.endswith("/"))
            for tool in catalog.tools.values()
            for path in values(tool.surfaces.instructions)
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """One sighting a file; the bytes are not read."""
        tool = catalog.tools[found.pattern.tool]
        user = user_of(found)
        yield Sighting(
            id=sighting_id(tool.id, "instructions", found.path, user),
            tool=tool.id,
            name=tool.name,
            surface="instructions",
            path=found.path,
            confidence="weak",
            user=user,
            repository=project_of(found),
            evidence=(Evidence("path", found.pattern.glob),),
        )
