"""Places where only one tool installs itself. That something lies there is a suspicion, so a sighting is weak.

What it is, its content decides: `merge` drops the suspicion where anything of the tool was seen there. Folders that
many programs share (`~/.local/bin`) are left out: there a place is but a name, and names collide.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Final

from clearance.catalog.index import Catalog, values
from clearance.model.sighting import Evidence
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import sighting
from clearance.observe.scan.places import floating

KIND: Final = "install-place"
SHARED: Final = ("bin", "sbin", "games", "shims", "Scripts")


class InstallPlaces:
    """`surface: package` for a folder, `binary` for a file; weak."""

    name = "install-places"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Every tool's own places."""
        return tuple(
            Pattern(floating(path), tool=tool.id, folder=path.endswith(("/", ".app")))
            for tool in catalog.tools.values()
            for path in values(tool.surfaces.installs)
            if not shared(path)
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """One sighting."""
        if found.folder and not found.names:
            return
        tool = catalog.tools[found.pattern.tool]
        told = (Evidence(KIND, found.pattern.glob),)
        yield sighting(found, tool, "package" if found.folder else "binary", found.path, "weak", told)


def shared(path: str) -> bool:
    """True for a place in a folder of programs that is not a tool's own: `~/.amp/bin/amp` is, `/usr/bin/amp` is not."""
    folder, name = posixpath.split(path.rstrip("/"))
    if posixpath.basename(folder) not in SHARED:
        return name in SHARED and not path.startswith("~/.")
    above = posixpath.basename(posixpath.dirname(folder))
    return above in ("", "~", "usr", "local", ".local", "opt", "homebrew")
