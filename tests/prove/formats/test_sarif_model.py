"""The structs give what the standard's own schema calls valid; `scan/test_sarif.py` tests what is put into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from clearance.prove.formats import sarif_model as sarif

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json").read_text("utf-8"))
RULE = sarif.Descriptor(id="r", short_description=sarif.Message(text="A rule"))
PLACE = sarif.Location(
    physical_location=sarif.PhysicalLocation(
        artifact_location=sarif.ArtifactLocation(uri="home/ana/.env", uri_base_id="ROOT"),
        region=sarif.Region(start_line=3),
    ),
    logical_locations=(sarif.LogicalLocation(fully_qualified_name="socket 11434", kind="resource"),),
)
RESULT = sarif.Result(
    rule_id="r",
    rule_index=0,
    level="error",
    kind="fail",
    message=sarif.Message(text="Seen"),
    locations=(PLACE,),
    partial_fingerprints={"id/v1": "00ff"},
    suppressions=(),
)


def document(value: msgspec.Struct) -> Any:
    return json.loads(msgspec.json.encode(value))


def log(*results: sarif.Result) -> sarif.Log:
    notice = sarif.Notification(
        descriptor=sarif.Reference(id="skipped"), level="warning", message=sarif.Message(text="Not looked at")
    )
    run = sarif.Run(
        tool=sarif.Tool(driver=sarif.Component(name="Clearance", rules=(RULE,))),
        invocations=(
            sarif.Invocation(
                execution_successful=True,
                start_time_utc="2026-11-21T09:30:00Z",
                end_time_utc="2026-11-21T09:30:01Z",
                machine="lab-7",
                tool_execution_notifications=(notice,),
            ),
        ),
        automation_details=sarif.Automation(id="clearance/lab-7"),
        original_uri_base_ids={"ROOT": sarif.ArtifactLocation(uri="file:///")},
        results=results,
    )
    return sarif.Log(schema_=sarif.SCHEMA, version="2.1.0", runs=(run,))


def test_a_log_is_valid_by_the_standard() -> None:
    jsonschema_rs.validator_for(SCHEMA, validate_formats=True).validate(document(log(RESULT)))


def test_names_are_the_standard_s() -> None:
    made = document(log(RESULT))
    assert made["$schema"] == sarif.SCHEMA
    result = made["runs"][0]["results"][0]
    assert result["partialFingerprints"] == {"id/v1": "00ff"}
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] == "ROOT"
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "socket 11434"


def test_what_is_not_given_is_not_written_but_empty_lists_that_say_something_are() -> None:
    assert document(RULE) == {"id": "r", "shortDescription": {"text": "A rule"}}
    assert document(sarif.Location()) == {}
    result = document(RESULT)
    assert result["suppressions"] == []
    assert {"baselineState", "properties"} & set(result) == set()
    assert document(log())["runs"][0]["results"] == []


def test_values_are_frozen() -> None:
    with pytest.raises(AttributeError):
        RULE.id = "other"  # type: ignore[misc]
