"""The catalog in memory: all tools, and look-ups by what a probe holds in its hand. Pure.

A name never decides that something *is* a tool; look-ups by name say which tool to suspect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from clearance.model.terms import EndpointClass
from clearance.model.tool import Fact, Shared, Tool


class Catalog:
    """All tools, indexed. `tools` is in id order; `shared` is what belongs to none of them.

    `hosts` says what kind of place a host (a glob) is for every tool alike: a cloud provider's models or a relay.
    """

    def __init__(self, tools: Iterable[Tool], shared: Shared | None = None) -> None:
        self.tools: dict[str, Tool] = {tool.id: tool for tool in sorted(tools, key=lambda t: t.id)}
        self.shared = shared
        self.hosts: dict[str, EndpointClass] = {}
        if shared:
            self.hosts.update(dict.fromkeys(shared.cloud_hosts.value, "cloud-provider"))
            self.hosts.update(dict.fromkeys(shared.relay_hosts.value, "relay"))
        self.by_package = self._index("packages")
        self.by_library = self._index("libraries")
        self.by_extension = {key.lower(): tool for key, tool in self._index("extensions").items()}
        self.by_binary = self._index_many("binaries")
        self.by_host = self._index_many("hosts")
        self.by_base_url_env = self._index_many("base_url_env")
        self.by_credential_env = self._index_many("credential_env")
        self.by_port = self._by_port()
        self._aliases = {alias.lower(): tool for tool in self.tools.values() for alias in tool.aliases}

    def tool(self, tool_id: str) -> Tool | None:
        """The tool of this id or alias."""
        return self.tools.get(tool_id) or self._aliases.get(tool_id.lower())

    def extension(self, editor: str, extension_id: str) -> Tool | None:
        """The tool of an editor's or browser's extension. Ids are compared without case, as the editors do."""
        return self.by_extension.get(f"{editor}:{extension_id}".lower())

    def at_host(self, host: str) -> tuple[Tool, ...]:
        """The tools whose vendor's own host this is: named in full, or by a glob of which `*` stands for any text."""
        name = host.lower().rstrip(".")
        found = [*self.by_host.get(name, ()), *(tool for glob, tool in self._globs if glob.fullmatch(name))]
        return tuple({tool.id: tool for tool in found}.values())

    @cached_property
    def _globs(self) -> tuple[tuple[re.Pattern[str], Tool], ...]:
        return tuple(
            (re.compile(re.escape(host).replace(r"\*", ".*")), tool)
            for host, owners in self.by_host.items()
            if "*" in host
            for tool in owners
        )

    def _index(self, surface: str) -> dict[str, Tool]:
        return {value: tool for tool in self.tools.values() for value in values(getattr(tool.surfaces, surface))}

    def _index_many(self, surface: str) -> dict[str, tuple[Tool, ...]]:
        index: dict[str, tuple[Tool, ...]] = {}
        for tool in self.tools.values():
            for value in values(getattr(tool.surfaces, surface)):
                index[value] = (*index.get(value, ()), tool)
        return index

    def _by_port(self) -> dict[int, tuple[Tool, ...]]:
        index: dict[int, tuple[Tool, ...]] = {}
        for tool in self.tools.values():
            for port in tool.surfaces.ports.value if tool.surfaces.ports else ():
                index[port] = (*index.get(port, ()), tool)
        return index


def values(fact: Fact[tuple[str, ...]] | None) -> tuple[str, ...]:
    """A fact's values; none where nobody looked."""
    return fact.value if fact else ()
