from __future__ import annotations

import pytest
from msgspec import convert

from clearance.judge.witness import ELSEWHERE, MOST, OUTSIDER, subjects
from clearance.model.decision import Request
from clearance.model.directive import EndpointRule, Group, Match
from tests.judge.builders import AT, ask

GROUPS = {
    "g": Group(users=("ana", "b*"), unix_groups=("dev",), hosts=("lab-*",)),
    "many": Group(users=("a", "b", "c", "d", "e")),
    "empty": Group(),
}
ENDPOINTS = (EndpointRule(host="llm.corp.example", class_="cleared-gateway"),)


def found(match: dict[str, object], base: Request | None = None) -> list[tuple[str, ...]]:
    made = subjects(base or ask(), "Alpha", convert(match, Match), GROUPS, ENDPOINTS)
    return [subject.circumstances for subject in made]


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"tool": "a"}, []),
        ({"version": ">=1.2"}, [("version 1.2",), ("a version before 1.2",), ("a version after 1.2",)]),
        ({"surface": ["binary", "config"]}, [("surface binary",), ("surface config",)]),
        ({"confidence": "weak"}, [("confidence weak",)]),
        ({"host": "lab-*"}, [("host lab-x",), (f"host {OUTSIDER}",)]),
        ({"user": ["ana", "b?"]}, [("user ana",), ("user bx",), (f"user {OUTSIDER}",)]),
        ({"endpoint_class": "relay"}, [("its own endpoint",), ("endpoint llm.corp.example",),
         (f"endpoint {ELSEWHERE}",)]),
        ({"residency": "eu"}, [("its own endpoint",), ("endpoint llm.corp.example",), (f"endpoint {ELSEWHERE}",)]),
        ({"endpoint": "*.x"}, [("its own endpoint",), ("endpoint x.x",), ("endpoint llm.corp.example",),
         (f"endpoint {ELSEWHERE}",)]),
        ({"group": ["many", "undefined", "empty"]}, [("user a",), ("user b",), ("user c",), (f"user {OUTSIDER}",)]),
        ({"vetted": {"verdict": ["covert", "disc*"]}}, [("not vetted",), ("vetted now: covert",),
         ("vetted now: discx",)]),
        ({"vetted": {}}, [("not vetted",), ("vetted now: no-dependence-found",)]),
        ({"score": ">=0.8"}, []),
        ({"not": {"not": {"surface": "binary"}}}, [("surface binary",)]),
    ],
)  # fmt: skip
def test_circumstances_come_from_what_a_match_mentions(
    match: dict[str, object], expected: list[tuple[str, ...]]
) -> None:
    assert found(match) == expected


def test_they_are_combined() -> None:
    combined = found({"surface": "binary", "group": "g", "not": {"surface": "config"}})
    assert combined[0] == ("surface binary", "user ana", "unix group dev", "host lab-x")
    assert len(combined) == 2 * 3 * 2 * 2
    assert len(found({"group": ["g", "many"], "version": ["1", "2", "3"], "endpoint": "x"})) == MOST


def test_scores_are_those_of_unknown_agents_around_the_edge() -> None:
    agent = ask(None, score=1.0)
    assert found({"score": ">=0.8"}, agent) == [("score 0.80",), ("score 0.79",), ("score 0.81",)]
    assert found({"score": "<=1"}, agent) == [("score 1.00",), ("score 0.99",)]


def test_the_requests_have_what_is_said_of_them() -> None:
    made = list(
        subjects(ask(version="9"), "Alpha", convert({"user": "ana", "surface": "binary"}, Match), GROUPS, ENDPOINTS)
    )
    first = made[0]
    assert (first.name, first.sighting) == ("Alpha", None)
    assert first.request == ask(version="9", user="ana", surface="binary")
    group = next(iter(subjects(ask(), "A", convert({"group": "g"}, Match), GROUPS, ENDPOINTS))).request
    assert (group.user, group.unix_groups, group.host) == ("ana", ("dev",), "lab-x")
    vetted = list(subjects(ask(), "A", convert({"vetted": {"verdict": "x"}}, Match), GROUPS, ENDPOINTS))[
        1
    ].request.vetted
    assert vetted is not None
    assert (vetted.verdict, vetted.at) == ("x", AT)
