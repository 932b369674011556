"""From a catalog location to the patterns that the walk looks for, and back from a path to whose it is.

A catalog path begins with `~/` (a home), `/` (the host's root) or `./` (any project). A path ending in `/` is a folder.
"""

from __future__ import annotations

from clearance.model.tool import Location
from clearance.observe.probe import Found, Pattern


def pattern(location: Location, tool: str, read: int = 0) -> Pattern:
    """The pattern of a catalog location. `tag` carries the location's format, `scope` its scope."""
    folder = location.path.endswith("/") or location.format == "folder"
    return Pattern(
        glob=floating(location.path),
        read=0 if folder else read,
        folder=folder,
        tool=tool,
        scope=location.scope,
        tag=location.format,
    )


def floating(path: str) -> str:
    """The glob of a catalog path: `./x` is `**/x`; others stay as they are, without a trailing slash."""
    path = path.rstrip("/")
    return f"**/{path[2:]}" if path.startswith("./") else path


def project_of(found: Found) -> str | None:
    """The project folder that a file at a project-relative place belongs to; None for anchored places."""
    if not found.pattern.glob.startswith("**/"):
        return None
    depth = found.pattern.glob.count("/")
    folder = found.path.rsplit("/", depth)[0]
    return folder or "/"


def user_of(found: Found) -> str | None:
    """The user in whose home the path lies; None outside every home."""
    return found.home.user if found.home else None
