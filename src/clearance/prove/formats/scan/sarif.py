"""A scan as SARIF 2.1.0, for code-scanning views and whatever else reads it.

Guarantees: one result for each sighting and each unknown agent that is not simply allowed (with `verbose` for those
too, as `kind: pass`: views that know no kinds would show them as alerts); the level comes from the directive's effect
(a setting that differs from what the directive asks is a warning);
the fingerprint is the sighting's id, so a view recognises it from run to run; what was not looked at is a notification,
and a run that missed something which matters is not `executionSuccessful`. URIs are relative to the root of the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from clearance import __version__
from clearance.model.decision import Decision
from clearance.model.sighting import ScanResult, Sighting, Suppressed, Unknown
from clearance.model.terms import OS, Effect, Risk
from clearance.prove.formats import sarif_model as sarif
from clearance.prove.formats import wording
from clearance.prove.formats.escape import json_text, plain, scalar, scalars
from clearance.prove.formats.outline import holes, incomplete
from clearance.prove.formats.rendering import RenderOptions

LEVELS: Final[dict[Effect, sarif.Level]] = {
    "block": "error",
    "warn": "warning",
    "allow-with-settings": "note",
    "allow": "none",
}

SEVERITIES: Final[dict[Risk, str]] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""`security-severity` as code-scanning views read it: over 9 critical, from 7 high, from 4 medium."""

Found = Sighting | Unknown

ROOT: Final = "HOST_ROOT"
FINGERPRINT: Final = "clearanceSightingId/v1"
NOT_LOOKED_AT: Final = "clearance:not-looked-at"
NOT_LOOKED_FOR: Final = "clearance:not-looked-for"
UNKNOWN_AGENT: Final = "clearance:unknown-agent"
NOT_JUDGED: Final = "clearance:not-judged"
DEFAULT: Final = "clearance:default"

BUILT_IN: Final = {
    UNKNOWN_AGENT: "A program acts like an AI coding agent and is in no catalog",
    NOT_JUDGED: "An AI coding tool was found that no directive judged",
    DEFAULT: "An AI coding tool was found that no rule of the directive names",
}


def render(result: ScanResult, options: RenderOptions) -> str:
    """The log, indented, ending with a line feed."""
    log = sarif.Log(schema_=sarif.SCHEMA, version="2.1.0", runs=(run(result, verbose=options.verbose),))
    return json_text(msgspec.json.format(msgspec.json.encode(scalars(msgspec.to_builtins(log))), indent=2)) + "\n"


def run(result: ScanResult, *, verbose: bool) -> sarif.Run:
    """The one run of a log."""
    everything: list[Found] = [*result.sightings, *result.unknown]
    found = [seen for seen in everything if verbose or seen.decision is None or seen.decision.effect != "allow"]
    names = {tool.id: tool.name for tool in result.tools}
    by_rule: dict[str, list[Found]] = {}
    for seen in found:
        by_rule.setdefault(rule_id(seen), []).append(seen)
    index = {name: number for number, name in enumerate(sorted(by_rule))}
    new = frozenset(result.changes.new) if result.changes else None
    root = result.host.root.replace("\\", "/").strip("/")
    return sarif.Run(
        tool=sarif.Tool(driver=driver(by_rule)),
        invocations=(invocation(result),),
        automation_details=sarif.Automation(id=f"clearance/scan/{plain(result.host.name)}/"),
        original_uri_base_ids={ROOT: sarif.ArtifactLocation(uri=f"file:///{uri(root)}/" if root else "file:///")},
        results=tuple(one(seen, names, index[rule_id(seen)], new, result.host.os) for seen in found),
        policies=(policy(result),) if result.policy.directives else (),
    )


def rule_id(seen: Found) -> str:
    """The directive's rule that decided, else a built-in one."""
    decision = seen.decision
    if decision and (decision.rule or decision.waiver):
        return plain(decision.rule or f"waiver:{decision.waiver}")
    if isinstance(seen, Unknown):
        return UNKNOWN_AGENT
    return DEFAULT if decision else NOT_JUDGED


def driver(by_rule: dict[str, list[Found]]) -> sarif.Component:
    """This program, with the rules that have results."""
    return sarif.Component(
        name="Clearance",
        version=__version__,
        rules=tuple(rule(name, by_rule[name]) for name in sorted(by_rule)),
        notifications=(
            sarif.Descriptor(id=NOT_LOOKED_AT, short_description=sarif.Message(text="Something was not looked at")),
            sarif.Descriptor(id=NOT_LOOKED_FOR, short_description=sarif.Message(text="A tool was not looked for")),
        ),
    )


def rule(name: str, found: list[Found]) -> sarif.Descriptor:
    """A rule as its decisions show it; its severity is that of the highest risk it met."""
    decisions = [seen.decision for seen in found if seen.decision]
    properties: dict[str, Any] = {"tags": ["security", "ai-coding-tool"]}
    text, help_uri, level = BUILT_IN.get(name, ""), "", level_of(None)
    if decisions:
        first = decisions[0]
        text = plain(first.reason) or text or f"AI coding tools: {first.effect}"
        level = level_of(first)
        help_uri = first.contact if first.contact.startswith(("https://", "http://")) else ""
        risks = [SEVERITIES[decision.risk] for decision in decisions if decision.risk]
        if risks:
            properties["security-severity"] = max(risks)
        properties["effect"] = first.effect
    return sarif.Descriptor(
        id=name,
        short_description=sarif.Message(text=text or name),
        help_uri=uri(help_uri, keep=":/?#[]@!$&'()*+,;=%") if help_uri else msgspec.UNSET,
        default_configuration=sarif.Configuration(level=level),
        properties=properties,
    )


def level_of(decision: Decision | None) -> sarif.Level:
    """How loud a decision is; what nobody judged is worth a note."""
    return LEVELS[decision.effect] if decision else "note"


def one(seen: Found, names: Mapping[str, str], rule_index: int, new: frozenset[str] | None, os: OS) -> sarif.Result:
    """The result for a sighting or an unknown agent."""
    level = level_of(seen.decision)
    if isinstance(seen, Sighting) and seen.deviations:
        level = "warning"
    return sarif.Result(
        rule_id=rule_id(seen),
        rule_index=rule_index,
        level=level,
        kind="pass" if level == "none" else "fail",
        message=sarif.Message(text=plain(wording.finding(seen, names), limit=2000)),
        locations=(location(seen, os),),
        partial_fingerprints={FINGERPRINT: seen.id},
        suppressions=suppressions(seen.suppressed),
        baseline_state=msgspec.UNSET if new is None else "new" if seen.id in new else "unchanged",
        properties=properties(seen),
    )


def location(seen: Found, os: OS) -> sarif.Location:
    """The file, with its line where one is known; a socket or host is no file."""
    logical: tuple[sarif.LogicalLocation, ...] = ()
    if isinstance(seen, Sighting):
        if seen.surface in ("socket", "endpoint"):
            return sarif.Location(logical_locations=(named(seen.path, seen.surface),))
        if seen.surface == "mcp-server":
            logical = (named(seen.name, "mcp-server"),)
    line = wording.line_of(seen) if isinstance(seen, Sighting) else None
    return sarif.Location(
        physical_location=sarif.PhysicalLocation(
            artifact_location=artifact(seen.path, os),
            region=sarif.Region(start_line=line) if line else msgspec.UNSET,
        ),
        logical_locations=logical,
    )


def named(name: str, kind: str) -> sarif.LogicalLocation:
    """A location that is no file."""
    return sarif.LogicalLocation(fully_qualified_name=name, kind=kind)


def artifact(path: str, os: OS) -> sarif.ArtifactLocation:
    """A path of the scanned host, relative to its root."""
    inside = path.replace("\\", "/") if os == "windows" else path
    return sarif.ArtifactLocation(uri=uri(inside.lstrip("/")) or "./", uri_base_id=ROOT)


def uri(path: str, *, keep: str = "/") -> str:
    """The path percent-encoded, byte for byte. A colon in a first segment would read as a scheme, so it is encoded."""
    valid = "".join(scalar(c) if "\ud800" <= c < "\udc80" or "\udcff" < c <= "\udfff" else c for c in path)
    return quote(valid.encode("utf-8", "surrogateescape"), safe=keep)


def suppressions(given: Suppressed | None) -> tuple[sarif.Suppression, ...]:
    """Who set the finding aside, why, and until when."""
    if given is None:
        return ()
    return (
        sarif.Suppression(
            kind="external",
            status="accepted",
            justification=given.reason,
            properties={"owner": given.owner, "until": given.until},
        ),
    )


def properties(seen: Found) -> sarif.Properties:
    """What SARIF has no field for."""
    bag: dict[str, Any] = {}
    if isinstance(seen, Unknown):
        bag |= {"known": False, "score": seen.score, "traits": list(seen.traits)}
    else:
        bag |= {"tool": seen.tool, "surface": seen.surface, "confidence": seen.confidence}
        bag |= {"version": seen.version} if seen.version else {}
        bag |= {"endpoint": seen.endpoint.host, "endpointClass": wording.endpoint_class(seen)} if seen.endpoint else {}
        bag |= {"deviations": wording.deviations([seen])} if seen.deviations else {}
    bag |= {"user": seen.user} if seen.user else {}
    if seen.decision:
        bag |= {"effect": seen.decision.effect, "enforce": seen.decision.enforce}
        bag |= {"risk": seen.decision.risk} if seen.decision.risk else {}
    return bag


def invocation(result: ScanResult) -> sarif.Invocation:
    """When it ran and what it could not look at."""
    return sarif.Invocation(
        execution_successful=not incomplete(result),
        start_time_utc=result.started,
        end_time_utc=result.finished,
        machine=result.host.name,
        tool_execution_notifications=tuple(notifications(result)),
    )


def notifications(result: ScanResult) -> Iterable[sarif.Notification]:
    """A notification for each thing that was not looked at, and for each gap in the coverage."""
    for item in result.skipped:
        yield sarif.Notification(
            descriptor=sarif.Reference(id=NOT_LOOKED_AT),
            level="warning" if item.matters else "note",
            message=sarif.Message(text=plain(f"Not looked at by {item.probe}: {item.path} ({item.reason})")),
            locations=(
                sarif.Location(
                    physical_location=sarif.PhysicalLocation(artifact_location=artifact(item.path, result.host.os))
                ),
            ),
        )
    for hole in holes(result.coverage):
        yield sarif.Notification(
            descriptor=sarif.Reference(id=NOT_LOOKED_FOR),
            level="warning" if hole.state == "not-readable" else "note",
            message=sarif.Message(text=plain(wording.hole(hole))),
        )


def policy(result: ScanResult) -> sarif.Component:
    """The directive that judged."""
    ref = result.policy
    return sarif.Component(
        name=plain(ref.title or " + ".join(ref.directives)),
        version=str(ref.generation),
        properties={"directives": list(ref.directives), "sha256": ref.sha256},
    )
