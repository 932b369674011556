"""Each sighting and each unknown agent with the directive's decision on it. Pure.

`policy diff --scan` and the table that the guard answers from (`enforce/table.py`) ask the same `Judge`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct, structs

from clearance.model.decision import Decision, Request, ToolFacts
from clearance.model.sighting import Endpoint, Sighting, SwitchState, Unknown
from clearance.model.terms import OS
from clearance.model.tool import Tool
from clearance.observe.configured import endpoint_for
from clearance.observe.probe import AgentTraits, sighting_id
from clearance.tasks.deviating import deviating


class Decides(Protocol):
    """What of the judge is needed here."""

    def decide(self, request: Request) -> Decision:
        """The decision on one request."""
        ...


class Surroundings(Struct, frozen=True):
    """What is the same for every request of one scan. `endpoints`, `switches` and `unix_groups` are by user.

    `catalog` are the tools by id, for where their switches are set; `os` is the scanned host's.
    """

    at: dt.datetime
    host: str
    tools: Mapping[str, ToolFacts]
    endpoints: Mapping[tuple[str, str | None], str]
    unix_groups: Mapping[str, tuple[str, ...]]
    switches: Mapping[tuple[str, str | None], tuple[SwitchState, ...]] = {}
    catalog: Mapping[str, Tool] = {}
    os: OS = "linux"


def request_of(sighting: Sighting, around: Surroundings) -> Request:
    """The request that a sighting amounts to."""
    endpoint = sighting.endpoint.host if sighting.endpoint else None
    return Request(
        tool=around.tools[sighting.tool],
        at=around.at,
        version=sighting.version,
        surface=sighting.surface,
        endpoint=endpoint or endpoint_for(around.endpoints, sighting.tool, sighting.user),
        user=sighting.user,
        unix_groups=around.unix_groups.get(sighting.user) if sighting.user else None,
        host=around.host,
        confidence=sighting.confidence,
    )


def judged(sightings: Iterable[Sighting], judge: Decides, around: Surroundings) -> tuple[Sighting, ...]:
    """The sightings with their decisions, and with the class of their endpoint as the directive sees it.

    Where the decision asks for settings, with those that are not in force too.
    """
    done = []
    for sighting in sightings:
        decision = judge.decide(request_of(sighting, around))
        endpoint = sighting.endpoint
        if endpoint is not None and decision.endpoint_class is not None:
            endpoint = Endpoint(endpoint.host, decision.endpoint_class)
        judged_one = structs.replace(sighting, decision=decision, endpoint=endpoint)
        if decision.effect == "allow-with-settings":
            known = around.catalog.get(sighting.tool)
            differing = deviating(
                judged_one, decision.settings, around.switches, known.switches if known else (), around.os
            )
            judged_one = structs.replace(judged_one, deviations=differing)
        done.append(judged_one)
    return tuple(done)


def judged_unknown(
    agents: Iterable[AgentTraits], judge: Decides, around: Surroundings, threshold: float
) -> tuple[Unknown, ...]:
    """The agents that no catalog entry knows and whose score reaches the threshold, with their decisions."""
    done = []
    for agent in agents:
        if agent.score < threshold:
            continue
        request = Request(
            tool=None,
            at=around.at,
            surface="binary",
            user=agent.user,
            unix_groups=around.unix_groups.get(agent.user) if agent.user else None,
            host=around.host,
            confidence=agent.confidence,
            score=agent.score,
        )
        done.append(
            Unknown(
                id=sighting_id("", "unknown", agent.path, agent.user),
                path=agent.path,
                score=round(agent.score, 3),
                traits=agent.traits,
                user=agent.user,
                decision=judge.decide(request),
            )
        )
    return tuple(done)
