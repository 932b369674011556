"""A request to be judged, and the decision on it.

In a `Request`, a catalog fact that nobody knows is the value `unknown`; what could not be observed here is None and
makes a match that asks for it undetermined.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from msgspec import Struct

from clearance.model.terms import Confidence, Deployment, Effect, EndpointClass, Enforce, Kind, Risk, Surface, Training


class ToolFacts(Struct, frozen=True):
    """The facts on a tool that a directive can match on, catalog and local ones merged.

    `hosts` are the tool's default endpoints, most used first; `command` starts it.
    """

    id: str
    name: str
    vendor: str
    country: str
    kind: tuple[Kind, ...]
    deployment: Deployment
    residency: tuple[str, ...]
    retention: int | Literal["unknown"]
    training: Training
    risk: Risk
    command: str = ""
    hosts: tuple[str, ...] = ()


class VetResult(Struct, frozen=True):
    """The newest dossier on a tool's version: its verdict, and when it was made."""

    verdict: str
    at: dt.datetime


class Request(Struct, frozen=True):
    """What is to be judged: a tool (or an unknown agent) as seen, by whom, where, at what instant.

    `tool` is None for an unknown agent, and then `score` is its likeness to an agent. `endpoint` is the host it
    sends to: the one seen, else the one configured for this user and tool; None means the tool's own default.
    `vetted` None means that there is no dossier. `at` is aware. Every other None is "not observed here".
    """

    tool: ToolFacts | None
    at: dt.datetime
    version: str | None = None
    surface: Surface | None = None
    endpoint: str | None = None
    user: str | None = None
    unix_groups: tuple[str, ...] | None = None
    host: str | None = None
    confidence: Confidence | None = None
    score: float | None = None
    vetted: VetResult | None = None


class Replacement(Struct, frozen=True):
    """What to use instead, and the very command that starts it."""

    tool: str
    name: str
    command: str


class Upcoming(Struct, frozen=True, rename={"from_": "from"}):
    """A rule that is true but has not begun, and would change the decision."""

    rule: str
    effect: Effect
    from_: str


class PolicyRef(Struct, frozen=True):
    """Which directive decided. `generation` counts accepted directives on this host (0: none was accepted yet);
    `sha256` is of the canonical JSON (RFC 8785) of the merged directive; `directives` are the metadata ids."""

    generation: int
    sha256: str
    directives: tuple[str, ...]
    title: str = ""
    example: bool = False


class Decision(Struct, frozen=True):
    """The directive applied to a request. The same request and directive give the same decision everywhere.

    `enforce` is the weaker of effect and the rule's `enforce`, before the host's mode; with `allow-with-settings`,
    which always lets the tool run, it is how far settings that differ are put right. `undetermined` are the rules
    that were skipped because what they ask for was not observed. `endpoint_class` is what the endpoint was judged as.
    """

    tool: str | None
    effect: Effect
    enforce: Enforce
    rule: str | None
    waiver: str | None
    reason: str
    replacement: Replacement | None
    message: str
    risk: Risk | None
    at: str
    upcoming: Upcoming | None
    undetermined: tuple[str, ...]
    policy: PolicyRef
    since: str | None = None
    contact: str = ""
    settings: dict[str, str | int | float | bool] = {}
    endpoint_class: EndpointClass | None = None
