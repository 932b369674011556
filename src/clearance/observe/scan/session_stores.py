"""Session stores: that they exist, how large they are, and the span of dates. Their content is not read.

A store may have tens of thousands of files, so each gives a small `Span`, and `settle.py` makes one sighting of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from clearance.catalog.index import Catalog
from clearance.observe.probe import Found, Observation, Pattern, Span
from clearance.observe.scan.places import pattern, user_of


class SessionStores:
    """`surface: session-store`."""

    name = "session-stores"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The session files of every tool."""
        return tuple(
            pattern(location, tool.id)
            for tool in catalog.tools.values()
            if tool.surfaces.sessions
            for location in tool.surfaces.sessions.value
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """The file's size and the time of its last change."""
        yield Span(
            tool=found.pattern.tool,
            user=user_of(found),
            store=found.pattern.glob,
            path=found.path,
            bytes=0 if found.folder else found.size,
            mtime=found.mtime,
        )
