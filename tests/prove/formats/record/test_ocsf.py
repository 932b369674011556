"""Decisions are checked against the OCSF 1.9.0 schema of Detection Finding, other records against the 1.8.0 schema of
Base Event: no package holds the 1.9.0 one yet. The attribute that the `record_integrity` profile adds is 1.9.0's."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.model.record import Draft, Record
from clearance.prove.formats.record import ocsf
from clearance.prove.formats.record.json import line, numbered
from tests.prove.formats.record.recorded import DRAFTS, sample

SCHEMA = Path(__file__).parents[1] / "schemas" / "ocsf-1.9.0-detection_finding.schema.json"


@pytest.fixture(scope="module")
def validators() -> dict[int, Any]:
    package = pytest.importorskip("ocsf_json_schema", reason="PyPI ocsf-json-schema is not installed")
    finding = json.loads(SCHEMA.read_text())
    older = package.OcsfJsonSchemaEmbedded(package.get_ocsf_schema(version="1.8.0"))
    base = older.get_class_schema(class_name="base_event", profiles=["host"])
    attested = {"type": "array", "items": {"$ref": "#/$defs/attestation"}}
    for schema in (finding, base):
        schema["properties"]["attestation_list"] = attested
    for name in ("attestation", "fingerprint", "prev_event", "digital_signature"):
        base["$defs"][name] = finding["$defs"][name]
    needed = json.dumps([base["$defs"][name] for name in ("attestation", "digital_signature")])
    for name in finding["$defs"]:
        if f'#/$defs/{name}"' in needed:
            base["$defs"].setdefault(name, finding["$defs"][name])
    base["$defs"] = finding["$defs"] | base["$defs"]
    return {2004: jsonschema_rs.validator_for(finding), 0: jsonschema_rs.validator_for(base)}


def events(records: list[Record]) -> list[Any]:
    entries = [(line(record), record) for record in records]
    return [json.loads(text) for text in ocsf.lines(entries, "lab-7/clearance/1")]


def test_events_fit_their_schemas(validators: dict[int, Any]) -> None:
    found = events(sample())
    assert [event["class_uid"] for event in found] == [2004, 0, 0, 2004]
    for event in found:
        validators[event["class_uid"]].validate(event)
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event["metadata"]["profiles"] == ["host", "record_integrity"]


@settings(max_examples=60)
@given(st.lists(DRAFTS, min_size=1, max_size=3))
def test_no_record_makes_an_invalid_event(validators: dict[int, Any], drafts: list[Draft]) -> None:
    for event in events([numbered(draft, n) for n, draft in enumerate(drafts, 1)]):
        validators[event["class_uid"]].validate(event)


def test_the_schemas_are_strict_enough_to_notice(validators: dict[int, Any]) -> None:
    for event in events(sample())[:2]:
        (attestation,) = event["attestation_list"]
        validator = validators[event["class_uid"]]
        assert not validator.is_valid({**event, "verdict": "bad"})
        for wrong in ({**attestation, "hash": "x"}, {"uid": "1"}, {**attestation, "fingerprint": {"value": "x"}}):
            assert not validator.is_valid({**event, "attestation_list": [wrong]})


def test_each_event_is_attested_and_chained_to_the_one_before() -> None:
    before = None
    for event, record in zip(events(sample()), sample(), strict=True):
        (attestation,) = event["attestation_list"]
        fingerprint = attestation.pop("fingerprint")
        assert fingerprint["value"] == sha256(rfc8785.dumps(event)).hexdigest()
        assert attestation.get("prev_event", {}).get("fingerprint") == before
        assert attestation["chain_uid"] == "lab-7/clearance/1#1"
        before = fingerprint
        assert event["unmapped"]["leaf_sha256"] == sha256(b"\0" + line(record)).hexdigest()


def test_what_was_stopped_is_an_alert_by_its_risk() -> None:
    found = events(sample())
    assert [(event["severity"], event.get("is_alert")) for event in found] == [
        ("High", True), ("Informational", None), ("Medium", None), ("Informational", False)
    ]  # fmt: skip
    first = found[0]
    assert first["finding_info"]["analytic"] == {
        "type_id": 1, "type": "Rule", "name": "no-residency", "desc": "no in-house residency"
    }  # fmt: skip
    assert found[3]["finding_info"]["analytic"]["name"] == "waiver:W-1"
    (evidence,) = first["evidences"]
    assert evidence["ai_agent"]["version"] == "2.1.329"
    assert evidence["process"] == {"pid": 4121}
    assert evidence["user"] == {"name": "ana"}
    assert evidence["file"]["path"] == "/home/ana/.local/bin/claude"
    assert first["device"]["hostname"] == "lab-7"
    assert first["time"] == 1795253400712
