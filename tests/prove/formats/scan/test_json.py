from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from msgspec import structs

from clearance.model.sighting import ScanResult
from clearance.prove.formats.escape import unscalar
from clearance.prove.formats.rendering import RenderOptions
from clearance.prove.formats.scan.json import document, render, schema, schema_text
from tests.prove.formats.sample import OPTIONS, nothing_found, sample, seen
from tests.prove.formats.strategies import results

ROOT = Path(__file__).parents[4]


def rendered(result: ScanResult) -> Any:
    return json.loads(render(result, RenderOptions()))


def test_the_fields_are_those_of_the_contract_in_its_order() -> None:
    scan = rendered(sample())
    assert list(scan) == [
        "schema", "started", "finished", "host", "policy", "sightings", "unknown", "coverage", "skipped", "changes",
        "summary",
    ]  # fmt: skip
    assert scan["schema"] == "clearance/scan/v1"
    assert list(scan["host"]) == ["name", "os", "root"]
    assert list(scan["sightings"][2]) == [
        "id", "tool", "name", "surface", "path", "version", "user", "repository", "running", "pid", "endpoint",
        "confidence", "evidence", "switches", "decision", "suppressed", "deviations",
    ]  # fmt: skip
    assert scan["sightings"][2]["endpoint"] == {"host": "relay.example.net", "class": "relay"}
    assert list(scan["sightings"][0]["switches"][0]) == ["name", "state", "value", "where", "stops", "otherwise"]
    assert list(scan["unknown"][0])[:5] == ["id", "path", "score", "traits", "decision"]
    assert list(scan["coverage"][0]) == ["tool", "user", "state", "why"]
    assert list(scan["skipped"][0])[:3] == ["probe", "path", "reason"]
    assert list(scan["changes"]) == ["since", "new", "gone"]
    assert list(scan["summary"])[:6] == ["tools", "sightings", "blocked", "warned", "files_seen", "seconds"]


def test_a_decision_is_that_of_the_contract() -> None:
    decision = rendered(sample())["sightings"][0]["decision"]
    assert list(decision) == [
        "schema", "tool", "effect", "enforce", "rule", "waiver", "reason", "replacement", "message", "risk", "at",
        "upcoming", "undetermined", "policy",
    ]  # fmt: skip
    assert decision["replacement"] == {"tool": "qwen-code", "name": "Qwen Code", "command": "qwen"}
    cursor = next(s for s in rendered(sample())["sightings"] if s["tool"] == "cursor")
    assert cursor["decision"]["upcoming"] == {"rule": "editors-barred", "effect": "block", "from": "2027-01-01"}


def test_the_schema_in_the_repository_is_the_generated_one() -> None:
    assert (ROOT / "schemas" / "scan-v1.json").read_text("utf-8") == schema_text(), (
        "run: python -m clearance.prove.formats.scan.json > schemas/scan-v1.json"
    )


def test_the_example_in_the_repository_is_the_sample() -> None:
    assert (ROOT / "examples" / "scan.json").read_text("utf-8") == render(sample(), OPTIONS), (
        "run: python -m tests.prove.formats.sample > examples/scan.json"
    )


VALIDATOR = jsonschema_rs.validator_for(schema())


@settings(max_examples=80)
@given(result=results)
def test_every_result_fits_the_schema_and_keeps_its_names(result: ScanResult) -> None:
    scan = rendered(result)
    VALIDATOR.validate(scan)
    assert [unscalar(s["path"]) for s in scan["sightings"]] == [s.path for s in result.sightings]
    assert [unscalar(s["path"]) for s in scan["skipped"]] == [s.path for s in result.skipped]
    assert unscalar(scan["host"]["name"]) == result.host.name
    decided = [s["decision"] and unscalar(s["decision"]["reason"]) for s in scan["sightings"]]
    assert decided == [s.decision and s.decision.reason for s in result.sightings]


def test_the_schema_refuses_what_is_no_scan() -> None:
    good = document(sample())
    for wrong in (
        {**good, "schema": "clearance/scan/v2"},
        {**good, "sightings": [{**good["sightings"][0], "surface": "window"}]},
        {key: value for key, value in good.items() if key != "skipped"},
    ):
        assert not VALIDATOR.is_valid(wrong)


def test_a_name_that_is_not_utf_8_is_written_without_loss() -> None:
    path = b"/home/ana/caf\xe9\\x41\x1b[31m".decode("utf-8", "surrogateescape")
    result = nothing_found(sightings=(seen("q", "binary", path, None),))
    text = render(result, RenderOptions())
    assert r'"path": "/home/ana/caf\\xe9\\x5cx41\u001b[31m"' in text
    assert unscalar(json.loads(text)["sightings"][0]["path"]) == path


def test_settings_appear_where_a_decision_has_them() -> None:
    copilot = next(s for s in rendered(sample())["sightings"] if s["tool"] == "github-copilot")
    assert copilot["decision"]["settings"] == {"telemetry.telemetryLevel": "off", "github.copilot.enable": True}


def test_nothing_new_is_null() -> None:
    assert rendered(structs.replace(sample(), changes=None))["changes"] is None
