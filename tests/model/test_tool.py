"""The structs of a catalog entry: frozen, closed, and the same after a trip through JSON and MessagePack."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from clearance.model.tool import Fact, Location, Shared, Tool
from tests.catalog.sample import shared, tool


def test_an_entry_survives_json_and_msgpack() -> None:
    assert msgspec.json.decode(msgspec.json.encode(tool()), type=Tool) == tool()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(tool()), type=Tool) == tool()
    assert msgspec.json.decode(msgspec.json.encode(shared()), type=Shared) == shared()


def test_values_are_frozen_and_can_be_keys() -> None:
    place = Location("~/.acme/settings.json", format="json")
    with pytest.raises(AttributeError):
        place.path = "/etc/x"  # type: ignore[misc]
    assert {place, Location("~/.acme/settings.json", format="json")} == {place}


def test_a_field_that_nobody_knows_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"path": "~/x", "kind": "json"}, Location)


def test_defaults_are_left_out_of_documents() -> None:
    assert msgspec.to_builtins(Location("~/x")) == {"path": "~/x"}
    fact = Fact("unknown", dt.date(2026, 11, 21))
    assert msgspec.to_builtins(fact) == {"value": "unknown", "checked": "2026-11-21"}
