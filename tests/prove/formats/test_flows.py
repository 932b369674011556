from __future__ import annotations

from clearance.model.sighting import Sighting, SwitchState
from clearance.prove.formats.flows import MOST, TOPIC_WORDS, flows, topic_states
from clearance.prove.formats.outline import ToolGroup, tool_groups
from tests.prove.formats.sample import seen


def group(*sightings: Sighting) -> ToolGroup:
    (only,) = tool_groups(sightings, ())
    return only


def state(name: str, now: str, value: str, stops: str) -> SwitchState:
    return SwitchState(name, now, value, "", stops)  # type: ignore[arg-type]


def test_flows_say_what_leaves_the_machine() -> None:
    switches = (
        state("a", "on", "1", "telemetry"),
        state("b", "default", "on", "training"),
        state("c", "default", "unknown", "indexing"),
        state("d", "off", "0", "error-reports"),
        state("e", "default", "off", "sharing"),
        state("f", "off", "0", "web-search"),
        state("g", "default", "on", "web-search"),
    )
    one = group(seen("q", "binary", "/q", None, user="ana", switches=switches))
    assert flows(one) == (
        "indexing not set (default unknown), training opt-out not set, telemetry on, web search partly on"
    )


def test_flows_differ_by_person() -> None:
    on = seen("q", "binary", "/a", None, user="ana", switches=(state("a", "on", "1", "telemetry"),))
    off = seen("q", "binary", "/b", None, user="bo", switches=(state("a", "off", "0", "telemetry"),))
    assert flows(group(on, off)) == "ana: telemetry on; bo: nothing known"
    assert flows(group(off)) == ""


def test_states_are_by_person_and_weightiest_first() -> None:
    switches = (state("a", "on", "1", "telemetry"), state("b", "default", "unknown", "file-content"))
    one = group(seen("q", "binary", "/a", None, switches=switches))
    assert topic_states(one) == {"": {"file-content": "unknown", "telemetry": "on"}}
    assert list(topic_states(one)[""]) == ["file-content", "telemetry"]


def test_the_weightiest_topics_are_named_and_the_rest_counted() -> None:
    switches = tuple(state(topic, "on", "1", topic) for topic in TOPIC_WORDS)
    one = group(seen("q", "binary", "/a", None, switches=switches))
    assert flows(one).startswith("file content on, snapshot upload on, indexing on, training on, and ")
    assert flows(one).endswith(f"and {len(switches) - MOST} more")
    assert "more" not in flows(one, len(switches))
    fits = group(seen("q", "binary", "/a", None, switches=switches[: MOST + 1]))
    assert "more" not in flows(fits)
