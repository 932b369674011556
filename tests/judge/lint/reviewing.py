"""Small directives, and what the lint remarks on them."""

from __future__ import annotations

import textwrap

from clearance.judge.lint import lint
from clearance.model.review import Remark
from tests.judge.builders import AT, HOSTS, TOOLS, directive

SWITCHES = {"alpha": frozenset({"DISABLE_TELEMETRY"}), "beta": frozenset({"beta.index"})}
METADATA = "metadata: {id: D, owner: o}\n"


def remarks(body: str) -> list[Remark]:
    merged = directive(body if "metadata:" in body else METADATA + textwrap.dedent(body))
    return list(lint(merged, TOOLS, AT, hosts=HOSTS, switches=SWITCHES))


def found(body: str) -> list[str]:
    return [f"{remark.severity} {remark.check}" for remark in remarks(body)]


def only(body: str) -> Remark:
    (remark,) = remarks(body)
    return remark


def rule(match: str, effect: str = "block", more: str = "") -> str:
    return f"rules: [{{id: r, match: {match}, effect: {effect}{more}}}]"
