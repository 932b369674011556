from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given

from clearance.model.record import Draft
from clearance.prove.formats.record.json import line, numbered
from clearance.prove.formats.record.schema import schema, schema_text
from tests.prove.formats.record.recorded import DRAFTS, sample

ROOT = Path(__file__).resolve().parents[4]
VALIDATOR = jsonschema_rs.validator_for(schema())


def test_the_schema_in_the_repository_is_the_generated_one() -> None:
    assert (ROOT / "schemas" / "record-v1.json").read_text("utf-8") == schema_text(), (
        "run: python -m clearance.prove.formats.record.schema > schemas/record-v1.json"
    )


@given(DRAFTS)
def test_every_record_fits_the_schema(draft: Draft) -> None:
    VALIDATOR.validate(json.loads(line(numbered(draft, 1))))


@pytest.mark.parametrize("change", [
    {"schema": "clearance/record/v2"}, {"n": 0}, {"kind": "gossip"}, {"outcome": {}}, {"decision": {"tool": "x"}},
])  # fmt: skip
def test_it_is_strict_enough_to_notice(change: dict[str, object]) -> None:
    good = json.loads(line(sample()[0]))
    assert VALIDATOR.is_valid(good)
    assert not VALIDATOR.is_valid({**good, **change})
