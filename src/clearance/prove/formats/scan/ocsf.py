"""A scan as OCSF 1.9.0 events, one JSON object a line, for a SIEM.

Guarantees: first one Scan Activity (6007), which says how much was looked at and what was not; then one Detection
Finding (2004) for each sighting, each unknown agent, and each finding of an earlier scan that is gone (activity
`Close`). `finding_info.uid` is the sighting's id, the same from run to run. `is_alert` is set where the directive warns
or blocks, or asks for settings that are not in force, and nobody suppressed the finding.

Finding classes do not carry the `ai_operation` profile, which tells of an action that an agent took. A sighting is no
action, so the tool stands in `evidences[].ai_agent`, which OCSF 1.9 added for this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from clearance import __version__
from clearance.model.decision import Decision, ToolFacts
from clearance.model.sighting import ScanResult, Sighting, Unknown
from clearance.model.terms import OS, Confidence, Kind, Risk, Surface
from clearance.prove.formats import wording
from clearance.prove.formats.escape import json_text, plain, scalars
from clearance.prove.formats.outline import holes, incomplete
from clearance.prove.formats.rendering import RenderOptions

Object = dict[str, Any]

VERSION: Final = "1.9.0"

CREATE, UPDATE, CLOSE = 1, 2, 3
COMPLETED: Final = 2
ACTIVITIES: Final = {CREATE: "Create", UPDATE: "Update", CLOSE: "Close"}
INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL = 1, 2, 3, 4, 5
SEVERITIES: Final = {INFORMATIONAL: "Informational", LOW: "Low", MEDIUM: "Medium", HIGH: "High", CRITICAL: "Critical"}
RISK_SEVERITY: Final[dict[Risk, int]] = {"low": LOW, "medium": MEDIUM, "high": HIGH, "critical": CRITICAL}
RISK_LEVELS: Final[dict[Risk, int]] = {"low": 1, "medium": 2, "high": 3, "critical": 4}
CONFIDENCES: Final[dict[Confidence, tuple[int, str]]] = {
    "weak": (1, "Low"),
    "strong": (2, "Medium"),
    "certain": (3, "High"),
}
SYSTEMS: Final[dict[OS, tuple[int, str]]] = {
    "windows": (100, "Windows"),
    "linux": (200, "Linux"),
    "macos": (300, "macOS"),
}
HOST_NAME, USER_NAME, FILE_PATH = 1, 4, 45
REGULAR_FILE: Final = 1
RULE: Final = 1

AGENTS: Final[frozenset[Kind]] = frozenset({"coding-agent", "general-agent"})
"""Kinds of tools that act by themselves, as OCSF means it with an AI agent."""

FILES: Final[frozenset[Surface]] = frozenset(
    {"binary", "config", "instructions", "credential", "base-url", "mcp-server"}
)
"""Surfaces whose path is that of a file; of a package or a store it may be a folder."""


def render(result: ScanResult, options: RenderOptions) -> str:
    """The events, each on a line of its own."""
    return "".join(json_text(msgspec.json.encode(scalars(event))) + "\n" for event in events(result))


def events(result: ScanResult) -> Iterator[Object]:
    """The scan itself, then what it found and what is gone."""
    tools = {tool.id: tool for tool in result.tools}
    new = frozenset(result.changes.new) if result.changes else None
    yield scan_activity(result)
    everything: list[Sighting | Unknown] = [*result.sightings, *result.unknown]
    for seen in everything:
        yield finding(seen, result, tools, CREATE if new is None or seen.id in new else UPDATE)
    for uid in result.changes.gone if result.changes else ():
        yield closed(uid, result)


def milliseconds(text: str) -> int:
    """A time of the result as OCSF counts them, since 1970 in UTC; 0 for what is no time."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return 0
    return round((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() * 1000)


def classified(class_uid: int, class_name: str, activity: int, activity_name: str, severity: int) -> Object:
    """The attributes that say what kind of event it is."""
    category = class_uid // 1000
    return {
        "category_uid": category,
        "category_name": {2: "Findings", 6: "Application Activity"}[category],
        "class_uid": class_uid,
        "class_name": class_name,
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": class_uid * 100 + activity,
        "type_name": f"{class_name}: {activity_name}",
        "severity_id": severity,
        "severity": SEVERITIES[severity],
    }


def metadata(result: ScanResult, uid: str) -> Object:
    """Who says this. Events of one scan share `correlation_uid`."""
    scan = scan_uid(result)
    return {
        "version": VERSION,
        "product": {"name": "Clearance", "vendor_name": "Clearance", "version": __version__},
        "uid": f"{scan}/{uid}",
        "correlation_uid": scan,
    }


def scan_uid(result: ScanResult) -> str:
    """The scan's own name: which host, begun when."""
    return f"{result.host.name}/{result.started}"


def device(result: ScanResult) -> Object:
    """The scanned host."""
    system, name = SYSTEMS[result.host.os]
    host = result.host.name
    return {"type_id": 0, "type": "Unknown", "hostname": host, "name": host, "os": {"type_id": system, "name": name}}


def scan_activity(result: ScanResult) -> Object:
    """How much was looked at, and what was not."""
    summary, policy = result.summary, result.policy
    started, finished = milliseconds(result.started), milliseconds(result.finished)
    partly = incomplete(result)
    lacks = [{"path": s.path, "reason": s.reason, "probe": s.probe, "matters": s.matters} for s in result.skipped]
    return {
        **classified(6007, "Scan Activity", COMPLETED, "Completed", INFORMATIONAL),
        "time": finished,
        "start_time": started,
        "end_time": finished,
        "duration": max(0, finished - started),
        "message": plain(f"Looked at {wording.looked_at(result)}."),
        "metadata": metadata(result, "scan") | {"profiles": ["host"]},
        "device": device(result),
        "scan": {"uid": scan_uid(result), "name": "Clearance scan", "type_id": 0, "type": "Unknown"},
        "policy": {
            "uid": policy.sha256 or "none",
            "name": policy.title or " + ".join(policy.directives),
            "version": str(policy.generation),
        },
        "num_files": summary.files_seen,
        "num_processes": summary.processes,
        "num_detections": len(result.sightings) + len(result.unknown),
        "num_skipped_items": len(result.skipped),
        "total": summary.files_seen + summary.processes,
        "status_id": 99 if partly else 1,
        "status": "Incomplete" if partly else "Success",
        "unmapped": {
            "root": result.host.root,
            "not_looked_at": lacks,
            "not_looked_for": [wording.hole(hole) for hole in holes(result.coverage)],
        },
    }


def finding(seen: Sighting | Unknown, result: ScanResult, tools: Mapping[str, ToolFacts], activity: int) -> Object:
    """The event for a sighting or an unknown agent."""
    decision = seen.decision
    names = {tool: facts.name for tool, facts in tools.items()}
    differs = isinstance(seen, Sighting) and bool(seen.deviations)
    event = {
        **classified(2004, "Detection Finding", activity, ACTIVITIES[activity], severity(decision, differs=differs)),
        "time": milliseconds(result.finished),
        "message": plain(wording.finding(seen, names), limit=2000),
        "metadata": metadata(result, seen.id),
        "device": device(result),
        "status_id": 3 if seen.suppressed else 1,
        "status": "Suppressed" if seen.suppressed else "New",
        "is_alert": bool(decision and (decision.effect in ("warn", "block") or differs) and not seen.suppressed),
        **confidence(seen),
        "finding_info": finding_info(seen, result, names),
        "evidences": [evidence(seen, tools)],
        "observables": observables(seen, result),
        "unmapped": unmapped(seen),
    }
    if decision and decision.risk:
        event |= {"risk_level_id": RISK_LEVELS[decision.risk], "risk_level": decision.risk.capitalize()}
    if decision and decision.replacement:
        event["remediation"] = {"desc": plain(wording.replacement(decision.replacement))}
        if decision.contact:
            event["remediation"]["references"] = [decision.contact]
    return event


def severity(decision: Decision | None, *, differs: bool = False) -> int:
    """How grave: what is barred, warned of or not set as asked by its risk, what is allowed hardly."""
    if decision is None or decision.effect == "allow":
        return INFORMATIONAL
    if decision.effect == "allow-with-settings" and not differs:
        return LOW
    return RISK_SEVERITY[decision.risk] if decision.risk else HIGH if decision.effect == "block" else MEDIUM


def confidence(seen: Sighting | Unknown) -> Object:
    """How sure: in words for a tool, as a score for an unknown agent."""
    if isinstance(seen, Sighting):
        number, word = CONFIDENCES[seen.confidence]
        return {"confidence_id": number, "confidence": word}
    number, word = CONFIDENCES["strong" if seen.score >= 0.8 else "weak"]
    return {"confidence_id": number, "confidence": word, "confidence_score": round(seen.score * 100)}


def finding_info(seen: Sighting | Unknown, result: ScanResult, names: Mapping[str, str]) -> Object:
    """What was found, by which rule."""
    if isinstance(seen, Sighting):
        title = f"{names.get(seen.tool, seen.name)}: {wording.SURFACE_WORDS[seen.surface]}"
        info: Object = {"types": ["AI coding tool"], "data_sources": [seen.surface]}
    else:
        title = "Unknown AI coding agent"
        info = {"types": ["Unknown AI coding agent"], "traits": [{"name": trait} for trait in seen.traits]}
    rule = seen.decision and (seen.decision.rule or (seen.decision.waiver and f"waiver:{seen.decision.waiver}"))
    analytic: Object = {"type_id": RULE, "type": "Rule", "name": rule or "default"}
    if seen.decision and seen.decision.reason:
        analytic["desc"] = seen.decision.reason
    return {
        "uid": seen.id,
        "title": plain(title),
        **info,
        "analytic": analytic,
        "created_time": milliseconds(result.finished),
    }


def evidence(seen: Sighting | Unknown, tools: Mapping[str, ToolFacts]) -> Object:
    """Where it was seen: the file or process, who, and the agent that it is."""
    found: Object = {}
    if isinstance(seen, Unknown):
        found["file"] = file(seen.path, regular=False)
    else:
        facts = tools.get(seen.tool)
        if facts is None or AGENTS.intersection(facts.kind):
            name = facts.name if facts else seen.name
            agent = {"uid": seen.tool, "name": name, "type_id": 0, "type": "Unknown"}
            found["ai_agent"] = agent | ({"version": seen.version} if seen.version else {})
        found["data"] = {
            "surface": seen.surface,
            "evidence": [{"kind": e.kind, "detail": e.detail} for e in seen.evidence],
        }
        if seen.surface == "mcp-server":
            found["name"] = f"MCP server {seen.name}"
        if seen.surface not in ("socket", "endpoint"):
            found["file"] = file(seen.path, regular=seen.surface in FILES)
        else:
            found["src_endpoint" if seen.surface == "socket" else "dst_endpoint"] = {"name": seen.path}
        if seen.pid is not None:
            found["process"] = {"pid": seen.pid}
        if seen.endpoint:
            found["dst_endpoint"] = {"hostname": seen.endpoint.host}
    if seen.user:
        found["user"] = {"name": seen.user}
    return found


def file(path: str, *, regular: bool) -> Object:
    """A file or folder by its path."""
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path
    kind = {"type_id": REGULAR_FILE, "type": "Regular File"} if regular else {"type_id": 0, "type": "Unknown"}
    return {"name": name, "path": path, **kind}


def observables(seen: Sighting | Unknown, result: ScanResult) -> list[Object]:
    """What an analyst would search other events for."""
    found = [("device.hostname", HOST_NAME, "Hostname", result.host.name)]
    if seen.user:
        found.append(("evidences[0].user.name", USER_NAME, "User Name", seen.user))
    if not (isinstance(seen, Sighting) and seen.surface in ("socket", "endpoint")):
        found.append(("evidences[0].file.path", FILE_PATH, "File Path", seen.path))
    if isinstance(seen, Sighting) and seen.endpoint:
        found.append(("evidences[0].dst_endpoint.hostname", HOST_NAME, "Hostname", seen.endpoint.host))
    return [{"name": name, "type_id": kind, "type": word, "value": value} for name, kind, word, value in found]


def unmapped(seen: Sighting | Unknown) -> Object:
    """What OCSF has no attribute for: the directive's verdict, the class of the endpoint, the data switches."""
    found: Object = {}
    if seen.decision:
        d = seen.decision
        found |= {"effect": d.effect, "enforce": d.enforce, "rule": d.rule, "waiver": d.waiver}
        found["replacement"] = d.replacement.tool if d.replacement else None
    if isinstance(seen, Sighting):
        if seen.endpoint:
            found["endpoint_class"] = wording.endpoint_class(seen)
        if seen.switches:
            found["switches"] = [
                {"name": s.name, "state": s.state, "value": s.value, "stops": s.stops, "where": s.where}
                for s in seen.switches
            ]
        if seen.deviations:
            found["deviations"] = [
                {"setting": d.setting, "wanted": d.wanted, "switch": d.switch.name if d.switch else None,
                 "user": d.user, "remedy": d.remedy}
                for d in seen.deviations
            ]  # fmt: skip
    if seen.suppressed:
        s = seen.suppressed
        found["suppressed"] = {"reason": s.reason, "owner": s.owner, "until": s.until}
    return {key: value for key, value in found.items() if value is not None}


def closed(uid: str, result: ScanResult) -> Object:
    """A finding of the earlier scan that was not seen again."""
    return {
        **classified(2004, "Detection Finding", CLOSE, ACTIVITIES[CLOSE], INFORMATIONAL),
        "time": milliseconds(result.finished),
        "message": "Seen in the earlier scan, and not any more.",
        "metadata": metadata(result, uid),
        "device": device(result),
        "status_id": 4,
        "status": "Resolved",
        "is_alert": False,
        "finding_info": {"uid": uid, "title": "No longer seen", "types": ["AI coding tool"]},
    }
