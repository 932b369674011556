"""Phrases about sightings, decisions and what was not looked at, the same in every format that people read.

Plain words without blame. What comes from the scanned host is not made safe here: `escape.plain` does that where a
phrase is shown.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import structs

from clearance.model.decision import Decision, PolicyRef, Replacement
from clearance.model.sighting import Deviation, Evidence, ScanResult, Sighting, SwitchState, Unknown
from clearance.model.terms import UNKNOWN, EndpointClass, Surface
from clearance.prove.formats.escape import plain
from clearance.prove.formats.outline import Gap, Hole, ToolGroup, risk_of

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

SURFACE_WORDS: Final[dict[Surface, str]] = {
    "binary": "binary",
    "package": "package",
    "editor-extension": "editor extension",
    "browser-extension": "browser extension",
    "config": "settings",
    "instructions": "instruction file",
    "session-store": "sessions",
    "credential": "credential",
    "base-url": "base URL",
    "mcp-server": "MCP server",
    "process": "process",
    "socket": "listening socket",
    "endpoint": "endpoint",
}

ENDPOINT_WORDS: Final[dict[EndpointClass, str]] = {
    "vendor": "the vendor's host",
    "cleared-gateway": "a cleared gateway",
    "cloud-provider": "a cloud provider",
    "relay": "a relay",
    "unknown": "not known whose",
}

NO_SWITCH: Final = "no such switch of this tool is known"
NO_PLACE: Final = "nothing on this machine sets it; ask in the account or the vendor's console"

LONGEST_REASON: Final = 90
"""A parser's complaint may quote the document."""

SENDERS: Final = frozenset({"binary", "package", "editor-extension", "browser-extension", "process"})
"""Surfaces that send by themselves; settings are read by one of them."""

_BYTES: Final = re.compile(r"\b([0-9]{1,20}) bytes\b")

TELLING: Final[dict[Surface, tuple[str, ...]]] = {
    "credential": ("credential", "variable", "setting", "exposed"),
    "session-store": ("store",),
    "mcp-server": ("launches", "connects"),
    "socket": ("socket", "listens"),
}
"""Evidence that says something about a surface which its path does not."""


def day(date: str) -> str:
    """`2026-07-10` (with or without a time) as `10 July 2026`; anything else as it is."""
    try:
        moment = dt.datetime.fromisoformat(date)
    except ValueError:
        return date
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def instant(time: str) -> str:
    """`2026-11-21T09:30:00Z` as `21 November 2026, 09:30 UTC`; anything else as it is."""
    try:
        moment = dt.datetime.fromisoformat(time)
        utc = moment.astimezone(dt.UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return time
    return day(time) if utc is None else f"{day(utc.isoformat())}, {utc:%H:%M} UTC"


def many(count: int, word: str, plural: str = "") -> str:
    """`1 home`, `212,408 files`."""
    return f"{count:,} {word if count == 1 else plural or word + 's'}"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def directive(policy: PolicyRef) -> str:
    """Which directive judged: `directive D-1 "Title" (generation 3, 8f2c41d0)`."""
    if policy.example:
        return f'no directive (shipped example "{policy.title or " + ".join(policy.directives)}")'
    if not policy.directives and not policy.sha256:
        return "no directive"
    title = f' "{policy.title}"' if policy.title else ""
    generation = f"generation {policy.generation}" if policy.generation else "not accepted on this host yet"
    return f"directive {' + '.join(policy.directives)}{title} ({generation}, {policy.sha256[:8]})"


def looked_at(result: ScanResult) -> str:
    """How much was looked at, in what time."""
    s = result.summary
    seconds = f"{s.seconds:.1f} s" if s.seconds < 100 else f"{s.seconds / 60:.0f} min"
    parts = [many(s.homes, "home"), many(s.files_seen, "file")]
    if s.processes:
        parts.append(many(s.processes, "process", "processes"))
    return f"{listed(parts)} in {seconds}"


def facts(group: ToolGroup) -> str:
    """Whose tool it is, where it runs, and at what risk."""
    parts = []
    if group.facts:
        owner = [word for word in (group.facts.vendor, group.facts.country) if word and word != UNKNOWN]
        parts.append(", ".join(owner))
        place = group.facts.deployment
        parts.append("deployment unknown" if place == UNKNOWN else place)
    classes = {_class_of(s) for s in group.sightings} - {None}
    if classes == {"cleared-gateway"}:
        parts.append("cleared gateway here")
    risk = risk_of(group)
    if risk:
        parts.append(f"risk {risk}")
    return " · ".join(part for part in parts if part)


def _class_of(sighting: Sighting) -> EndpointClass | None:
    if sighting.surface == "mcp-server" or sighting.endpoint is None:
        # Where an MCP server lies says nothing of where the tool sends its prompts.
        return None
    return endpoint_class(sighting)


def endpoint_class(sighting: Sighting) -> EndpointClass:
    """What a sighting's endpoint was judged as, else what it was seen as."""
    if sighting.decision and sighting.decision.endpoint_class and sighting.surface != "mcp-server":
        return sighting.decision.endpoint_class
    return sighting.endpoint.class_ if sighting.endpoint else UNKNOWN


def place(path: str, user: str | None, homes: Iterable[tuple[str, str]]) -> str:
    """The path as its user would write it: `~/…` in the own home, `~bo/…` in another's."""
    best = ("", "")
    for owner, home in homes:
        root = home.rstrip("/\\")
        inside = path == root or path.startswith((root + "/", root + "\\"))
        if root and inside and len(root) > len(best[1]):
            best = (owner, root)
    owner, root = best
    if not root:
        return path
    return f"~{'' if owner == user else owner}{path[len(root) :]}"


def line_of(sighting: Sighting) -> int | None:
    """The line of the file in which it was seen, counted from 1, where the evidence gives one."""
    for evidence in sighting.evidence:
        if evidence.kind == "line" and evidence.detail.isascii() and evidence.detail.isdigit():
            return int(evidence.detail[:9]) or None
    return None


def sightings(seen: Sequence[Sighting], *, new: Collection[str] = (), version: bool = False) -> str:
    """What was seen in one place, which is often the same thing in several ways: `binary, running (pid 4121)`."""
    servers = [s for s in seen if s.surface == "mcp-server"]
    if len(servers) > 1 and len(servers) == len(seen):
        names = dict.fromkeys(s.name for s in servers)
        return f"MCP servers {listed(names)}" + (", new" if any(s.id in new for s in servers) else "")
    others = [s for s in seen if s.surface != "process"]
    if others and len(others) < len(seen):
        # The program and its processes, in one phrase.
        pids = sorted({s.pid for s in seen if s.surface == "process" and s.pid is not None})
        first = structs.replace(others[0], running=True, pid=None)
        running = f" (pid{'s' if len(pids) > 1 else ''} {', '.join(map(str, pids))})" if pids else ""
        said = [sighting(first, new=first.id in new, version=version) + running, *_each(others[1:], new, version)]
        return "; ".join(dict.fromkeys(said))
    return "; ".join(dict.fromkeys(_each(seen, new, version)))


def _each(seen: Iterable[Sighting], new: Collection[str], version: bool) -> Iterator[str]:
    for one in seen:
        yield sighting(one, new=one.id in new, version=version)


def sighting(seen: Sighting, *, new: bool = False, version: bool = False) -> str:
    """What was seen, in a phrase: `credential, OAuth, mode 0600`."""
    words = [SURFACE_WORDS[seen.surface]]
    if seen.surface == "base-url" and seen.endpoint:
        words[0] += f" → {endpoint(seen)}"
    elif seen.surface == "mcp-server":
        words[0] += f" {seen.name}"
    details = [detail(e) for e in seen.evidence if e.kind in TELLING.get(seen.surface, ())]
    words.extend(text for text in details if text)
    if version and seen.version:
        words.append(seen.version)
    if seen.endpoint and seen.surface in SENDERS and endpoint_class(seen) != "vendor":
        words.append(f"sends to {endpoint(seen)}")
    if seen.confidence == "weak":
        words.append("weak sign")
    if new:
        words.append("new")
    if seen.suppressed:
        words.append(f"suppressed until {day(seen.suppressed.until)}: {seen.suppressed.reason}")
    if seen.surface == "process":
        words.extend([f"pid {seen.pid}"] if seen.pid is not None else [])
    elif seen.running:
        words.append("running" if seen.pid is None else f"running (pid {seen.pid})")
    return ", ".join(words)


def detail(evidence: Evidence) -> str:
    """What a piece of evidence adds, said so that it reads on after the surface."""
    if evidence.kind == "launches":
        return f"runs {evidence.detail}"
    if evidence.kind == "connects":
        return f"at {evidence.detail}"
    if evidence.kind == "store":
        return _BYTES.sub(lambda match: size(int(match[1])), evidence.detail)
    return evidence.detail


def size(count: int) -> str:
    """A number of bytes as `9.1 MB`."""
    units = ("kB", "MB", "GB", "TB")
    if count < 1000:
        return many(count, "byte")
    power = next((n for n, _ in enumerate(units, 1) if count < 999.5 * 1000**n), len(units))
    number = count / 1000**power
    return f"{number:.1f} {units[power - 1]}" if number < 9.95 else f"{number:,.0f} {units[power - 1]}"


def endpoint(seen: Sighting) -> str:
    """The host and what it is: `relay.example.net, a relay`."""
    return f"{seen.endpoint.host}, {ENDPOINT_WORDS[endpoint_class(seen)]}" if seen.endpoint else ""


def ruled(decision: Decision) -> str:
    """Which rule or waiver decided."""
    if decision.waiver:
        return f"waiver {decision.waiver}"
    return f"rule {decision.rule}" if decision.rule else "the directive's default"


def unknown(agent: Unknown) -> str:
    """Why a program looks like an agent: `LLM SDK, tool-use prompt; score 0.86`."""
    return "; ".join(part for part in (", ".join(agent.traits), f"score {agent.score:.2f}") if part)


def finding(seen: Sighting | Unknown, names: Mapping[str, str]) -> str:
    """A finding in full sentences: what was found, what holds for it, why, what to use instead. `names` are by tool."""
    if isinstance(seen, Unknown):
        parts = [f"Looks like an AI coding agent: {unknown(seen)}"]
    else:
        version = f" {seen.version}" if seen.version else ""
        parts = [f"{names.get(seen.tool, seen.tool)}{version}: {sighting(seen)}"]
    decision = seen.decision
    if decision:
        parts.append(f"{decision.effect}: {why(decision)}")
        differing = deviations([seen]) if isinstance(seen, Sighting) else []
        parts += [f"Settings differ: {'; '.join(differing)}"] if differing else []
        if decision.replacement:
            parts.append(replacement(decision.replacement))
    return ". ".join(parts) + "."


def replacement(other: Replacement) -> str:
    """What to use instead, and how to start it."""
    return f"Use {other.name} instead{f' (run {other.command})' if other.command else ''}"


def why(decision: Decision) -> str:
    """The reason, the rule or waiver that gave it, and since when."""
    since = f", since {day(decision.since)}" if decision.since else ""
    parts = [decision.reason, f"{ruled(decision)}{since}"]
    if decision.effect == "block" and decision.enforce != "block":
        parts.append(f"enforced as {decision.enforce}")
    elif decision.effect == "warn" and decision.enforce == "observe":
        parts.append("enforced as observe")
    return " · ".join(part for part in parts if part)


def instead(decision: Decision, result: ScanResult) -> str:
    """What to use, how to start it, and how to ask for an exception; empty where the decision names nothing."""
    parts = [use_instead(decision.replacement, result)] if decision.replacement else []
    if decision.contact and decision.effect in ("block", "warn"):
        parts.append(f"waiver: {decision.contact}")
    return " · ".join(parts)


def use_instead(other: Replacement, result: ScanResult) -> str:
    """`Qwen Code on llm.corp.example.com: run qwen`; the host is named where a cleared gateway was seen for it."""
    gateway = next(
        (s.endpoint.host for s in result.sightings
         if s.tool == other.tool and s.endpoint and endpoint_class(s) == "cleared-gateway"),
        "",
    )  # fmt: skip
    where = f" on {gateway}" if gateway else ""
    return f"{other.name}{where}{f': run {other.command}' if other.command else ''}"


def settings(decision: Decision) -> str:
    """What the tool must be configured with."""
    return ", ".join(f"{name} = {_setting(value)}" for name, value in decision.settings.items())


def _setting(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def asked(decision: Decision, sightings: Iterable[Sighting]) -> str:
    """What the tool must be configured with, and whether it is."""
    said = settings(decision)
    differing = {d.setting for seen in sightings for d in seen.deviations}
    if not said or not differing:
        return said and f"{said} · as asked"
    total = len(decision.settings)
    return f"{said} · {'not as asked' if total == 1 else f'{len(differing)} of {total} not as asked'}"


def deviations(sightings: Iterable[Sighting], homes: Iterable[tuple[str, str]] = ()) -> list[str]:
    """Each setting that differs, once: `telemetry: on for ana, must be off — ~/.x.json key: set key to false there`."""
    told = tuple(homes)
    people: dict[tuple[str, str, str], dict[str, None]] = {}
    for seen in sightings:
        for found in seen.deviations:
            people.setdefault(_deviation(found, told), {})[found.user or "everybody"] = None
    return [f"{now} for {listed(who)}{must} — {how}" for (now, must, how), who in people.items()]


def to_set(found: Deviation) -> str:
    """Where and how a setting is set: `telemetry (usage): set usage to false in ~/.t/settings.json`."""
    if found.switch is None:
        return f"{found.setting}: {NO_SWITCH}"
    name = found.setting if found.switch.name == found.setting else f"{found.setting} ({found.switch.name})"
    return f"{name}: {found.remedy or NO_PLACE}"


def _deviation(found: Deviation, homes: Iterable[tuple[str, str]]) -> tuple[str, str, str]:
    """How a setting stands, how it must, and where and how to set it."""
    name, switch, must = found.setting, found.switch, f", must be {found.wanted}"
    if switch is None:
        return f"{name}: not known", must, NO_SWITCH
    if switch.name != name:
        name += f" ({switch.name})"
    now, where = setting_now(switch, found.wanted), switch.where
    if switch.otherwise and now == found.wanted:
        must, where = f" but not in a project{must}", switch.otherwise
    told = [part for part in (place(where, found.user, homes), found.remedy) if part]
    return f"{name}: {now}", must, ": ".join(told) or NO_PLACE


def setting_now(switch: SwitchState, wanted: str) -> str:
    """How a switch stands, in the terms in which it is asked for: `on`, `off by default`, `manual`."""
    if switch.state == "default":
        return "not set (default unknown)" if switch.value == UNKNOWN else f"{switch.value} by default"
    return switch.state if wanted in ("on", "off") else switch.value


def upcoming(decision: Decision) -> str:
    """What will hold, and from when; empty where nothing is to come."""
    soon = decision.upcoming
    return f"{soon.effect} from {day(soon.from_)} · rule {soon.rule}" if soon else ""


def gap(found: Gap, *, advice: bool) -> str:
    """Paths that were not looked at, and why: `/home/bo (permission denied; run as root)`."""
    more = f" and {found.count - 1:,} more" if found.count > 1 else ""
    helps = advice and "permission" in found.reason.lower()
    return f"{found.paths[0]}{more} ({plain(found.reason, limit=LONGEST_REASON)}{'; run as root' if helps else ''})"


def hole(found: Hole) -> str:
    """Which tools were not looked for, where, and why."""
    tools = "no tool" if found.all_tools else many(len(found.tools), "tool")
    verb = "could be" if found.all_tools else "could not be"
    if found.state == "not-looked":
        verb = "was" if found.all_tools else "was not" if len(found.tools) == 1 else "were not"
    users = listed(found.users) if len(found.users) <= 3 else many(len(found.users), "home")
    named = f" ({', '.join(found.tools)})" if not found.all_tools and len(found.tools) <= 3 else ""
    reason = f": {found.why}" if found.why else ""
    return f"{tools}{named} {verb} looked for in {'the home of ' if len(found.users) <= 3 else ''}{users}{reason}"
