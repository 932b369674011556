"""MCP servers that a tool's settings define, with what each launches. Nothing is launched, and no value of an
environment block, header or token argument is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Endpoint, Evidence, Sighting, Skipped
from clearance.model.tool import Location
from clearance.observe import documents
from clearance.observe.probe import Found, Observation, Pattern, sighting_id
from clearance.observe.scan.places import floating, pattern, project_of, user_of
from clearance.observe.urls import host_of, redact

KEYS: Final = ("mcpServers", "mcp_servers", "servers", "context_servers", "mcp")
"""Where servers are defined in documents of which the catalog names no key."""

LONGEST: Final = 200

_SECRET = re.compile(r"(?i)(key|token|secret|password|passwd|auth|bearer|credential)")
_OPAQUE = re.compile(r"[A-Za-z0-9_\-+/=.]{24,}")


SHARED: Final = Evidence("shared", "a file that several tools read; counted for those that are here")
"""Marks what is only kept for a tool that is installed."""


class McpServers:
    """`surface: mcp-server`."""

    name = "mcp-servers"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The documents in which the tools' MCP servers are defined."""
        return tuple(
            pattern(location, tool.id, read=documents.LIMIT + 1)
            for tool in catalog.tools.values()
            if tool.surfaces.mcp
            for location in tool.surfaces.mcp.value
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """One sighting a server."""
        if found.folder:
            return
        tool = catalog.tools[found.pattern.tool]
        kind = found.pattern.tag if found.pattern.tag in ("json", "jsonc", "toml", "yaml") else "jsonc"
        try:
            document = documents.parse(found.data(), kind)
        except ValueError as error:
            yield Skipped(self.name, found.path, f"not valid {kind}: {error}")
            return
        locations = tool.surfaces.mcp.value if tool.surfaces.mcp else ()
        keys = tuple(place.key for place in locations if place.key and _reads(place, found)) or KEYS
        user = user_of(found)
        shared = (SHARED,) if any(_reads(place, found) and place.schema == "shared" for place in locations) else ()
        for key, name, server in servers(document, keys):
            launched, endpoint = described(server)
            yield Sighting(
                id=sighting_id(tool.id, "mcp-server", found.path, user, key),
                tool=tool.id,
                name=name[:LONGEST],
                surface="mcp-server",
                path=found.path,
                confidence="strong",
                user=user,
                repository=project_of(found),
                endpoint=endpoint,
                evidence=(Evidence("mcp-server", key[:LONGEST]), *launched, *shared),
            )


def _reads(place: Location, found: Found) -> bool:
    return floating(place.path) == found.pattern.glob


def servers(document: Any, keys: Iterable[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every (key in the document, server's name, definition). The same definition is given once."""
    seen = set()
    for key in keys:
        for place, table in documents.lookup_all(document, key):
            if not isinstance(table, dict):
                continue
            for name, server in table.items():
                where = f"{place}.{name}"
                if isinstance(server, dict) and where not in seen and launches(server):
                    seen.add(where)
                    yield where, str(name), server


def launches(server: dict[str, Any]) -> bool:
    """True for what really is a server's definition: it names a command or an address."""
    return any(server.get(key) for key in ("command", "cmd", "url", "serverUrl", "httpUrl", "uri"))


def described(server: dict[str, Any]) -> tuple[tuple[Evidence, ...], Endpoint | None]:
    """What a server launches or where it lies, without secrets."""
    evidence = []
    endpoint = None
    command = server.get("command") or server.get("cmd")
    if isinstance(command, dict):
        command = [command.get("path", ""), *_words(command.get("args"))]
    if command:
        words = [*_words(command), *_words(server.get("args"))]
        evidence.append(Evidence("launches", shown(words)))
    url = next((server[key] for key in ("url", "serverUrl", "httpUrl", "uri") if isinstance(server.get(key), str)), "")
    if url:
        evidence.append(Evidence("connects", redact(url)))
        host = host_of(url)
        endpoint = Endpoint(host) if host else None
    evidence.extend(
        Evidence(block, ", ".join(sorted(map(str, server[block])))[:LONGEST])
        for block in ("env", "environment", "headers")
        if isinstance(server.get(block), dict) and server[block]
    )
    return tuple(evidence), endpoint


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [str(word) for word in value[:64] if isinstance(word, str | int | float)]
    return []


def shown(words: list[str]) -> str:
    """A command line with everything that may be a secret replaced by `…`."""
    out: list[str] = []
    hide = False
    for word in words:
        name, equals, value = word.partition("=")
        if hide:
            out.append("…")
            hide = False
        elif equals and (_SECRET.search(name) or _opaque(value)):
            out.append(f"{name}=…")
        elif word.startswith("-") and _SECRET.search(word):
            out.append(word)
            hide = True
        elif "://" in word:
            out.append(redact(word))
        elif _opaque(word):
            out.append("…")
        else:
            out.append(word)
    return " ".join(out)[:LONGEST]


def _opaque(word: str) -> bool:
    """True for what looks like a random token: long, with digits and letters, no path, no package name."""
    return bool(
        _OPAQUE.fullmatch(word)
        and re.search(r"\d", word)
        and re.search(r"[A-Za-z]", word)
        and not word.startswith(("/", ".", "@", "~"))
        and "/" not in word
    )
