"""For every tool in the catalog and every home: found, nothing found, or could not look and why. Pure.

Silent zero is the worst failure of a scanner, so `nothing` is said only where everything that shows the tool was
readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from clearance.catalog.index import Catalog, values
from clearance.model.sighting import Coverage, Sighting, Skipped
from clearance.model.tool import Tool
from clearance.observe.probe import Home


def coverage(
    catalog: Catalog,
    homes: Sequence[Home],
    unreadable: Mapping[str, str],
    sightings: Iterable[Sighting],
    skipped: Iterable[Skipped],
) -> tuple[Coverage, ...]:
    """One entry a tool and home, in catalog order. `unreadable` are homes that were not looked at, with the reason."""
    seen = {(s.tool, s.user) for s in sightings}
    matters = [s for s in skipped if s.matters]
    return tuple(
        _one(tool, home, (tool.id, home.user) in seen, unreadable.get(home.path), matters)
        for tool in catalog.tools.values()
        for home in homes
    )


def _one(tool: Tool, home: Home, found: bool, closed: str | None, skipped: Sequence[Skipped]) -> Coverage:
    if found:
        return Coverage(tool.id, home.user, "found")
    if closed is not None:
        return Coverage(tool.id, home.user, "not-readable", f"{home.path}: {closed}")
    places = tuple(f"{home.path}/{path}" for path in home_places(tool))
    for miss in skipped:
        if _hides(miss.path, places, home.path):
            return Coverage(tool.id, home.user, "not-readable", f"{miss.path}: {miss.reason}")
    if not places and not values(tool.surfaces.packages) and not values(tool.surfaces.extensions) and not tool.identity:
        return Coverage(tool.id, home.user, "not-looked", "the catalog names nothing in a home that shows this tool")
    return Coverage(tool.id, home.user, "nothing")


def home_places(tool: Tool) -> tuple[str, ...]:
    """The fixed beginnings of the tool's places in a home, without the leading `~/`."""
    paths = [*values(tool.surfaces.installs)]
    for fact in (tool.surfaces.config, tool.surfaces.credentials, tool.surfaces.sessions, tool.surfaces.mcp):
        paths.extend(location.path for location in (fact.value if fact else ()))
    fixed = (path[2:].split("*", 1)[0].rstrip("/") for path in paths if path.startswith("~/"))
    return tuple(dict.fromkeys(path for path in fixed if path))


def _hides(missed: str, places: tuple[str, ...], home: str) -> bool:
    """True where what could not be read lies on the way to a place of the tool, or inside it."""
    if not missed.startswith(home):
        return False
    return any(place == missed or place.startswith(f"{missed}/") or missed.startswith(f"{place}/") for place in places)
