from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given

from clearance.model.decision import PolicyRef
from clearance.model.record import Draft
from clearance.model.status import EnforceStatus, GuardState, LedgerState, NetworkState, Paused
from clearance.prove.formats.enforcement.report import document, report
from clearance.prove.formats.enforcement.schema import DOCUMENTS, schema, schema_text
from clearance.prove.formats.record.json import numbered
from tests.prove.formats.record.recorded import DRAFTS, sample

ROOT = Path(__file__).resolve().parents[4]
REPORT = jsonschema_rs.validator_for(schema("report"))
STATUS = jsonschema_rs.validator_for(schema("status"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_in_the_repository_is_the_generated_one(name: str) -> None:
    assert (ROOT / "schemas" / f"enforce-{name}-v1.json").read_text("utf-8") == schema_text(name), (
        f"run: python -m clearance.prove.formats.enforcement.schema {name} > schemas/enforce-{name}-v1.json"
    )


@given(DRAFTS)
def test_every_report_fits_the_schema(draft: Draft) -> None:
    REPORT.validate(json.loads(msgspec.json.encode(document(report([numbered(draft, 1)])))))


@pytest.mark.parametrize("change", [
    {"schema": "clearance/enforce-report/v2"}, {"records": "1"}, {"lines": [{}]}, {"lines": [{"users": {"ana": 1}}]},
])  # fmt: skip
def test_a_report_that_is_none_is_noticed(change: dict[str, Any]) -> None:
    good = json.loads(msgspec.json.encode(document(report(sample()))))
    assert REPORT.is_valid(good)
    assert not REPORT.is_valid({**good, **change})


@pytest.mark.parametrize("paused", [None, Paused("2026-11-21T13:00:00Z", "an exam")])
def test_a_status_fits_the_schema(paused: Paused | None) -> None:
    status = EnforceStatus(
        "clearance/enforce-status/v1", "block", "2026-11-21T12:00:00Z", PolicyRef(1, "ab", ("D-1",)), ("/srv",), paused,
        GuardState(7, events=9), NetworkState(), {"deadline": 1}, LedgerState(3), ("/bin/sh",), queue=("codex",),
    )  # fmt: skip
    STATUS.validate(json.loads(msgspec.json.encode(status)))
    assert not STATUS.is_valid({**msgspec.to_builtins(status), "mode": "deny"})
