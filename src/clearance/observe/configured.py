"""Which host a tool is configured to send to, for a person. Pure, and needed where nothing is looked for."""

from __future__ import annotations

from collections.abc import Mapping


def endpoint_for(endpoints: Mapping[tuple[str, str | None], str], tool: str, user: str | None) -> str | None:
    """The host configured for this tool and user, else for everybody; None: the tool's own default."""
    return endpoints.get((tool, user)) or endpoints.get((tool, None))
