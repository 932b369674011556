from __future__ import annotations

from clearance.errors import Place
from clearance.model.review import CaseResult, Difference, FieldTrace, Remark, Step, Subject
from tests.judge.builders import ask
from tests.model.test_decision import DECISION


def test_the_same_remark_is_there_once() -> None:
    remark = Remark("unknown-tool", "error", Place("d", 1, 2), "what", "remedy")
    assert len({remark, Remark("unknown-tool", "error", Place("d", 1, 2), "what", "remedy")}) == 1


def test_what_is_not_said_is_nothing() -> None:
    step = Step("rule", "r", "block", "false", False, (FieldTrace("tool", "a", "b", False),))
    assert (step.since, step.until, step.upcoming, step.fields[0].within) == (None, None, False, ())
    subject = Subject(ask(), "Alpha")
    assert (subject.sighting, subject.circumstances) == (None, ())
    assert Difference(subject, "2026-11-21T00:00:00Z", DECISION, DECISION).until is None
    assert CaseResult("n", Place("d"), (), DECISION).mismatches == ()
