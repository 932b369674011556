from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import convert

from clearance.judge.cover import contradicts_itself, covers
from clearance.model.decision import Request
from clearance.model.directive import Directive, Match, Rule
from tests.judge.test_engine import FLAT, REQUESTS, judge_of, matches


def match(text: dict[str, object]) -> Match:
    return convert(text, Match)


COVERED = [
    ({}, {"tool": "a"}),
    ({}, {}),
    ({"tool": "a"}, {"tool": "a", "version": ">=1"}),
    ({"tool": ["a", "b"]}, {"tool": "b"}),
    ({"tool": "*"}, {"tool": ["a", "b*"]}),
    ({"tool": "A*"}, {"tool": "abc"}),
    ({"tool": "a*"}, {"tool": "ab*"}),
    ({"tool": "*"}, {"tool": "a[b]*"}),
    ({"risk": ">=high"}, {"risk": ["high", "critical"]}),
    ({"retention": "<=30"}, {"retention": "<30"}),
    ({"retention": ">=30"}, {"retention": ">30"}),
    ({"retention": ">30"}, {"retention": ">30"}),
    ({"retention": "<30"}, {"retention": "<29"}),
    ({"host": "*.x"}, {"host": "a.*.x"}),
    ({"host": "a*z"}, {"host": "ab?yz"}),
    ({"user": ["a*", "b"]}, {"user": "b"}),
    ({"kind": ["relay", "coding-agent"]}, {"kind": ["relay"]}),
    ({"risk": ">=medium"}, {"risk": ["high", "critical"]}),
    ({"retention": "<=30"}, {"retention": "<=7"}),
    ({"retention": "<=30"}, {"retention": 30}),
    ({"retention": "unknown"}, {"retention": "unknown"}),
    ({"retention": "!=30"}, {"retention": "<30"}),
    ({"retention": "!=30"}, {"retention": ">30"}),
    ({"retention": "!=30"}, {"retention": "<=29"}),
    ({"retention": "<30"}, {"retention": "<=29"}),
    ({"retention": ">30"}, {"retention": ">=31"}),
    ({"retention": ">=30"}, {"retention": ">30,<60"}),
    ({"score": ">=0.5"}, {"score": ">=0.8"}),
    ({"score": ">0.5"}, {"score": 0.8}),
    ({"version": ">=1"}, {"version": ">=2,<3"}),
    ({"version": "<3"}, {"version": ["<2", "==1.*,<3"]}),
    ({"version": "==1.*"}, {"version": "1.2"}),
    ({"version": "==1.*"}, {"version": "==1.*"}),
    ({"version": "~=1.2"}, {"version": "1.4"}),
    ({"known": True}, {"tool": "a"}),
    ({"known": True}, {"kind": "relay"}),
    ({"known": True}, {"risk": "high"}),
    ({"known": False}, {"score": ">=0.5"}),
    ({"known": True}, {"known": True}),
    ({"vetted": {}}, {"vetted": {"within_days": 3, "verdict": "x"}}),
    ({"vetted": {"within_days": 3}}, {"vetted": {"within_days": 3}}),
    ({"vetted": {"verdict": ["x", "y"]}}, {"vetted": {"verdict": "x"}}),
    ({"group": ["g", "h"]}, {"group": "g"}),
    ({"not": {"tool": "a"}}, {"not": {"tool": ["a", "b"]}}),
    ({"not": {"tool": "a", "kind": "relay"}}, {"not": {"tool": "a"}}),
    ({"not": {"tool": "a"}}, {"tool": "b"}),
    ({"not": {"tool": "a*"}}, {"tool": ["b", "c"]}),
    ({"not": {"surface": "binary"}}, {"surface": ["config", "process"]}),
    ({"not": {"tool": "a", "user": "x"}}, {"tool": "b"}),
    ({"kind": "relay", "not": {"residency": "eu"}}, {"kind": "relay", "tool": "x", "not": {"residency": ["eu", "us"]}}),
]
NOT_COVERED = [
    ({"tool": "a"}, {}),
    ({"tool": "a"}, {"tool": ["a", "b"]}),
    ({"tool": "ab*"}, {"tool": "a*"}),
    ({"tool": "*]"}, {"tool": "*[x]"}),
    ({"tool": "a[*]b"}, {"tool": "ax*b"}),
    ({"tool": "a?*"}, {"tool": "a*b"}),
    ({"tool": "*?b"}, {"tool": "a*b"}),
    ({"user": "abX*"}, {"user": "ab?c*"}),
    ({"known": True, "vetted": {}}, {"tool": "a"}),
    ({"retention": ">30"}, {"retention": ">20"}),
    ({"retention": "<30"}, {"retention": "<40"}),
    ({"retention": "<=30"}, {"retention": ">3"}),
    ({"retention": ">=30"}, {"retention": "<60"}),
    ({"retention": "!=30"}, {"retention": ">20"}),
    ({"retention": "!=30"}, {"retention": "<40"}),
    ({"retention": "!=30"}, {"retention": ">=30"}),
    ({"tool": "a?"}, {"tool": "a*"}),
    ({"tool": "a*b*c"}, {"tool": "a*c"}),
    ({"host": "a*aa"}, {"host": "a*a"}),
    ({"host": "a[*]b"}, {"host": "a[x]b*b"}),
    ({"user": "A*"}, {"user": "abc"}),
    ({"tool": "a", "version": ">=1"}, {"tool": "a"}),
    ({"kind": "relay"}, {"kind": ["relay", "coding-agent"]}),
    ({"risk": ">=high"}, {"risk": ">=medium"}),
    ({"retention": "<=30"}, {"retention": "unknown"}),
    ({"retention": "unknown"}, {"retention": "<=30"}),
    ({"retention": "<30"}, {"retention": "<=30"}),
    ({"retention": ">30"}, {"retention": ">=30"}),
    ({"retention": "==30"}, {"retention": ">=30,<=30"}),
    ({"retention": "!=30"}, {"retention": "<=30"}),
    ({"retention": "<30"}, {"retention": ">3"}),
    ({"version": ">=2"}, {"version": ">=1"}),
    ({"version": "==1.*"}, {"version": ">=1,<2"}),
    ({"version": ">=1"}, {"version": "==1.*"}),
    ({"version": "==1.*"}, {"version": "==1.2.*"}),
    ({"version": "==1.*"}, {"version": "2"}),
    ({"known": True}, {"vendor": "x"}),
    ({"known": False}, {"tool": "a"}),
    ({"known": True}, {"known": False}),
    ({"vetted": {"within_days": 3}}, {"vetted": {}}),
    ({"vetted": {"within_days": 3}}, {"vetted": {"within_days": 4}}),
    ({"vetted": {"verdict": "x"}}, {"vetted": {"within_days": 4}}),
    ({"group": "g"}, {"group": ["g", "h"]}),
    ({"not": {"tool": "a"}}, {}),
    ({"not": {"tool": ["a", "b"]}}, {"not": {"tool": "a"}}),
    ({"not": {"kind": "relay"}}, {"kind": "coding-agent"}),
    ({"not": {"residency": "eu"}}, {"residency": "us"}),
    ({"not": {"tool": "a"}}, {"tool": "b*"}),
    ({"not": {"tool": "a*"}}, {"tool": ["b", "ab"]}),
    ({"not": {"user": "a"}}, {"user": "b"}),
]


@pytest.mark.parametrize(("wide", "narrow"), COVERED)
def test_what_is_surely_covered(wide: dict[str, object], narrow: dict[str, object]) -> None:
    assert covers(match(wide), match(narrow))


@pytest.mark.parametrize(("wide", "narrow"), NOT_COVERED)
def test_what_is_not_or_not_surely(wide: dict[str, object], narrow: dict[str, object]) -> None:
    assert not covers(match(wide), match(narrow))


def truths(one: Match, request: Request) -> bool | None:
    seen = judge_of(Directive("clearance/v1", "Directive", rules=(Rule("r", one, "block"),))).explain(request)
    return seen.steps[0].holds


NARROWER = st.sampled_from(sorted(FLAT)).flatmap(lambda name: st.tuples(st.just(name), FLAT[name]))


@settings(max_examples=200)
@given(matches(1), matches(1), st.lists(NARROWER, max_size=2), REQUESTS)
def test_covering_is_sound(wide: Match, other: Match, more: list[tuple[str, object]], request: Request) -> None:
    # Half of the pairs are made to be related: the narrow one is the wide one with more asked for.
    changes = {name: value for name, value in more if getattr(wide, name) is None}
    narrow = (
        Match(**{name: getattr(wide, name) for name in FLAT} | changes, not_=wide.not_ or other.not_) if more else other
    )
    assume(covers(wide, narrow))
    order = {False: 0, None: 1, True: 2}
    assert order[truths(wide, request)] >= order[truths(narrow, request)]


@settings(max_examples=100)
@given(matches(1), REQUESTS)
def test_what_contradicts_itself_holds_for_nothing(one: Match, request: Request) -> None:
    assume(contradicts_itself(one))
    assert truths(one, request) is not True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ({"tool": []}, True),
        ({"not": {}}, True),
        ({"tool": "a", "not": {"tool": "a*"}}, True),
        ({"kind": "relay", "tool": "a", "not": {"kind": ["relay", "coding-agent"]}}, True),
        ({"known": False, "tool": "a"}, True),
        ({"known": True, "score": ">=0.5"}, True),
        ({"score": ">=0.5", "kind": "relay"}, True),
        ({"known": False, "score": ">=0.5"}, False),
        ({"known": False, "vendor": "unknown"}, False),
        ({"tool": "a*", "not": {"tool": "a"}}, False),
        ({}, False),
        ({"not": {"tool": "a"}}, False),
    ],
)
def test_what_contradicts_itself(text: dict[str, object], expected: bool) -> None:
    assert contradicts_itself(match(text)) is expected
