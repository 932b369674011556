from __future__ import annotations

import msgspec
import pytest

from clearance.errors import Place
from clearance.model.review import CaseResult, Difference, FieldTrace, Mismatch, Remark, Step, Subject, Trace
from tests.judge.builders import ask
from tests.model.test_decision import DECISION


def test_the_same_remark_is_there_once() -> None:
    remark = Remark("unknown-tool", "error", Place("d", 1, 2), "what", "remedy")
    assert len({remark, Remark("unknown-tool", "error", Place("d", 1, 2), "what", "remedy")}) == 1


def test_what_a_review_says_crosses_a_process_boundary_unchanged() -> None:
    step = Step(
        "rule", "r", "block", "undetermined", None,
        (FieldTrace("not", "", "", True, (FieldTrace("version", ">=1", "", None),)),), "2026-07-10", None, True,
    )  # fmt: skip
    trace = Trace(DECISION, "api.example", ("us",), (step,))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(trace), type=Trace) == trace
    case = CaseResult("n", Place("d.yaml", 3, 5, 2, "text"), (Mismatch("rule", "r", "none"),), DECISION)
    assert msgspec.json.decode(msgspec.json.encode(case), type=CaseResult) == case


@pytest.mark.parametrize(
    "fields",
    [
        {"severity": "hint"},
        {"check": None},
        {"place": "d.yaml:1"},
    ],
)
def test_a_remark_is_of_a_known_severity_and_has_a_place(fields: dict[str, object]) -> None:
    remark = {"check": "unknown-tool", "severity": "error", "place": {"file": "d"}, "what": "w", "remedy": "r"}
    assert msgspec.convert(remark, Remark).place == Place("d")
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(remark | fields, Remark)


def test_what_is_not_said_is_nothing() -> None:
    step = Step("rule", "r", "block", "false", False, (FieldTrace("tool", "a", "b", False),))
    assert (step.since, step.until, step.upcoming, step.fields[0].within) == (None, None, False, ())
    subject = Subject(ask(), "Alpha")
    assert (subject.sighting, subject.circumstances) == (None, ())
    assert Difference(subject, "2026-11-21T00:00:00Z", DECISION, DECISION).until is None
    assert CaseResult("n", Place("d"), (), DECISION).mismatches == ()
