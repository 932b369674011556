"""Values in the tools' own settings documents: data switches, base URLs, and variables that a document sets.

Which value is in force for a user (managed over user over project over default) is settled later, in `settle.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from clearance.catalog.index import Catalog
from clearance.model.terms import Scope
from clearance.model.tool import Location, Setter, Switch, Tool
from clearance.observe import documents
from clearance.observe.probe import Found, Observation, Pattern, SettingRead
from clearance.observe.scan.configuration import DOCUMENTS
from clearance.observe.scan.places import floating, project_of, user_of
from clearance.observe.scan.variables import meanings, reads
from clearance.observe.urls import redact

TABLE: Final = "(a table)"
"""What a switch is said to be set to where a document gives it a table, whose content may be secret."""

ENV_BLOCKS: Final = ("env", "environment")


def format_of(path: str) -> str:
    """How a settings file is written, by its name's ending."""
    ending = path.rstrip("/").rpartition(".")[2].lower()
    return {"toml": "toml", "yaml": "yaml", "yml": "yaml", "plist": "plist", "conf": "toml"}.get(ending, "jsonc")


class ToolSettings:
    """Readings of settings documents. A document that does not parse is reported by the probe `configuration`."""

    name = "tool-settings"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Every document in which a switch or a base URL of a tool can be set, once a tool."""
        wanted: dict[tuple[str, str], Pattern] = {}
        for tool in catalog.tools.values():
            for path, scope, kind in _places(tool):
                glob = floating(path)
                wanted.setdefault(
                    (tool.id, glob), Pattern(glob, read=documents.LIMIT + 1, tool=tool.id, scope=scope, tag=kind)
                )
        return tuple(wanted.values())

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """A `SettingRead` for each value found."""
        if found.folder:
            return
        try:
            document = documents.parse(found.data(), found.pattern.tag)
        except ValueError:
            return
        tool = catalog.tools[found.pattern.tool]
        yield from _switches(tool, document, found)
        yield from _base_urls(tool, document, found)
        yield from _variables(tool, document, found, catalog)


def _places(tool: Tool) -> Iterator[tuple[str, Scope, str]]:
    for switch in tool.switches:
        for setter in switch.set:
            if setter.where != "env":
                yield setter.where, setter.scope, format_of(setter.where)
    for fact in (tool.surfaces.base_url_settings, tool.surfaces.config):
        for place in fact.value if fact else ():
            if place.format in DOCUMENTS:
                yield place.path, place.scope, place.format


def _read(found: Found, tool: Tool, what: str, name: str, value: str, key: str) -> SettingRead:
    return SettingRead(
        tool=tool.id,
        what="switch" if what == "switch" else "base-url",
        name=name,
        value=value,
        scope=found.pattern.scope,
        path=found.path,
        key=key,
        user=user_of(found),
        folder=project_of(found) or "",
    )


def _switches(tool: Tool, document: Any, found: Found) -> Iterator[SettingRead]:
    for switch, setter in _setters(tool, found.pattern.glob):
        for key, value in documents.lookup_all(document, setter.key):
            if isinstance(value, bool):
                yield _read(found, tool, "switch", switch.name, "true" if value else "false", key)
            elif isinstance(value, str | int | float):
                yield _read(found, tool, "switch", switch.name, str(value)[:100], key)
            elif isinstance(value, dict) and value and not setter.key.endswith("*"):
                # An exporter with its address: set, and to none of the words that stop the flow.
                yield _read(found, tool, "switch", switch.name, TABLE, key)


def _setters(tool: Tool, glob: str) -> Iterator[tuple[Switch, Setter]]:
    for switch in tool.switches:
        for setter in switch.set:
            if setter.where != "env" and floating(setter.where) == glob:
                yield switch, setter


def _base_urls(tool: Tool, document: Any, found: Found) -> Iterator[SettingRead]:
    places: tuple[Location, ...] = tool.surfaces.base_url_settings.value if tool.surfaces.base_url_settings else ()
    for place in places:
        if place.key and floating(place.path) == found.pattern.glob:
            for key, value in documents.lookup_all(document, place.key):
                if isinstance(value, str) and value:
                    yield _read(found, tool, "base-url", place.key, redact(value), key)


def _variables(tool: Tool, document: Any, found: Found, catalog: Catalog) -> Iterator[SettingRead]:
    """Several tools set variables for themselves in an `env` object of their settings."""
    if not isinstance(document, dict):
        return
    for block in ENV_BLOCKS:
        table = document.get(block)
        if not isinstance(table, dict):
            continue
        known = meanings(catalog)
        for name, value in table.items():
            if isinstance(value, str | int | float | bool):
                text = ("true" if value else "false") if isinstance(value, bool) else str(value)
                for reading in reads(str(name), text, known, _read(found, tool, "switch", "", "", "")):
                    if reading.tool == tool.id:
                        yield reading
