"""The catalog in memory: all tools, and look-ups by what a probe holds in its hand. Pure.

A name never decides that something *is* a tool; look-ups by name say which tool to suspect.
"""

from __future__ import annotations

from collections.abc import Iterable

from clearance.model.tool import Fact, Tool


class Catalog:
    """All tools, indexed. `tools` is in id order."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self.tools: dict[str, Tool] = {tool.id: tool for tool in sorted(tools, key=lambda t: t.id)}
        self.by_package = self._index("packages")
        self.by_library = self._index("libraries")
        self.by_extension = {key.lower(): tool for key, tool in self._index("extensions").items()}
        self.by_binary = self._index_many("binaries")
        self.by_host = self._index_many("hosts")
        self.by_base_url_env = self._index_many("base_url_env")
        self.by_credential_env = self._index_many("credential_env")

    def tool(self, tool_id: str) -> Tool | None:
        """The tool of this id or alias."""
        return self.tools.get(tool_id)

    def _index(self, surface: str) -> dict[str, Tool]:
        return {value: tool for tool in self.tools.values() for value in values(getattr(tool.surfaces, surface))}

    def _index_many(self, surface: str) -> dict[str, tuple[Tool, ...]]:
        index: dict[str, tuple[Tool, ...]] = {}
        for tool in self.tools.values():
            for value in values(getattr(tool.surfaces, surface)):
                index[value] = (*index.get(value, ()), tool)
        return index


def values(fact: Fact[tuple[str, ...]] | None) -> tuple[str, ...]:
    """A fact's values; none where nobody looked."""
    return fact.value if fact else ()
