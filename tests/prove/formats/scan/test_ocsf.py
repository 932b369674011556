"""Findings are checked against the OCSF 1.9.0 schema of their class (`schemas/README.md`). No package holds that of the
scan event: it is checked against the 1.8.0 schema of its class, as released, and against the same with every object and
common attribute that the 1.9.0 schema has. The class itself and its `scan` object are the same in both versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from msgspec import structs

from clearance.model.sighting import Host, ScanResult
from clearance.prove.formats.rendering import RenderOptions
from clearance.prove.formats.scan.ocsf import render
from tests.prove.formats.sample import nothing_found, sample, seen
from tests.prove.formats.strategies import results

SCHEMAS = Path(__file__).parents[1] / "schemas"
FINDING = jsonschema_rs.validator_for(json.loads((SCHEMAS / "ocsf-1.9.0-detection_finding.schema.json").read_text()))


def events(result: ScanResult) -> list[Any]:
    return [json.loads(line) for line in render(result, RenderOptions()).split("\n")[:-1]]


def findings(result: ScanResult) -> dict[str, Any]:
    return {event["finding_info"]["uid"]: event for event in events(result)[1:]}


OF_THE_CLASS = {
    "activity_id", "activity_name", "category_name", "category_uid", "class_name", "class_uid", "status_id",
    "type_name", "type_uid",
}  # fmt: skip
"""Attributes that every class defines for itself."""


@pytest.fixture(scope="module", params=["1.8.0", "1.9.0"])
def scan_activity(request: pytest.FixtureRequest) -> Any:
    package = pytest.importorskip("ocsf_json_schema", reason="PyPI ocsf-json-schema is not installed")
    schema = package.OcsfJsonSchemaEmbedded(package.get_ocsf_schema(version="1.8.0"))
    of_class = schema.get_class_schema(class_name="scan_activity", profiles=["host"])
    if request.param == "1.9.0":
        newer = json.loads((SCHEMAS / "ocsf-1.9.0-detection_finding.schema.json").read_text())
        for part, keep in (("$defs", set()), ("properties", OF_THE_CLASS)):
            shared = (of_class[part].keys() & newer[part].keys()) - keep
            assert {"device", "metadata"} <= shared
            of_class[part] |= {name: newer[part][name] for name in shared}
        # An object of the newer version may refer to one that the older does not have.
        of_class["$defs"] = newer["$defs"] | of_class["$defs"]
    return jsonschema_rs.validator_for(of_class)


@pytest.mark.parametrize("result", [sample(), nothing_found()])
def test_findings_fit_the_schema(result: ScanResult) -> None:
    for event in events(result)[1:]:
        FINDING.validate(event)


@pytest.mark.parametrize("result", [sample(), nothing_found()])
def test_the_scan_event_fits_the_schema(result: ScanResult, scan_activity: Any) -> None:
    scan_activity.validate(events(result)[0])


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(result=results)
def test_a_hostile_host_makes_no_invalid_event(result: ScanResult) -> None:
    first, *others = events(result)
    assert first["class_uid"] == 6007
    for event in others:
        FINDING.validate(event)


@settings(max_examples=30)
@given(result=results)
def test_a_hostile_host_makes_no_invalid_scan_event(scan_activity: Any, result: ScanResult) -> None:
    scan_activity.validate(events(result)[0])


def test_the_schema_of_the_scan_event_is_strict_enough_to_notice(scan_activity: Any) -> None:
    event = events(sample())[0]
    for wrong in ({"verdict": "bad"}, {"activity_id": 11}, {"metadata": {"version": "1.9.0"}}, {"device": {"os": 1}}):
        assert not scan_activity.is_valid(event | wrong)


def test_the_schema_is_strict_enough_to_notice() -> None:
    event = events(sample())[1]
    assert not FINDING.is_valid({**event, "verdict": "bad"})
    assert not FINDING.is_valid({**event, "severity_id": 7})


def test_one_event_a_line_the_scan_first() -> None:
    text = render(sample(), RenderOptions())
    assert text.count("\n") == 1 + len(sample().sightings) + len(sample().unknown) + 1
    assert [event["class_uid"] for event in events(sample())] == [6007] + [2004] * (text.count("\n") - 1)
    for event in events(sample()):
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event["metadata"]["version"] == "1.9.0"
        assert event["time"] == 1795253400712


def test_the_scan_says_how_much_was_looked_at_and_what_was_not() -> None:
    scan = events(sample())[0]
    assert (scan["num_files"], scan["num_processes"], scan["num_skipped_items"]) == (212_408, 141, 4)
    assert (scan["status_id"], scan["status"]) == (99, "Incomplete")
    assert scan["duration"] == 712
    assert scan["unmapped"]["not_looked_at"][0]["path"] == "/home/bo"
    assert events(nothing_found())[0]["status_id"] == 1


def test_what_is_barred_is_an_alert_by_its_risk() -> None:
    found = findings(sample())
    told = {
        (s.tool, found[s.id]["severity"], found[s.id]["is_alert"], found[s.id]["status"]) for s in sample().sightings
    }
    assert told == {
        ("claude-code", "High", True, "New"), ("claude-code", "Informational", False, "New"),
        ("windsurf", "High", True, "New"), ("cursor", "Medium", True, "New"), ("codex", "Medium", True, "New"),
        ("codex", "Medium", False, "Suppressed"), ("github-copilot", "Low", False, "New"),
            ("github-copilot", "Medium", True, "New"),
        ("qwen-code", "Informational", False, "New"), ("aider", "Informational", False, "New"),
        ("ollama", "Informational", False, "New"),
    }  # fmt: skip


def test_findings_have_a_life() -> None:
    found = findings(sample())
    assert found[sample().sightings[2].id]["activity_name"] == "Create"
    assert found[sample().sightings[0].id]["activity_name"] == "Update"
    gone = found["00ff00ff00ff00ff"]
    assert (gone["activity_name"], gone["status"], gone["is_alert"]) == ("Close", "Resolved", False)
    first = findings(structs.replace(sample(), changes=None))
    assert {event["activity_name"] for event in first.values()} == {"Create"}


def test_evidence_names_the_agent_the_file_the_process_and_the_person() -> None:
    (evidence,) = findings(sample())[sample().sightings[0].id]["evidences"]
    assert evidence["ai_agent"]["uid"] == "claude-code"
    assert evidence["ai_agent"]["version"] == "2.1.329"
    assert evidence["file"]["path"] == "/home/ana/.local/bin/claude"
    assert evidence["process"] == {"pid": 4121}
    assert evidence["user"] == {"name": "ana"}
    (relay,) = findings(sample())[sample().sightings[2].id]["evidences"]
    assert relay["dst_endpoint"] == {"hostname": "relay.example.net"}


def test_a_model_server_is_no_agent() -> None:
    ollama = next(s for s in sample().sightings if s.tool == "ollama")
    assert "ai_agent" not in findings(sample())[ollama.id]["evidences"][0]


def test_observables_point_to_what_they_repeat() -> None:
    event = findings(sample())[sample().sightings[2].id]
    values = {o["name"]: o["value"] for o in event["observables"]}
    assert values == {
        "device.hostname": event["device"]["hostname"],
        "evidences[0].user.name": event["evidences"][0]["user"]["name"],
        "evidences[0].file.path": event["evidences"][0]["file"]["path"],
        "evidences[0].dst_endpoint.hostname": event["evidences"][0]["dst_endpoint"]["hostname"],
    }


@pytest.mark.parametrize(("os", "number"), [("windows", 100), ("linux", 200), ("macos", 300)])
def test_the_device_has_its_system(os: Any, number: int) -> None:
    result = nothing_found(host=Host("h", os, "/"), sightings=(seen("q", "binary", "/q", None),))
    assert events(result)[1]["device"]["os"]["type_id"] == number


def test_an_unreadable_time_is_zero_and_a_naive_one_is_utc() -> None:
    assert events(nothing_found(finished="soon"))[0]["time"] == 0
    assert events(nothing_found(finished="2026-11-21T09:30:00"))[0]["time"] == 1795253400000
