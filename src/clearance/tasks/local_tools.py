"""The catalog with the company's own tools in it, as the directive's `tools` names them.

A tool that only the directive knows is found by its packages, which are a registry's names, and suspected at the usual
places under the names of its binaries; what it is, the directive says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from msgspec import structs

from clearance.catalog.index import Catalog, values
from clearance.model.directive import LocalTool
from clearance.model.terms import UNKNOWN, Kind
from clearance.model.tool import DataHandling, Fact, Surfaces, Tool, Vendor

SOURCE: Final = ("the directive in force",)
PLACES: Final = ("~/.local/bin/", "~/bin/", "/usr/local/bin/", "/usr/bin/", "/opt/*/bin/")


def with_local(catalog: Catalog, local: Sequence[LocalTool], today: dt.date) -> Catalog:
    """The catalog, and in it every tool of the directive that names binaries, packages or hosts."""
    named = [
        entry for entry in local if entry.id not in catalog.tools or entry.binaries or entry.packages or entry.hosts
    ]
    if not named:
        return catalog
    tools = dict(catalog.tools)
    for entry in named:
        known = tools.get(entry.id)
        tools[entry.id] = _made(entry, today) if known is None else _joined(known, entry, today)
    return Catalog(tools.values(), catalog.shared)


def _joined(tool: Tool, entry: LocalTool, today: dt.date) -> Tool:
    """A tool of the catalog that shows in ways of the company's own too."""
    surfaces = tool.surfaces
    for name, more in (("binaries", entry.binaries), ("packages", entry.packages), ("hosts", entry.hosts)):
        if more:
            both = tuple(dict.fromkeys((*values(getattr(surfaces, name)), *more)))
            surfaces = structs.replace(surfaces, **{name: Fact(value=both, checked=today, source=SOURCE)})
    return structs.replace(tool, surfaces=surfaces)


def _made(entry: LocalTool, today: dt.date) -> Tool:
    kinds: tuple[Kind, ...] = (entry.kind,) if isinstance(entry.kind, str) else entry.kind or ()
    installs = tuple(f"{place}{binary}" for binary in entry.binaries for place in PLACES)
    unknown: Fact[tuple[str, ...]] = Fact(value=(UNKNOWN,), checked=today)
    return Tool(
        id=entry.id,
        name=entry.name or entry.id,
        vendor=Fact(value=Vendor(entry.vendor or UNKNOWN, entry.country or UNKNOWN), checked=today, source=SOURCE),
        kind=Fact(value=kinds, checked=today, source=SOURCE),
        command=entry.command or (entry.binaries[0] if entry.binaries else ""),
        data=DataHandling(
            deployment=Fact(value=entry.deployment or UNKNOWN, checked=today, source=SOURCE),
            residency=Fact(value=entry.residency or (UNKNOWN,), checked=today, source=SOURCE),
            retention=Fact(value=UNKNOWN if entry.retention is None else entry.retention, checked=today, source=SOURCE),
            training=Fact(value=entry.training or UNKNOWN, checked=today, source=SOURCE),
            telemetry=Fact(value=UNKNOWN, checked=today),
            models=unknown,
            price=Fact(value=UNKNOWN, checked=today),
            guarantees=unknown,
            attestations=unknown,
            availability=Fact(value=UNKNOWN, checked=today),
        ),
        surfaces=Surfaces(
            binaries=_fact(entry.binaries, today),
            packages=_fact(entry.packages, today),
            hosts=_fact(entry.hosts, today),
            installs=_fact(installs, today),
        ),
    )


def _fact(names: tuple[str, ...], today: dt.date) -> Fact[tuple[str, ...]] | None:
    return Fact(value=names, checked=today, source=SOURCE) if names else None
