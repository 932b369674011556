"""Checked with the strict validator of `cyclonedx-python-lib` (extra `json-validation`)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from msgspec import structs

from clearance.model.sighting import ScanResult
from clearance.prove.formats.rendering import RenderOptions
from clearance.prove.formats.scan.cyclonedx import render
from tests.prove.formats.sample import nothing_found, sample, seen
from tests.prove.formats.strategies import results

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_7)


def text(result: ScanResult) -> str:
    return render(result, RenderOptions())


def bill(result: ScanResult) -> Any:
    return json.loads(text(result))


def component(name: str, version: str | None = None) -> Any:
    return next(c for c in bill(sample())["components"] if c["name"] == name and c.get("version") == version)


def properties(part: Any, name: str) -> list[str]:
    return [p["value"] for p in part["properties"] if p["name"] == f"clearance:{name}"]


def validate(document: str) -> None:
    try:
        problem = VALIDATOR.validate_str(document)
    except ImportError as error:
        pytest.skip(f"cyclonedx-python-lib without its extra json-validation: {error}")
    assert problem is None, problem


@pytest.mark.parametrize("result", [sample(), nothing_found()])
def test_the_bill_passes_the_strict_validator(result: ScanResult) -> None:
    validate(text(result))


@settings(max_examples=30)
@given(result=results)
def test_a_hostile_host_makes_no_invalid_bill(result: ScanResult) -> None:
    validate(text(result))


def test_a_tool_is_a_component_for_each_version() -> None:
    versions = [c["version"] for c in bill(sample())["components"] if c["name"] == "Claude Code"]
    assert versions == ["2.1.196", "2.1.329"]
    assert component("Claude Code", "2.1.329")["supplier"] == {"name": "Anthropic"}
    assert properties(component("Claude Code", "2.1.329"), "effect") == ["block"]
    assert properties(component("Claude Code", "2.1.196"), "effect") == ["allow"]


def test_every_place_is_an_occurrence_of_one_component() -> None:
    seen_ = [
        o["bom-ref"]
        for c in bill(sample())["components"]
        for o in c["evidence"]["occurrences"]
        if o.get("bom-ref", "").startswith("sighting:")
    ]
    distant = {s.id for s in sample().sightings if s.endpoint and s.surface == "mcp-server"}
    assert sorted(seen_) == sorted(f"sighting:{s.id}" for s in sample().sightings if s.id not in distant)


def test_evidence_says_how_sure_and_by_what() -> None:
    (identity,) = component("Claude Code", "2.1.329")["evidence"]["identity"]
    assert (identity["field"], identity["confidence"]) == ("name", 1.0)
    techniques = {(m["technique"], m["confidence"]) for m in identity["methods"]}
    assert ("binary-analysis", 1.0) in techniques
    env = [o for o in component("Claude Code", "2.1.329")["evidence"]["occurrences"] if o.get("line") == 3]
    assert [o["location"] for o in env] == ["/home/ana/src/shop/.env"]


def test_a_launched_server_is_a_component_and_a_distant_one_a_service() -> None:
    assert component("payments-db")["description"] == "MCP server of Claude Code"
    services = {s["name"]: s for s in bill(sample())["services"]}
    assert services["docs.example.com"]["description"] == "MCP server docs of Claude Code"
    assert services["docs.example.com"]["data"][0]["classification"] == "calls of the server's tools and their results"


def test_services_say_what_crosses_to_whom() -> None:
    services = {s["name"]: s for s in bill(sample())["services"]}
    relay, gateway = services["relay.example.net"], services["llm.corp.example.com"]
    assert (relay["x-trust-boundary"], properties(relay, "endpoint-class")) == (True, ["relay"])
    assert (gateway["x-trust-boundary"], properties(gateway, "endpoint-class")) == (False, ["cleared-gateway"])
    assert services["api2.cursor.sh"]["provider"] == {"name": "Anysphere"}
    assert relay["data"] == [{"classification": "source code, prompts and command output", "flow": "bi-directional"}]


def test_tools_depend_on_their_services_and_the_host_on_its_tools() -> None:
    graph = {d["ref"]: d.get("dependsOn", []) for d in bill(sample())["dependencies"]}
    assert "service:relay.example.net" in graph["tool:claude-code@2.1.329"]
    assert "tool:claude-code@2.1.329" in graph["host"]


def test_what_was_not_looked_at_is_in_the_bill() -> None:
    assert "/home/bo (permission denied)" in properties(bill(sample())["metadata"], "not-looked-at")


def test_the_serial_number_follows_from_the_content() -> None:
    assert bill(sample())["serialNumber"] == bill(sample())["serialNumber"]
    later = structs.replace(sample(), finished="2026-11-22T09:30:00Z")
    assert bill(later)["serialNumber"] != bill(sample())["serialNumber"]


def test_an_unknown_agent_carries_its_score() -> None:
    (identity,) = component("notes")["evidence"]["identity"]
    assert identity["confidence"] == 0.86
    assert properties(component("notes"), "trait") == ["3 model hosts", "LLM SDK", "tool-use prompt"]


def test_a_time_that_is_none_is_not_taken_from_the_clock() -> None:
    document = text(nothing_found(finished="soon"))
    assert json.loads(document)["metadata"]["timestamp"] == "1970-01-01T00:00:00+00:00"
    validate(document)


def test_a_version_of_any_length_is_cut_to_what_the_standard_allows() -> None:
    validate(text(nothing_found(sightings=(seen("q", "binary", "/q", None, version="\udcff" * 3000),))))
