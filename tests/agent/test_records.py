from __future__ import annotations

import datetime as dt

import pytest
from msgspec import structs

from clearance.agent.records import decided, happened, heartbeat, instant, mark
from clearance.model.decision import Decision, PolicyRef
from clearance.model.enforcement import Row
from clearance.model.record import PolicyMark
from clearance.wire.enforcement import Seen

AT = dt.datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=2)))
POLICY = PolicyRef(3, "8f2c", ("D-1",))
DECISION = Decision(
    tool="t", effect="block", enforce="block", rule="r", waiver=None, reason="because", replacement=None, message="",
    risk=None, at="", upcoming=None, undetermined=(), policy=POLICY,
)  # fmt: skip
SEEN = Seen(
    means="argv", done="killed", pid=7, uid=1000, path="/x", tool="t", version="1.2", row=Row("block", "block", 0),
    serial=1, latency_us=42, terminal=5, locale={"LANG": "de"},
)  # fmt: skip


def test_instants_are_utc_to_the_millisecond() -> None:
    assert instant(AT) == "2026-11-21T10:00:00.123Z"


def test_a_decision() -> None:
    record = decided(SEEN, DECISION, "lab-7", AT, {1000: "ana"}.get)
    assert (record.kind, record.at) == ("decision", "2026-11-21T10:00:00.123Z")
    assert record.subject == {
        "tool": "t", "version": "1.2", "path": "/x", "means": "argv", "pid": 7, "uid": 1000, "user": "ana",
        "host": "lab-7", "confidence": "certain",
    }  # fmt: skip
    assert record.outcome is not None
    assert (record.outcome.done, record.outcome.latency_us) == ("killed", 42)
    assert (record.decision, record.policy) == (DECISION, PolicyMark(3, "8f2c"))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (structs.replace(SEEN, tool="", version="0.91", score=0.91), {"tool": None, "version": None, "score": 0.91}),
        (structs.replace(SEEN, uid=None), {"uid": None, "user": None}),
        (structs.replace(SEEN, detail="no SNI"), {"detail": "no SNI"}),
    ],
)
def test_what_is_not_known(seen: Seen, expected: dict[str, object]) -> None:
    subject = decided(seen, DECISION, "h", AT, lambda _: None).subject
    assert {name: subject[name] for name in expected} == expected


def test_what_is_no_decision() -> None:
    record = happened("pause", "paused", AT, POLICY, "paused", reason="a test")
    assert (record.kind, record.subject) == ("pause", {"event": "paused", "reason": "a test"})
    assert record.outcome is not None
    assert record.outcome.done == "paused"
    assert heartbeat(AT, None, {"guard.events": 3}).subject["counters"] == {"guard.events": 3}
    assert mark(None) == PolicyMark()
