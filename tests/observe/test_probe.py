from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.catalog.index import Catalog
from clearance.observe.probe import (
    AgentTraits,
    Found,
    Home,
    Observation,
    Pattern,
    Probe,
    SettingRead,
    Span,
    sighting_id,
)
from clearance.observe.reader import BytesReader
from clearance.observe.scan import PROBES

SETTING = SettingRead("t", "switch", "telemetry", "false", "user", "/home/ana/.t/settings.json", "telemetry", "ana")
names = st.text(max_size=8)


def test_data_is_what_the_pattern_asked_for_and_no_more() -> None:
    reader = BytesReader(b"0123456789")
    assert Found("/f", Pattern("/f", read=4), reader).data() == b"0123"
    assert Found("/f", Pattern("/f", read=99), reader).data() == b"0123456789"
    assert Found("/f", Pattern("/f"), reader).data() == b""


def test_a_medium_that_fails_is_not_hidden_from_the_walk() -> None:
    class Broken:
        size = 10

        def read(self, offset: int, length: int) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        Found("/f", Pattern("/f", read=4), Broken()).data()


@pytest.mark.parametrize(
    "value",
    [
        SETTING,
        AgentTraits("/opt/a", 0.9, ("bin",), "ana"),
        Span("t", None, "sessions", "/home/ana/.t/s.jsonl", 7, 0.5),
        Pattern("~/.t/*", read=10, tool="t"),
        Home("ana", "/home/ana"),
    ],
)
def test_what_crosses_a_process_boundary_arrives_as_it_left(value: msgspec.Struct) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=type(value)) == value
    assert value.__struct_config__.frozen


def test_an_id_is_the_same_from_run_to_run() -> None:
    assert sighting_id("claude-code", "binary", "/usr/bin/claude", "ana") == "038fabb998d48c41"


@given(st.tuples(names, names, names, names, names), st.tuples(names, names, names, names, names))
def test_two_things_or_two_places_have_two_ids(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    same = one == other
    assert (sighting_id(*one) == sighting_id(*other)) is same or "\0" in "".join((*one, *other))


def test_a_name_that_is_not_utf_8_has_an_id() -> None:
    assert sighting_id("t", "binary", "/opt/\udcff") != sighting_id("t", "binary", "/opt/\udcfe")
    assert sighting_id("t", "binary", "/opt/x") == sighting_id("t", "binary", "/opt/x", None, "")


def test_a_probe_is_whatever_has_a_name_patterns_and_a_parse() -> None:
    class Own:
        name = "own"

        def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
            return (Pattern("~/.own/config.json", read=100, tool=next(iter(catalog.tools), "")),)

        def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
            yield SETTING

    own: Probe = Own()
    assert {type(probe.name) for probe in (*PROBES, own)} == {str}
