"""Small values for tests: tools with just the surfaces that a test is about, and paths that a walk would have found."""

from __future__ import annotations

import datetime as dt
from typing import Any

from clearance.catalog.index import Catalog
from clearance.model.tool import DataHandling, Fact, Location, Surfaces, Switch, Tool, Vendor
from clearance.observe.probe import Found, Home, Pattern
from clearance.observe.reader import BytesReader

CHECKED = dt.date(2026, 11, 21)
ANA = Home("ana", "/home/ana")


def fact(value: Any) -> Fact[Any]:
    return Fact(value=value, checked=CHECKED, source=("a test",))


def data_handling(**facts: Any) -> DataHandling:
    values: dict[str, Any] = {
        "deployment": "cloud",
        "residency": ("us",),
        "retention": 30,
        "training": "never",
        "telemetry": "on",
        "models": ("m",),
        "price": "mixed",
        "guarantees": ("unknown",),
        "attestations": ("unknown",),
        "availability": "unknown",
    } | facts
    facts_: dict[str, Any] = {name: fact(value) for name, value in values.items()}
    return DataHandling(**facts_)


def tool(
    tool_id: str, *, switches: tuple[Switch, ...] = (), data: dict[str, Any] | None = None, **surfaces: Any
) -> Tool:
    return Tool(
        id=tool_id,
        name=tool_id.title(),
        vendor=fact(Vendor("Vendor", "US")),
        kind=fact(("coding-agent",)),
        data=data_handling(**(data or {})),
        surfaces=Surfaces(**{name: fact(value) for name, value in surfaces.items()}),
        switches=switches,
    )


def catalog(*tools: Tool) -> Catalog:
    return Catalog(tools)


def location(path: str, **fields: Any) -> Location:
    return Location(path, **fields)


def found(pattern: Pattern, path: str, data: bytes = b"", *, home: Home | None = ANA, **fields: Any) -> Found:
    """What the walk hands to a probe for this path with these bytes."""
    return Found(path, pattern, BytesReader(data), home=home, size=fields.pop("size", len(data)), **fields)
