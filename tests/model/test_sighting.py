from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clearance.model.sighting import Coverage, Endpoint, ScanResult, Sighting, Skipped, SwitchState, Unknown
from tests.prove.formats.sample import sample

SEEN = Sighting("i", "t", "T", "binary", "/opt/t", "certain")


@pytest.mark.parametrize("fmt", [msgspec.json, msgspec.msgpack])
def test_a_result_crosses_a_process_boundary_unchanged(fmt: Any) -> None:
    assert fmt.decode(fmt.encode(sample()), type=ScanResult) == sample()


def test_what_was_not_seen_is_nothing() -> None:
    given = ("id", "tool", "name", "surface", "path", "confidence")
    rest = {name: value for name, value in msgspec.structs.asdict(SEEN).items() if name not in given}
    assert {name for name, value in rest.items() if value not in (None, (), False)} == set()
    agent = Unknown("i", "/opt/a", 0.9, ("bin",))
    assert (agent.user, agent.decision, agent.suppressed) == (None, None, None)


def test_what_was_not_looked_at_matters_unless_somebody_says_otherwise() -> None:
    assert Skipped("walk", "/home/bo", "permission denied").matters


def test_an_endpoint_is_of_an_unknown_class_until_it_is_known() -> None:
    assert msgspec.to_builtins(Endpoint("h.example")) == {"host": "h.example", "class": "unknown"}
    assert msgspec.convert({"host": "h.example", "class": "relay"}, Endpoint) == Endpoint("h.example", "relay")


def test_a_sighting_cannot_be_changed_and_can_be_a_key() -> None:
    with pytest.raises(AttributeError):
        SEEN.path = "/elsewhere"  # type: ignore[misc]
    assert {SEEN} == {Sighting("i", "t", "T", "binary", "/opt/t", "certain")}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Sighting, {"id": "i", "tool": "t", "name": "T", "surface": "program", "path": "/", "confidence": "certain"}),
        (Sighting, {"id": "i", "tool": "t", "name": "T", "surface": "binary", "path": "/", "confidence": "sure"}),
        (Endpoint, {"host": "h", "class": "somewhere"}),
        (SwitchState, {"name": "n", "state": "maybe", "value": "", "where": "", "stops": "telemetry"}),
        (SwitchState, {"name": "n", "state": "on", "value": "", "where": "", "stops": "everything"}),
        (Coverage, {"tool": "t", "user": "u", "state": "clean"}),
        (Unknown, {"id": "i", "path": "/a", "score": "high", "traits": []}),
    ],
)
def test_words_that_nobody_knows_are_refused(kind: type, values: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(values, kind)
