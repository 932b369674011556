from __future__ import annotations

import datetime as dt

from clearance.judge.instants import FOREVER
from clearance.judge.rulings import Rulings
from clearance.model.decision import Replacement
from tests.judge.builders import TOOLS, directive


def rulings(body: str) -> Rulings:
    return Rulings(directive(body).directive, TOOLS)


def test_waivers_come_before_rules_each_in_their_order() -> None:
    found = rulings("""
        rules: [{id: r1, match: {}, effect: warn}, {id: r2, match: {}, effect: block}]
        waivers: [{id: W1, tool: alpha, until: 2026-12-31}, {id: W2, tool: beta, until: 2026-12-31}]
        """)
    assert [(ruling.kind, ruling.id) for ruling in found.ordered] == [
        ("waiver", "W1"), ("waiver", "W2"), ("rule", "r1"), ("rule", "r2"),
    ]  # fmt: skip


def test_a_waiver_allows_and_says_why() -> None:
    waiver = rulings(
        "waivers: [{id: W, tool: alpha, from: 2026-01-01, until: 2026-12-31, reason: study, owner: o}]"
    ).ordered[0]
    assert (waiver.effect, waiver.enforce, waiver.reason, waiver.message) == ("allow", "observe", "study", ())
    assert (waiver.since, waiver.until, waiver.risk, waiver.replacement) == ("2026-01-01", "2026-12-31", None, None)
    assert waiver.start < waiver.end < FOREVER


def test_a_rule_carries_all_it_says() -> None:
    rule = rulings("""
        rules:
          - {id: r, match: {tool: alpha}, effect: allow-with-settings, enforce: warn, from: 2026-01-01,
           until: 2026-12-31,
             risk: high, reason: why, replacement: beta, settings: {a: 1}}
        """).ordered[0]
    assert (rule.effect, rule.enforce, rule.risk, rule.reason) == ("allow-with-settings", "warn", "high", "why")
    assert rule.replacement == Replacement("beta", "Beta", "beta")
    assert (rule.settings, rule.since, rule.until) == ({"a": 1}, "2026-01-01", "2026-12-31")
    assert [term.field for term in rule.terms] == ["tool"]


def test_a_replacement_that_nobody_knows_is_named_by_its_id() -> None:
    found = rulings(
        "rules: [{id: r, match: {}, effect: block, replacement: gone}]\ndefault: {effect: block, replacement: alpha}"
    )
    assert found.ordered[0].replacement == Replacement("gone", "gone", "")
    assert found.default.replacement == Replacement("alpha", "Alpha", "alpha")


def test_without_a_default_everything_else_is_warned_of() -> None:
    found = rulings("rules: []")
    assert (found.default.kind, found.default.id, found.default.effect, found.default.enforce) == (
        "default", "default", "warn", "warn",
    )  # fmt: skip
    assert (found.default.start, found.default.end, found.default.terms) == (-FOREVER, FOREVER, ())
    assert (found.contact, found.zone) == ("", dt.UTC)


def test_zone_and_contact_are_the_directives() -> None:
    found = rulings("metadata: {id: D, timezone: Asia/Tokyo}\ncontact: c")
    assert (found.contact, str(found.zone)) == ("c", "Asia/Tokyo")
