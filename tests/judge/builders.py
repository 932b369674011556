"""Tools, requests and judges for the judge's tests: just the fields that a test is about."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Mapping
from typing import Any

from clearance.judge.engine import Judge, compile_directive
from clearance.judge.merged import Merged
from clearance.judge.parse import parse
from clearance.model.decision import Decision, Request, ToolFacts
from clearance.model.terms import EndpointClass

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
HEADER = "apiVersion: clearance/v1\nkind: Directive\n"
HOSTS: Mapping[str, EndpointClass] = {"*.cloud.example": "cloud-provider", "relay.example": "relay"}


def facts(tool_id: str = "alpha", **fields: Any) -> ToolFacts:
    """A cloud tool of which everything is known."""
    return ToolFacts(
        **{
            "id": tool_id,
            "name": tool_id.title(),
            "vendor": "Vendor",
            "country": "US",
            "kind": ("coding-agent",),
            "deployment": "cloud",
            "residency": ("us",),
            "retention": 30,
            "training": "never",
            "risk": "medium",
            "command": tool_id,
            "hosts": (f"api.{tool_id}.example",),
            **fields,
        }
    )


ALPHA = facts("alpha")
BETA = facts("beta")
LOCAL = facts("local", deployment="local", residency=("in-house",), hosts=(), kind=("model-server",))
TOOLS = {tool.id: tool for tool in (ALPHA, BETA, LOCAL)}


def ask(tool: ToolFacts | None = ALPHA, **fields: Any) -> Request:
    """A request at a fixed instant, with nothing observed but what is given."""
    return Request(**{"tool": tool, "at": AT, **fields})


def at(text: str) -> dt.datetime:
    """The instant of an ISO date with a time; in UTC where it has no offset."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def directive(body: str, *more: str) -> Merged:
    """The directive of one YAML body or several, without their headers."""
    bodies = (body, *more)
    return parse((f"{n:02d}.yaml", (HEADER + textwrap.dedent(text)).encode()) for n, text in enumerate(bodies))


def judge(body: str, *more: str, tools: Mapping[str, ToolFacts] = TOOLS, generation: int = 0) -> Judge:
    """A judge of these YAML bodies."""
    return compile_directive(directive(body, *more), tools, generation, hosts=HOSTS)


def decide(body: str, tool: Any = ALPHA, **fields: Any) -> Decision:
    """The decision of a YAML body on one request."""
    return judge(body).decide(ask(tool, **fields))


def rule_for(match: str, tool: Any = ALPHA, **fields: Any) -> bool | None:
    """Whether a rule with this match is true, false or undetermined (None) for a request."""
    decision = decide(f"rules: [{{id: r, match: {match}, effect: block}}]\ndefault: {{effect: allow}}", tool, **fields)
    if decision.undetermined:
        assert (decision.undetermined, decision.rule) == (("r",), None)
        return None
    return decision.rule == "r"
