"""Checked against the standard's own JSON schema (`schemas/README.md`), formats such as `uri` included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema_rs
import pytest
from hypothesis import given, settings
from msgspec import structs

from clearance.model.sighting import Host, ScanResult
from clearance.prove.formats.rendering import RenderOptions
from clearance.prove.formats.scan.sarif import FINGERPRINT, render
from tests.prove.formats.sample import CLAUDE, OPTIONS, nothing_found, sample, seen
from tests.prove.formats.strategies import results

SCHEMA = json.loads((Path(__file__).parents[1] / "schemas" / "sarif-schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)


def log(result: ScanResult, **options: Any) -> Any:
    return json.loads(render(result, structs.replace(OPTIONS, **options)))


def run(result: ScanResult, **options: Any) -> Any:
    (only,) = log(result, **options)["runs"]
    return only


@pytest.mark.parametrize("result", [sample(), nothing_found()])
@pytest.mark.parametrize("verbose", [False, True])
def test_the_log_fits_the_standards_schema(result: ScanResult, verbose: bool) -> None:
    VALIDATOR.validate(log(result, verbose=verbose))


@settings(max_examples=60)
@given(result=results)
def test_a_hostile_host_makes_no_invalid_log(result: ScanResult) -> None:
    VALIDATOR.validate(log(result, verbose=True))


def test_the_schema_is_strict_enough_to_notice() -> None:
    broken = log(sample())
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(broken)


def test_what_is_simply_allowed_is_left_out_unless_asked_for() -> None:
    assert {r["properties"]["effect"] for r in run(sample())["results"]} == {"block", "warn", "allow-with-settings"}
    everything = run(sample(), verbose=True)["results"]
    assert len(everything) == len(sample().sightings) + len(sample().unknown)
    assert {r["kind"] for r in everything if r["properties"]["effect"] == "allow"} == {"pass"}


def test_levels_follow_the_effect() -> None:
    levels = {(r["properties"]["effect"], r["level"], r["kind"]) for r in run(sample(), verbose=True)["results"]}
    assert levels == {
        ("block", "error", "fail"), ("warn", "warning", "fail"), ("allow-with-settings", "note", "fail"),
            ("allow-with-settings", "warning", "fail"),
        ("allow", "none", "pass"),
    }  # fmt: skip


def test_rules_are_those_of_the_directive_and_results_point_to_them() -> None:
    only = run(sample())
    rules = only["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [
        "clearance:default", "copilot", "editors", "no-residency", "unknown-agents",
    ]  # fmt: skip
    for result in only["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert rules[3]["properties"]["security-severity"] == "8.0"
    assert rules[3]["helpUri"] == "https://intranet.example.com/ai-tools"


def test_what_no_directive_judged_has_a_built_in_rule() -> None:
    agent = structs.replace(sample().unknown[0], decision=None)
    result = nothing_found(sightings=(seen("q", "binary", "/q", None),), unknown=(agent,))
    assert [(r["ruleId"], r["level"]) for r in run(result)["results"]] == [
        ("clearance:not-judged", "note"), ("clearance:unknown-agent", "note"),
    ]  # fmt: skip


def test_the_fingerprint_is_the_sightings_id() -> None:
    found = [r["partialFingerprints"][FINGERPRINT] for r in run(sample(), verbose=True)["results"]]
    assert found == [s.id for s in sample().sightings] + [a.id for a in sample().unknown]


def test_a_line_is_a_region_and_a_socket_is_no_file() -> None:
    results_ = run(sample(), verbose=True)["results"]
    by_id = {r["partialFingerprints"][FINGERPRINT]: r["locations"][0] for r in results_}
    env, socket = sample().sightings[2], sample().sightings[-1]
    assert by_id[env.id]["physicalLocation"] == {
        "artifactLocation": {"uri": "home/ana/src/shop/.env", "uriBaseId": "HOST_ROOT"},
        "region": {"startLine": 3},
    }
    assert by_id[socket.id] == {"logicalLocations": [{"fullyQualifiedName": "127.0.0.1:11434", "kind": "socket"}]}


@pytest.mark.parametrize(
    ("root", "base"),
    [("/", "file:///"), ("/mnt/an image", "file:///mnt/an%20image/"), ("C:\\img", "file:///C%3A/img/")],
)
def test_uris_are_relative_to_the_root(root: str, base: str) -> None:
    result = structs.replace(sample(), host=Host("lab-7", "linux", root))
    assert run(result)["originalUriBaseIds"] == {"HOST_ROOT": {"uri": base}}


@pytest.mark.parametrize("name", [b"caf\xe9", "日本".encode(), b"a b#c?d%e:f", b"\x1b[31m"])
def test_a_uri_holds_the_very_bytes_of_a_name(name: bytes) -> None:
    path = b"/home/" + name
    result = nothing_found(sightings=(seen("q", "binary", path.decode("utf-8", "surrogateescape"), None),))
    location = run(result)["results"][0]["locations"][0]
    assert b"/" + unquote_to_bytes(location["physicalLocation"]["artifactLocation"]["uri"]) == path


def test_a_windows_path_is_a_uri_too() -> None:
    host = Host("pc", "windows", "/")
    result = nothing_found(host=host, sightings=(seen("q", "binary", "C:\\Users\\ana\\q.exe", None),))
    location = run(result)["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "C%3A/Users/ana/q.exe"


def test_what_was_not_looked_at_is_a_notification() -> None:
    (invocation,) = run(sample())["invocations"]
    assert invocation["executionSuccessful"] is False
    said = [(n["descriptor"]["id"], n["level"]) for n in invocation["toolExecutionNotifications"]]
    assert said == [
        ("clearance:not-looked-at", "warning"),
        ("clearance:not-looked-at", "warning"),
        ("clearance:not-looked-at", "note"),
        ("clearance:not-looked-at", "note"),
        ("clearance:not-looked-for", "warning"),
    ]
    (invocation,) = run(nothing_found())["invocations"]
    assert invocation["executionSuccessful"] is True


def test_a_reviewed_finding_is_suppressed_and_others_say_that_they_are_not() -> None:
    suppressed = [r["suppressions"] for r in run(sample())["results"]]
    assert [s for s in suppressed if s] == [
        [{
            "kind": "external", "status": "accepted", "justification": "a style guide, read by people",
            "properties": {"owner": "security@example.com", "until": "2027-03-31"},
        }]
    ]  # fmt: skip


def test_new_findings_are_told_from_known_ones() -> None:
    states = [r["baselineState"] for r in run(sample())["results"]]
    assert (states.count("new"), len(set(states))) == (2, 2)
    assert "baselineState" not in run(structs.replace(sample(), changes=None))["results"][0]


def test_a_contact_that_is_no_web_address_is_no_link() -> None:
    found = seen("q", "binary", "/q", structs.replace(CLAUDE, contact="javascript:alert(1)"))
    (rule,) = run(nothing_found(sightings=(found,)))["tool"]["driver"]["rules"]
    assert "helpUri" not in rule


def test_options_of_the_screen_change_nothing() -> None:
    assert render(sample(), RenderOptions(width=40, colour=True)) == render(sample(), RenderOptions())
