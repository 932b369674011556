from __future__ import annotations

import datetime as dt

import msgspec

from clearance.model.decision import Decision, PolicyRef, Request, ToolFacts, Upcoming

FACTS = ToolFacts("a", "A", "V", "US", ("relay",), "cloud", ("us",), 30, "never", "low")
DECISION = Decision(
    "a", "warn", "warn", None, None, "", None, "", None, "2026-11-21T00:00:00Z", None, (), PolicyRef(0, "", ())
)


def test_what_was_not_observed_is_none() -> None:
    request = Request(tool=FACTS, at=dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
    fields = msgspec.structs.asdict(request)
    assert {name for name, value in fields.items() if value is not None} == {"tool", "at"}


def test_facts_and_requests_can_be_keys() -> None:
    again = msgspec.structs.replace(FACTS)
    assert {FACTS: 1}[again] == 1
    assert hash(Request(FACTS, dt.datetime(2026, 1, 1))) == hash(Request(again, dt.datetime(2026, 1, 1)))


def test_a_decision_crosses_a_process_boundary_unchanged() -> None:
    decision = msgspec.structs.replace(DECISION, upcoming=Upcoming("r", "block", "2027-01-01"), settings={"a": "off"})
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(decision), type=Decision) == decision
    assert msgspec.to_builtins(decision)["upcoming"] == {"rule": "r", "effect": "block", "from": "2027-01-01"}


def test_decisions_do_not_share_their_settings() -> None:
    one, other = (Decision(*msgspec.structs.astuple(DECISION)[:13]) for _ in range(2))
    one.settings["a"] = 1
    assert other.settings == {}
