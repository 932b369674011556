from __future__ import annotations

import pytest

from clearance.errors import Unreadable
from clearance.judge.destination import Destination
from clearance.judge.match import Seen, holds, settle, shown, terms
from clearance.model.decision import VetResult
from clearance.model.directive import Group, Match, Vetted
from tests.judge.builders import ALPHA, BETA, LOCAL, ask, at, facts, rule_for


@pytest.mark.parametrize(
    ("match", "inside", "outside"),
    [
        ("{tool: alpha}", [ALPHA], [BETA, None]),
        ("{tool: ALPHA}", [ALPHA], [BETA]),
        ("{tool: [beta, 'al*']}", [ALPHA, BETA], [LOCAL, None]),
        ("{tool: '*'}", [ALPHA, LOCAL], [None]),
        ("{vendor: 'vend*'}", [ALPHA], [facts(vendor="Other"), None]),
        ("{vendor: unknown}", [None], [ALPHA]),
        ("{country: us}", [ALPHA], [facts(country="CH"), None]),
        ("{country: [unknown, ch]}", [None, facts(country="CH")], [ALPHA]),
        ("{kind: coding-agent}", [ALPHA, facts(kind=("relay", "coding-agent"))], [LOCAL, None, facts(kind=())]),
        ("{kind: [relay, model-server]}", [LOCAL], [ALPHA]),
        ("{deployment: [cloud, hybrid]}", [ALPHA], [LOCAL, None]),
        ("{deployment: unknown}", [None], [ALPHA]),
        ("{residency: [eu, us]}", [ALPHA, facts(residency=("cn", "US"))], [LOCAL, None]),
        ("{residency: unknown}", [None, facts(residency=())], [ALPHA]),
        ("{retention: '<=30'}", [ALPHA, facts(retention=0)], [facts(retention=31), facts(retention="unknown"), None]),
        ("{retention: 30}", [ALPHA], [facts(retention=31)]),
        ("{retention: unknown}", [facts(retention="unknown"), None], [ALPHA, facts(retention=0)]),
        ("{training: [never, opt-in]}", [ALPHA], [facts(training="always"), None]),
        ("{training: unknown}", [None], [ALPHA]),
        ("{risk: '>=high'}", [facts(risk="high"), facts(risk="critical")], [ALPHA, None]),
        ("{risk: [low, high]}", [facts(risk="low"), facts(risk="high")], [ALPHA]),
        ("{known: true}", [ALPHA], [None]),
        ("{known: false}", [None], [ALPHA]),
        ("{}", [ALPHA, None], []),
        ("{not: {}}", [], [ALPHA, None]),
        ("{tool: []}", [], [ALPHA, None]),
        ("{tool: alpha, kind: relay}", [], [ALPHA]),
        ("{not: {tool: alpha, kind: relay}}", [ALPHA], []),
        ("{tool: alpha, not: {tool: alpha}}", [], [ALPHA, BETA]),
    ],
)
def test_what_is_known_of_a_tool(match: str, inside: list[object], outside: list[object]) -> None:
    assert [tool for tool in inside if rule_for(match, tool) is not True] == []
    assert [tool for tool in outside if rule_for(match, tool) is not False] == []
    assert [tool for tool in outside if rule_for(f"{{not: {match}}}", tool) is not True] == []


@pytest.mark.parametrize(
    ("match", "field", "inside", "outside"),
    [
        ("{version: '>=2,<3'}", "version", ["2", "2.9"], ["1", "3"]),
        ("{version: ['<1', '==2.*']}", "version", ["0.9", "2.4"], ["1", "3"]),
        ("{surface: [binary, process]}", "surface", ["binary", "process"], ["config"]),
        ("{confidence: certain}", "confidence", ["certain"], ["strong"]),
        ("{host: ['lab-*', x]}", "host", ["lab-7", "LAB-7", "X"], ["lab", "y"]),
        ("{user: ['a*', bo]}", "user", ["ana", "bo"], ["Ana", "Bo", "cy"]),
        ("{endpoint: '*.cloud.example'}", "endpoint", ["eu.Cloud.example", "eu.cloud.example."], ["cloud.example"]),
        ("{endpoint_class: [relay, cloud-provider]}", "endpoint", ["relay.example"], ["api.alpha.example"]),
    ],
)
def test_what_was_observed(match: str, field: str, inside: list[str], outside: list[str]) -> None:
    assert [value for value in inside if rule_for(match, **{field: value}) is not True] == []
    assert [value for value in outside if rule_for(match, **{field: value}) is not False] == []


def test_a_score_is_one_of_unknown_agents() -> None:
    assert rule_for("{score: '>=0.8'}", None, score=0.8) is True
    assert rule_for("{score: '>=0.8'}", None, score=0.79) is False
    assert rule_for("{score: 1}", None, score=1.0) is True
    assert rule_for("{score: '>=0.8'}", None, score=float("nan")) is False
    assert rule_for("{score: '>=0.1'}", ALPHA, score=1.0) is False


@pytest.mark.parametrize(
    ("match", "verdict", "on", "expected"),
    [
        ("{vetted: {}}", "covert", "2020-01-01", True),
        ("{vetted: {within_days: 10}}", "covert", "2026-11-11T12:00:00", True),
        ("{vetted: {within_days: 10}}", "covert", "2026-11-11T11:59:59", False),
        ("{vetted: {within_days: 0}}", "covert", "2026-11-21T12:00:00", True),
        ("{vetted: {}}", "covert", "2026-11-21T12:00:01", False),
        ("{vetted: {verdict: covert}}", "covert", "2026-11-01", True),
        ("{vetted: {verdict: [disc*, Covert]}}", "covert", "2026-11-01", True),
        ("{vetted: {verdict: discloses}}", "covert", "2026-11-01", False),
        ("{vetted: {verdict: covert, within_days: 1}}", "covert", "2026-11-01", False),
    ],
)
def test_a_dossier(match: str, verdict: str, on: str, expected: bool) -> None:
    assert rule_for(match, vetted=VetResult(verdict, at(on))) is expected
    assert rule_for(match) is False


def test_settling_leaves_what_must_be_observed() -> None:
    match = Match(tool="alpha", version=">=1", not_=Match(user="ana", kind="coding-agent"))
    left = settle(terms(match, {}), ALPHA)
    assert left is not None
    assert len(left) == 2
    assert settle(terms(match, {}), BETA) is None
    assert settle(terms(Match(not_=Match(tool="alpha")), {}), ALPHA) is None
    assert settle(terms(Match(not_=Match(tool="beta", user="ana")), {}), ALPHA) == ()
    for user, version in (("ana", "1"), ("bo", "1"), (None, None), ("bo", "0"), (None, "1")):
        seen = Seen(ask(user=user, version=version), ALPHA, Destination())
        assert holds(left, seen) is holds(tuple(term.test for term in terms(match, {})), seen)


def test_terms_come_in_the_order_of_the_fields() -> None:
    match = Match(user="ana", tool="alpha", group="g", not_=Match(kind="relay"))
    found = terms(match, {"g": Group(users=("a",))})
    assert [term.field for term in found] == ["tool", "user", "group", "not"]
    assert [term.fixed for term in found] == [True, False, False, False]
    assert [term.field for term in found[-1].within] == ["kind"]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (("a", "b"), "a, b"),
        ((), "(nothing)"),
        ("x", "x"),
        ("Vendor", "Vendor"),
        (True, "true"),
        (0.5, "0.5"),
        (30, "30"),
        (Vetted(), "ever"),
        (Vetted(within_days=9), "within 9 days"),
        (Vetted(within_days=9, verdict=("a", "b")), "within 9 days; a, b"),
        (Vetted(verdict="a"), "a"),
    ],
)
def test_what_a_field_asks_for_in_words(wanted: object, text: str) -> None:
    assert shown(wanted) == text


@pytest.mark.parametrize("match", [Match(version="^1"), Match(retention="x"), Match(score=7.0), Match(risk="severe")])
def test_what_cannot_be_read_is_refused_when_compiled(match: Match) -> None:
    with pytest.raises(Unreadable):
        terms(match, {})
