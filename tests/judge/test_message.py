from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.judge.message import (
    PLACEHOLDERS,
    Value,
    default_message,
    filled,
    placeholders,
    render,
    template,
    unknown_placeholders,
    value_text,
)
from clearance.model.decision import Replacement
from clearance.model.directive import Default, Match, Rule
from clearance.model.terms import Effect
from tests.judge.builders import ALPHA, BETA, decide

BETA_INSTEAD = Replacement("beta", "Beta", "beta")


def test_every_placeholder_is_filled_in() -> None:
    text = " ".join(f"{name}=<{{{name}}}>" for name in PLACEHOLDERS)
    body = f"""
        metadata: {{id: D-1, title: The title}}
        contact: ask
        rules: [{{id: r, match: {{}}, effect: block, from: 2026-07-10, until: 2027-01-02, reason: why,
         replacement: beta, message: "{text}"}}]
        """
    decision = decide(body, ALPHA, version="1.2", endpoint="relay.example")
    assert decision.message == (
        "tool.id=<alpha> tool.name=<Alpha> tool.vendor=<Vendor> tool.version=<1.2> endpoint=<relay.example> "
        "rule.id=<r> rule.reason=<why> rule.from=<10 July 2026> rule.until=<2 January 2027> replacement.id=<beta> "
        "replacement.name=<Beta> replacement.command=<beta> contact=<ask> directive.id=<D-1> "
        "directive.title=<The title>"
    )


def test_what_has_no_value_is_empty_and_what_is_no_placeholder_stays() -> None:
    text = (
        "{rule.until}{directive.id}{directive.title}{tool.name}|{tool.id}|{tool.vendor}|{tool.version}|{endpoint}|{replacement.name}|{rule.from}|{contact}"
        "|{x}|{{tool.name}}|{|}"
    )
    body = f'rules: [{{id: r, match: {{}}, effect: block, message: "{text}"}}]'
    assert decide(body, None, score=1.0).message == "This program||||unknown||||{x}|{tool.name}|{|}"


def test_the_default_fills_in_its_own() -> None:
    body = (
        "default: {effect: block, reason: why, replacement: beta, message: '{rule.reason} {rule.id} "
        "{replacement.name}'}"
    )
    assert decide(body).message == "why  Beta"


def test_the_message_made_for_a_rule_names_what_to_use_and_where_to_ask() -> None:
    body = """
        contact: c
        rules: [{id: r, match: {tool: alpha}, effect: block, replacement: beta}]
        default: {effect: warn, replacement: alpha}
        """
    assert decide(body).message == "Alpha is not cleared here. Use Beta instead: beta. Need it for your work? c"
    assert decide(body, BETA).message == (
        "Beta is not cleared here. It is not blocked. Use Alpha instead: alpha. Need it for your work? c"
    )


def test_values_are_not_read_as_placeholders_again() -> None:
    body = (
        "rules: [{id: '{contact}', match: {}, effect: block, reason: '{tool.id}', message: '{rule.id} "
        "{rule.reason}'}]\ncontact: c"
    )
    assert decide(body).message == "{contact} {tool.id}"


@pytest.mark.parametrize(
    ("effect", "fields", "expected"),
    [
        ("allow", {"reason": "fine"}, ""),
        ("allow-with-settings", {"settings": {"telemetry": "off", "x": True, "n": 3}},
         "Alpha is cleared here with these settings: telemetry off, x on, n 3."),
        ("allow-with-settings", {}, "Alpha is cleared here."),
        ("warn", {}, "Alpha is not cleared here. It is not blocked."),
        ("warn", {"reason": "Under review."}, "Alpha is not cleared here: Under review. It is not blocked."),
        ("block", {}, "Alpha is not cleared here."),
        ("block", {"from_": "2026-07-10", "reason": "no in-house residency"},
         "Alpha has not been cleared here since 10 July 2026: no in-house residency."),
    ],
)  # fmt: skip
def test_the_message_where_the_rule_has_none(effect: Effect, fields: dict[str, object], expected: str) -> None:
    rule = Rule(id="r", match=Match(), effect=effect, **fields)  # type: ignore[arg-type]
    assert render(default_message(rule, None, ""), {"tool.name": "Alpha"}) == expected


def test_it_says_what_to_use_and_where_to_ask() -> None:
    rule = Rule(id="r", match=Match(), effect="block", reason="r")
    told = render(default_message(rule, BETA_INSTEAD, "https://ask"), {"tool.name": "Alpha"})
    assert told == "Alpha is not cleared here: r. Use Beta instead: beta. Need it for your work? https://ask"
    no_command = render(default_message(rule, Replacement("b", "B", ""), ""), {"tool.name": "A"})
    assert no_command == "A is not cleared here: r. Use B instead."
    assert render(default_message(Default(effect="warn"), None, ""), {}) == " is not cleared here. It is not blocked."
    assert render(default_message(Default(effect="allow-with-settings"), None, ""), {}) == " is cleared here."
    assert decide("default: {effect: block}", BETA).message == "Beta is not cleared here."


def test_names_in_braces() -> None:
    text = "{tool.name} {{x}} {tool.nam} {} {rule.id}"
    assert unknown_placeholders(text) == ("tool.nam", "")
    assert placeholders(text) == {"tool.name", "rule.id"}


def test_filling_in_joins_what_is_known() -> None:
    parts = template("a {rule.id} b {tool.id} c")
    assert filled(parts, {"rule.id": "R"}) == ("a R b ", Value("tool.id"), " c")
    assert filled(filled(parts, {"rule.id": "R"}), {"tool.id": "T"}) == ("a R b T c",)
    assert filled((), {}) == ()


@given(st.text("{}a. tolname", max_size=30))
def test_rendering_never_fails_and_text_without_braces_stays(text: str) -> None:
    told = render(template(text), {})
    if "{" not in text and "}" not in text:
        assert told == text


def test_values_of_settings() -> None:
    assert [value_text(value) for value in (True, False, 3, 0.5, "off")] == ["on", "off", "3", "0.5", "off"]


def test_who_may_use_a_tool_with_settings_is_told_how_to_get_others() -> None:
    told = default_message(
        Rule("r", Match(), "allow-with-settings", settings={"telemetry": "off"}), None, "https://ask"
    )
    assert "".join(part for part in told if isinstance(part, str)) == (
        " is cleared here with these settings: telemetry off. Need other settings for your work? https://ask"
    )
