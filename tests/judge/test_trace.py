from __future__ import annotations

import pytest

from clearance.model.decision import VetResult
from clearance.model.review import FieldTrace
from tests.judge.builders import ALPHA, ask, at, facts, judge

EVERYTHING = """
    groups: {g: {users: [ana], unix_groups: [dev], hosts: [lab]}}
    rules:
      - id: r
        effect: block
        match:
          tool: beta
          vendor: V
          country: CH
          kind: relay
          deployment: local
          residency: in-house
          retention: 0
          training: always
          risk: low
          version: "<1"
          surface: config
          endpoint: x
          endpoint_class: relay
          host: h
          group: g
          user: u
          confidence: weak
          known: false
          score: ">=0.5"
          vetted: {within_days: 1}
          not: {user: [a, b]}
    """


def traced(tool: object = ALPHA, **seen: object) -> dict[str, FieldTrace]:
    trace = judge(EVERYTHING).explain(ask(tool, **seen))  # type: ignore[arg-type]
    return {field.field: field for field in trace.steps[0].fields}


def test_every_field_says_what_was_seen() -> None:
    seen = traced(
        version="2",
        surface="binary",
        host="lab-1",
        user="ana",
        unix_groups=("dev", "ai"),
        confidence="strong",
        vetted=VetResult("covert", at("2026-11-01T09:30")),
    )
    assert {name: field.seen for name, field in seen.items()} == {
        "tool": "alpha",
        "vendor": "Vendor",
        "country": "US",
        "kind": "coding-agent",
        "deployment": "cloud",
        "residency": "us",
        "retention": "30",
        "training": "never",
        "risk": "medium",
        "version": "2",
        "surface": "binary",
        "endpoint": "api.alpha.example",
        "endpoint_class": "vendor",
        "host": "lab-1",
        "group": "user ana; unix groups dev, ai; host lab-1",
        "user": "ana",
        "confidence": "strong",
        "known": "a tool of the catalog or the directive",
        "score": "a known tool has none",
        "vetted": "covert on 2026-11-01T09:30:00Z",
        "not": "",
    }
    assert (seen["group"].holds, seen["group"].wanted) == (True, "g")
    assert (seen["not"].wanted, seen["vetted"].wanted, seen["known"].wanted) == ("", "within 1 days", "false")
    assert seen["not"].holds is True
    assert seen["not"].within == (FieldTrace("user", "a, b", "ana", False),)


def test_what_was_not_seen_says_so() -> None:
    seen = traced()
    for name in ("version", "surface", "host", "user", "confidence"):
        assert (seen[name].seen, seen[name].holds) == ("not seen", None)
    assert seen["group"].seen == "user not seen; unix groups not seen; host not seen"
    assert (seen["vetted"].seen, seen["vetted"].holds) == ("never", False)
    assert traced(unix_groups=())["group"].seen == "user not seen; unix groups none; host not seen"


def test_an_unknown_agent() -> None:
    seen = traced(None, score=0.75)
    assert (seen["tool"].seen, seen["known"].seen) == ("an unknown agent", "an unknown agent")
    assert {seen[name].seen for name in ("vendor", "kind", "deployment", "risk", "retention")} == {"unknown"}
    assert (seen["score"].seen, seen["score"].holds) == ("0.75", True)
    assert traced(None)["score"].seen == "not seen"


@pytest.mark.parametrize("residency", [(), ("eu", "us")])
def test_several_values_are_listed(residency: tuple[str, ...]) -> None:
    seen = traced(facts(kind=(), residency=residency))
    assert seen["kind"].seen == "unknown"
    assert seen["residency"].seen == (", ".join(residency) or "unknown")
