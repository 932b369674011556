"""Stored credentials: presence, kind, owner and file mode. Never the value.

To tell the kind, the names of the members in the first 4 KiB are looked at; what stands between quotes behind a colon
is passed over unread and nothing of the file is kept.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Sighting
from clearance.model.tool import Tool
from clearance.observe.probe import Found, Observation, Pattern, sighting_id
from clearance.observe.scan.places import floating, pattern, user_of

HEAD: Final = 4096
NOT_SHOWN: Final = "kind not shown"

_MEMBER = re.compile(rb'["\']?([A-Za-z_][A-Za-z0-9_.-]{0,63})["\']?\s*[:=]')

_KINDS: Final = (
    ("OAuth", re.compile(rb"oauth|refresh_?token|id_?token|expires?_?(at|in)|access_?token", re.IGNORECASE)),
    ("API key", re.compile(rb"api_?key|apikey|_key$|^key$|secret", re.IGNORECASE)),
    ("token", re.compile(rb"token|auth|jwt|bearer", re.IGNORECASE)),
    ("login session", re.compile(rb"account|session|email|user", re.IGNORECASE)),
)


def kind_of(head: bytes) -> str:
    """OAuth, API key, token or login session by the members' names; `NOT_SHOWN` where no name tells."""
    if head.startswith(b"SQLite format 3\0"):
        return "database"
    names = [match.group(1) for match in _MEMBER.finditer(head)]
    for kind, pattern_ in _KINDS:
        if any(pattern_.search(name) for name in names):
            return kind
    return NOT_SHOWN


class Credentials:
    """`surface: credential`."""

    name = "credentials"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The credential files of every tool."""
        return tuple(
            pattern(location, tool.id, read=HEAD)
            for tool in catalog.tools.values()
            if tool.surfaces.credentials
            for location in tool.surfaces.credentials.value
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """One sighting a file, with its kind and mode; an empty file is none."""
        if found.folder or found.size == 0:
            return
        tool = catalog.tools[found.pattern.tool]
        kind = kind_of(found.data())
        if kind == NOT_SHOWN and self._is_settings(found, tool):
            return
        mode = stat.S_IMODE(found.mode)
        evidence = [Evidence("credential", f"{kind}, mode {mode:04o}")]
        if found.os != "windows" and mode & 0o077:
            evidence.append(Evidence("exposed", "other users of this machine may read it"))
        user = user_of(found)
        yield Sighting(
            id=sighting_id(tool.id, "credential", found.path, user),
            tool=tool.id,
            name=tool.name,
            surface="credential",
            path=found.path,
            confidence="weak" if kind == NOT_SHOWN else "strong",
            user=user,
            evidence=tuple(evidence),
        )

    @staticmethod
    def _is_settings(found: Found, tool: Tool) -> bool:
        """A settings file may hold a credential; one that shows none is just settings."""
        places = tool.surfaces.config.value if tool.surfaces.config else ()
        return any(floating(place.path) == found.pattern.glob for place in places)
