"""Packages of conda and mamba, by the record that each leaves in its environment's `conda-meta`."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.model.tool import Tool
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import package, sighting, text
from clearance.observe.urls import redact

LIMIT: Final = 16 << 20
"""Bytes. A record lists every file of its package; the name comes after that list."""

ENVIRONMENTS: Final = (
    "~/*conda*",
    "~/*forge*",
    "~/*conda*/envs/*",
    "~/*forge*/envs/*",
    "~/.conda/envs/*",
    "/opt/*",
    "/opt/*/envs/*",
    "/usr/share/*conda*",
    "~/*/.conda",
    "~/*/*/.conda",
    "~/*/.pixi/envs/*",
    "~/*/*/.pixi/envs/*",
    "~/.pixi/envs/*",
)


class Entry(msgspec.Struct, frozen=True):
    """What the probe asks of a record. Values may be of any kind."""

    name: Any = None
    version: Any = None
    channel: Any = None


class CondaPackages:
    """`surface: package`, from `conda-meta/NAME-VERSION-BUILD.json`."""

    name = "conda-packages"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The usual environments by name, and a `conda-meta` anywhere."""
        return tuple(Pattern(f"{environment}/conda-meta/*.json", read=LIMIT) for environment in ENVIRONMENTS)

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting. Only records whose file name is a tool's are read."""
        parts = posixpath.basename(found.path).rsplit("-", 2)
        if len(parts) != 3 or not _tool(catalog, parts[0]):
            return
        try:
            entry = msgspec.json.decode(found.data(), type=Entry)
        except (ValueError, RecursionError) as error:
            yield Skipped(self.name, found.path, f"not valid JSON: {str(error)[:100]}")
            return
        name, version = text(entry.name), text(entry.version)
        tool = _tool(catalog, name)
        if tool:
            evidence = [Evidence("conda-meta", f"{name} {version}"[:200])]
            if isinstance(entry.channel, str) and entry.channel:
                channel = redact(entry.channel) if "://" in entry.channel else text(entry.channel)
                evidence.append(Evidence("channel", channel))
            yield sighting(found, tool, "package", found.path, "strong", evidence, version=version)


def _tool(catalog: Catalog, name: str) -> Tool | None:
    # conda-forge builds PyPI's packages under PyPI's names.
    return package(catalog, "conda", name) or package(catalog, "pypi", name)
