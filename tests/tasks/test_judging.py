from __future__ import annotations

import datetime as dt

from clearance.catalog.facts import tool_facts
from clearance.judge.engine import Judge, compile_directive
from clearance.judge.parse import parse
from clearance.model.sighting import Endpoint, Sighting
from clearance.observe.probe import AgentTraits
from clearance.tasks.judging import Surroundings, judged, judged_unknown, request_of
from tests.builders import tool

FACTS = {"t": tool_facts(tool("t", hosts=("api.t.example",)))}
AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
DIRECTIVE = b"""apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1}
groups: {dev: {unix_groups: [dev]}}
endpoints: [{host: "llm.corp.example", class: cleared-gateway, residency: [in-house]}]
rules:
  - {id: gateway, match: {endpoint_class: cleared-gateway}, effect: allow}
  - {id: dev, match: {group: dev, surface: config}, effect: warn}
  - {id: agents, match: {known: false, score: ">=0.8"}, effect: block}
default: {effect: block}
"""


def judge() -> Judge:
    return compile_directive(parse([("d.yaml", DIRECTIVE)]), FACTS)


def around(**endpoints: str) -> Surroundings:
    configured: dict[tuple[str, str | None], str] = {("t", user): host for user, host in endpoints.items()}
    return Surroundings(AT, "lab-7", FACTS, configured, {"bo": ("dev",)})


def seen(user: str | None = "ana", **fields: object) -> Sighting:
    values: dict[str, object] = {"surface": "binary", "endpoint": None} | fields
    return Sighting("1", "t", "T", path="/x", confidence="certain", user=user, **values)  # type: ignore[arg-type]


def effect(sighting: Sighting, surroundings: Surroundings) -> str:
    (done,) = judged((sighting,), judge(), surroundings)
    assert done.decision is not None
    return done.decision.effect


def test_what_is_configured_for_the_user_is_the_endpoint() -> None:
    assert effect(seen(), around()) == "block"
    assert effect(seen(), around(ana="llm.corp.example")) == "allow"
    assert effect(seen("bo"), around(ana="llm.corp.example")) == "block"
    assert request_of(seen(), around(ana="llm.corp.example")).endpoint == "llm.corp.example"


def test_an_endpoint_that_was_seen_comes_first_and_gets_its_class() -> None:
    sighting = seen(endpoint=Endpoint("llm.corp.example"), surface="base-url")
    (done,) = judged((sighting,), judge(), around(ana="elsewhere.example"))
    assert done.endpoint == Endpoint("llm.corp.example", "cleared-gateway")


def test_unix_groups_of_the_user_count() -> None:
    assert effect(seen("bo", surface="config"), around()) == "warn"
    assert effect(seen("ana", surface="config"), around()) == "block"


def test_unknown_agents_from_the_threshold_on() -> None:
    agents = (AgentTraits("/a", 0.85, ("sdk",), "ana"), AgentTraits("/b", 0.79, ("sdk",)))
    (agent,) = judged_unknown(agents, judge(), around(), threshold=0.8)
    assert agent.decision is not None
    assert (agent.path, agent.user, agent.score, agent.decision.rule) == ("/a", "ana", 0.85, "agents")
