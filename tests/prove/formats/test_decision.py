from __future__ import annotations

import json

import jsonschema_rs
from msgspec import structs

from clearance.model.decision import Decision, PolicyRef, Replacement, Upcoming
from clearance.model.sighting import Deviation, SwitchState
from clearance.prove.formats.decision import document, render_text

POLICY = PolicyRef(3, "8f2c41d0" * 8, ("D-1",), "Approved tools")
DECISION = Decision(
    tool="alpha",
    effect="block",
    enforce="warn",
    rule="r",
    waiver=None,
    reason="no in-house residency",
    replacement=Replacement("beta", "Beta", "beta --go"),
    message="Alpha is not cleared here.",
    risk="high",
    at="2026-11-21T12:00:00Z",
    upcoming=Upcoming("later", "warn", "2027-01-01"),
    undetermined=("v",),
    policy=POLICY,
    since="2026-07-10",
    contact="https://ask.example",
    endpoint_class="vendor",
)
BARE = Decision(
    tool=None,
    effect="allow",
    enforce="observe",
    rule=None,
    waiver="W-1",
    reason="",
    replacement=None,
    message="",
    risk=None,
    at="2026-11-21T12:00:00Z",
    upcoming=None,
    undetermined=(),
    policy=PolicyRef(0, "0" * 64, ()),
)


def test_the_document_is_that_of_the_contract_field_by_field() -> None:
    assert json.dumps(document(DECISION)) == json.dumps(
        {
            "schema": "clearance/decision/v1",
            "tool": "alpha",
            "effect": "block",
            "enforce": "warn",
            "rule": "r",
            "waiver": None,
            "reason": "no in-house residency",
            "replacement": {"tool": "beta", "name": "Beta", "command": "beta --go"},
            "message": "Alpha is not cleared here.",
            "risk": "high",
            "at": "2026-11-21T12:00:00Z",
            "upcoming": {"rule": "later", "effect": "warn", "from": "2027-01-01"},
            "undetermined": ["v"],
            "policy": {"generation": 3, "sha256": "8f2c41d0" * 8, "directives": ["D-1"]},
        }
    )


def test_what_there_is_none_of_is_null() -> None:
    made = document(BARE)
    assert [name for name, value in made.items() if value is None] == [
        "tool",
        "rule",
        "replacement",
        "risk",
        "upcoming",
    ]
    assert (made["waiver"], made["undetermined"]) == ("W-1", [])


def test_settings_are_added_where_there_are_any() -> None:
    import msgspec

    decision = msgspec.structs.replace(DECISION, effect="allow-with-settings", settings={"telemetry": "off", "n": 3})
    assert document(decision)["settings"] == {"telemetry": "off", "n": 3}
    assert "settings" not in document(DECISION)
    assert "telemetry = off, n = 3" in render_text(decision, "Alpha")


def test_every_string_is_valid_unicode() -> None:
    import msgspec

    decision = msgspec.structs.replace(DECISION, reason="b\ud800", settings={"a\udcff": "off"})
    found = document(decision)
    assert (found["reason"], found["settings"]) == ("b\\ud800", {"a\\xff": "off"})


def test_the_text_has_the_answer_first_and_what_to_do_last() -> None:
    assert render_text(DECISION, "Alpha 1.2") == (
        "BLOCK    Alpha 1.2   risk high\n"
        "         why      no in-house residency · rule r, since 10 July 2026 · enforced as warn\n"
        "         instead  Use Beta instead (run beta --go) · waiver: https://ask.example\n"
        "         soon     warn from 1 January 2027 · rule later\n"
        "         not seen what these rules ask for, so they were skipped: v\n"
        "         told     Alpha is not cleared here.\n"
        '         by       directive D-1 "Approved tools" (generation 3, 8f2c41d0), as of 21 November 2026, 12:00 UTC\n'
    )


def test_what_there_is_none_of_has_no_line() -> None:
    text = render_text(BARE, "an unknown agent")
    assert text.splitlines()[:2] == ["ALLOW    an unknown agent", "         why      waiver W-1"]
    assert len(text.splitlines()) == 3


def test_no_escape_reaches_the_terminal() -> None:
    import msgspec

    hostile = msgspec.structs.replace(DECISION, reason="\x1b]0;x\x07\n", message="\u202ex", contact="\x9b31m")
    text = render_text(hostile, "\x1b[2J")
    assert text.replace("\n", "").isprintable()
    assert len(text.splitlines()) == len(render_text(DECISION, "x").splitlines())


def test_the_document_is_one_that_other_programs_can_check() -> None:
    validator = jsonschema_rs.validator_for(
        {
            "type": "object",
            "required": list(document(BARE)),
            "properties": {
                "schema": {"const": "clearance/decision/v1"},
                "effect": {"enum": ["allow", "allow-with-settings", "warn", "block"]},
                "enforce": {"enum": ["observe", "warn", "block"]},
                "undetermined": {"type": "array", "items": {"type": "string"}},
                "policy": {"type": "object", "required": ["generation", "sha256", "directives"]},
            },
        }
    )
    assert validator.is_valid(document(DECISION))
    assert validator.is_valid(document(BARE))


def test_where_settings_are_set_is_said_below_them() -> None:
    switch = SwitchState("usage", "default", "on", "", "telemetry")
    asked = structs.replace(DECISION, effect="allow-with-settings", settings={"telemetry": "off", "training": "off"})
    to_set = (
        Deviation("telemetry", "off", switch, remedy="set usage to false in ~/.a.json"),
        Deviation("usage", "off", switch),
        Deviation("training", "off", None),
    )
    assert render_text(asked, "Alpha", to_set).splitlines()[2:6] == [
        "         settings telemetry = off, training = off",
        "         set      telemetry (usage): set usage to false in ~/.a.json",
        "         set      usage: nothing on this machine sets it; ask in the account or the vendor's console",
        "         set      training: no such switch of this tool is known",
    ]
