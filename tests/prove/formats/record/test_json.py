from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.record import Draft, Outcome, Record
from clearance.prove.formats.record.json import LONGEST, document, line, numbered, parse
from tests.prove.formats.record.recorded import BLOCKED, DRAFTS, sample


def test_the_document_is_that_of_the_contract() -> None:
    found = document(numbered(BLOCKED, 17))
    assert list(found) == ["schema", "n", "at", "kind", "subject", "decision", "outcome", "policy"]
    assert (found["schema"], found["n"]) == ("clearance/record/v1", 17)
    assert found["decision"]["schema"] == "clearance/decision/v1"
    assert found["decision"]["settings"] == {"retries": str(2**60)}
    assert found["outcome"] == {"done": "blocked", "latency_us": 312}
    assert list(found["policy"]) == ["generation", "sha256"]


@given(DRAFTS)
def test_a_line_is_canonical_and_comes_back(draft: Draft) -> None:
    record = numbered(draft, 5)
    data = line(record)
    assert b"\n" not in data
    assert rfc8785.dumps(json.loads(data)) == data
    assert line(parse(data)) == data
    assert parse(data + b"\n").n == 5


@pytest.mark.parametrize("data", [
    b"", b"{}", b"[]", b"\xff", b"[" * 10**5, line(sample()[0])[:-1],
    line(sample()[0]).replace(b"record/v1", b"record/v2"),
    line(sample()[1]).replace(b'"change"', b'"chance"'), line(sample()[1]).replace(b'"n":2', b'"n":2.5'),
])  # fmt: skip
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="it is"):
        parse(data)


@given(st.floats() | st.integers().map(float) | st.floats(-1e-3, 1e-3))
def test_numbers_are_written_as_every_encoder_writes_them(number: float) -> None:
    data = line(numbered(Draft("", "change", {"x": number}, Outcome("x")), 1))
    assert rfc8785.dumps(json.loads(data)) == data
    assert float(json.loads(data)["subject"]["x"]) == number or number != number


def test_fields_that_are_added_later_are_passed_over() -> None:
    data = line(sample()[1])
    assert parse(data.replace(b'{"at"', b'{"added":1,"at"')) == sample()[1]


@pytest.mark.parametrize("wrong", [object(), {1, 2}, b"bytes", [b"x"], {"deep": {"er": object()}}])
def test_what_json_cannot_hold_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        numbered(Draft("", "change", {"x": wrong}, Outcome("x")), 1)


def test_a_record_has_a_longest_line() -> None:
    record = numbered(Draft("", "change", {"x": "y" * LONGEST}, Outcome("x")), 1)
    assert isinstance(record, Record)
    with pytest.raises(ValueError, match="is the most"):
        line(record)
