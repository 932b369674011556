"""From observations to sightings, once everything was seen.

What one file shows is not what is in force: a base URL in a start-up file counts only for a tool that is here, a data
switch is set in several places of which the strongest wins, and a session store is thousands of files. Pure.

Order of strength (contract: managed over user over project over default): managed policy, then the environment of a
running process, then variables and files of the user, then those for every user, then those of a project.

Most vendors let a project's settings win over the user's. Where one says otherwise than what is in force by that order,
the switch's state names its place (`otherwise`), so that nobody takes a flow for stopped that a project lets through.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct, structs

from clearance.catalog.index import Catalog
from clearance.model.sighting import Endpoint, Evidence, Sighting, Skipped, SwitchState
from clearance.model.terms import Surface
from clearance.model.tool import Setter, Switch, Tool
from clearance.observe.configured import endpoint_for
from clearance.observe.probe import AgentTraits, Observation, SettingRead, Span, sighting_id
from clearance.observe.scan.package_agents import one_a_package
from clearance.observe.urls import host_of

CARRIERS: Final[frozenset[Surface]] = frozenset({"binary", "package", "editor-extension", "process", "config"})
"""Surfaces that stand for the tool itself: they carry its data switches."""

INSTALLED: Final[frozenset[Surface]] = CARRIERS | {"browser-extension", "socket"}
"""Surfaces that show that a tool is here, so that a variable which other programs read too is taken as the tool's."""

NO: Final = frozenset({"0", "false", "no", "off", ""})
YES: Final = frozenset({"1", "true", "yes", "on"})

PROVIDERS: Final = (
    ("BEDROCK", "bedrock-runtime.amazonaws.com"),
    ("VERTEX", "aiplatform.googleapis.com"),
    ("FOUNDRY", "services.ai.azure.com"),
    ("AZURE", "openai.azure.com"),
)
"""Variables that send a tool to a cloud provider by being switched on, and the host that they mean."""


class Settled(Struct, frozen=True):
    """All sightings, the unknown agents, what was skipped, and what is configured for a (tool, user).

    `switches` has an entry for each person who has or configures a tool, and one without a person for every tool seen.
    """

    sightings: tuple[Sighting, ...]
    agents: tuple[AgentTraits, ...]
    skipped: tuple[Skipped, ...]
    endpoints: dict[tuple[str, str | None], str]
    switches: dict[tuple[str, str | None], tuple[SwitchState, ...]]


def settle(observations: Iterable[Observation], catalog: Catalog) -> Settled:
    """The sightings that a set of observations amounts to, in a stable order."""
    sightings: dict[str, Sighting] = {}
    readings: list[SettingRead] = []
    spans: list[Span] = []
    agents: dict[str, AgentTraits] = {}
    skipped: dict[Skipped, None] = {}
    for seen in observations:
        if isinstance(seen, Sighting):
            sightings.setdefault(seen.id, seen)
        elif isinstance(seen, SettingRead):
            readings.append(seen)
        elif isinstance(seen, Span):
            spans.append(seen)
        elif isinstance(seen, AgentTraits):
            agents.setdefault(seen.path, seen)
        else:
            skipped.setdefault(seen, None)
    for store in session_stores(spans, catalog):
        sightings.setdefault(store.id, store)
    present = {(s.tool, s.user) for s in sightings.values() if s.surface in INSTALLED and s.confidence != "weak"}
    for sighting in [s for s in sightings.values() if _shared(s) and not _here(s.tool, s.user, present)]:
        del sightings[sighting.id]
    counted = [reading for reading in dict.fromkeys(readings) if _counts(reading, present)]
    for sighting in setting_sightings(counted, catalog):
        sightings.setdefault(sighting.id, sighting)
    endpoints = configured_endpoints(counted)
    done = tuple(_dressed(s, counted, catalog, endpoints) for s in sightings.values())
    known = frozenset(s.path for s in sightings.values() if s.surface == "package" and s.confidence != "weak")
    unknown = one_a_package(agents.values(), known)
    order = sorted(done, key=lambda s: (s.tool, s.surface, s.user or "", s.path, s.id))
    return Settled(tuple(order), unknown, tuple(skipped), endpoints, switches_in_force(done, counted, catalog))


def switches_in_force(
    sightings: Iterable[Sighting], readings: list[SettingRead], catalog: Catalog
) -> dict[tuple[str, str | None], tuple[SwitchState, ...]]:
    """The data switches of each tool that was seen, for each person who has or configures it, and for everybody."""
    seen = {(sighting.tool, sighting.user) for sighting in sightings}
    tools = {tool for tool, _ in seen}
    seen |= {(r.tool, r.user) for r in readings if r.tool in tools} | {(tool, None) for tool in tools}
    return {
        (tool, user): tuple(switch_states(catalog.tools[tool], user, None, readings))
        for tool, user in sorted(seen, key=lambda pair: (pair[0], pair[1] or ""))
        if tool in catalog.tools and catalog.tools[tool].switches
    }


def _shared(sighting: Sighting) -> bool:
    return any(piece.kind == "shared" for piece in sighting.evidence)


def _counts(reading: SettingRead, present: set[tuple[str, str | None]]) -> bool:
    """A variable is read by other programs too: it is the tool's where the tool is here, for this user or for all."""
    return not _is_variable(reading) or _here(reading.tool, reading.user, present)


def _here(tool: str, user: str | None, present: set[tuple[str, str | None]]) -> bool:
    if user is None:
        return any(here == tool for here, _ in present)
    return (tool, user) in present or (tool, None) in present


def _is_variable(reading: SettingRead) -> bool:
    return reading.key.isupper() and "." not in reading.key


def session_stores(spans: Iterable[Span], catalog: Catalog) -> list[Sighting]:
    """One sighting a tool, user and store: how many files, how large together, and the span of their dates."""
    stores: dict[tuple[str, str | None, str], list[Span]] = {}
    for span in spans:
        stores.setdefault((span.tool, span.user, span.store), []).append(span)
    found = []
    for (tool, user, store), files in stores.items():
        first, last = min(f.mtime for f in files), max(f.mtime for f in files)
        size = sum(f.bytes for f in files)
        path = _common_folder([f.path for f in files])
        detail = f"{len(files)} file{'s' if len(files) > 1 else ''}, {size} bytes, {_day(first)} to {_day(last)}"
        found.append(
            Sighting(
                id=sighting_id(tool, "session-store", store, user),
                tool=tool,
                name=catalog.tools[tool].name,
                surface="session-store",
                path=path,
                confidence="strong",
                user=user,
                evidence=(Evidence("path", store), Evidence("store", detail)),
            )
        )
    return found


def _common_folder(paths: list[str]) -> str:
    if len(paths) == 1:
        return paths[0]
    low, high = min(paths), max(paths)
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[:same].rpartition("/")[0] or "/"


def _day(mtime: float) -> str:
    try:
        return dt.datetime.fromtimestamp(mtime, dt.UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return "an unreadable date"


def setting_sightings(readings: Iterable[SettingRead], catalog: Catalog) -> list[Sighting]:
    """A sighting for each base URL and each credential variable.

    A variable that a settings document sets is one thing, by whichever of its names the document was asked for it.
    """
    found = []
    for reading in readings:
        if reading.what == "switch":
            continue
        endpoint = None
        if reading.what == "base-url":
            host = endpoint_of(reading)
            if host is None:
                continue
            endpoint = Endpoint(host)
        shown = f"{reading.key} = {reading.value}" if reading.value else f"{reading.key} is set"
        evidence = [Evidence("variable" if _is_variable(reading) else "setting", shown)]
        if reading.line:
            evidence.append(Evidence("line", str(reading.line)))
        surface: Literal["base-url", "credential"] = "base-url" if reading.what == "base-url" else "credential"
        place = f"{reading.path}:{reading.line}" if reading.line else reading.path
        last = reading.key.rpartition(".")[2]
        found.append(
            Sighting(
                id=sighting_id(reading.tool, surface, place, reading.user, last if last.isupper() else reading.key),
                tool=reading.tool,
                name=catalog.tools[reading.tool].name,
                surface=surface,
                path=reading.path,
                confidence="strong",
                user=reading.user,
                repository=reading.folder or None,
                pid=reading.pid,
                running=reading.pid is not None,
                endpoint=endpoint,
                evidence=tuple(evidence),
            )
        )
    return found


def endpoint_of(reading: SettingRead) -> str | None:
    """The host that a base-URL setting sends a tool to; None where it sends it nowhere else."""
    if reading.value.lower() in NO:
        return None
    if reading.value.lower() in YES:
        return next((host for word, host in PROVIDERS if word in reading.key.upper()), None)
    return host_of(reading.value)


def strength(reading: SettingRead) -> int:
    """How strong a place is; the larger wins. What a person sets wins over the same kind of place for everybody."""
    if reading.scope == "managed":
        return 6
    if reading.pid is not None:
        return 5
    if reading.scope == "user":
        return 1 + 2 * _is_variable(reading) + (reading.user is not None)
    return 0


def configured_endpoints(readings: Iterable[SettingRead]) -> dict[tuple[str, str | None], str]:
    """The host that each (tool, user) is sent to. A project's setting holds in that project only and is left out."""
    best: dict[tuple[str, str | None], tuple[int, str]] = {}
    for reading in readings:
        if reading.what != "base-url" or reading.scope == "project":
            continue
        host = endpoint_of(reading)
        key = (reading.tool, reading.user)
        if host is not None and (key not in best or strength(reading) > best[key][0]):
            best[key] = (strength(reading), host)
    return {key: host for key, (_, host) in best.items()}


def switch_states(
    tool: Tool, user: str | None, folder: str | None, readings: Iterable[SettingRead]
) -> list[SwitchState]:
    """Every data switch of a tool as it is in force for a user, in a project where `folder` is given."""
    mine = [
        r
        for r in readings
        if r.tool == tool.id
        and r.what == "switch"
        and r.user in (None, user)
        and (r.scope != "project" or (folder is not None and r.folder == folder))
    ]
    return [_in_force(switch, [r for r in mine if r.name == switch.name]) for switch in tool.switches]


class _Verdict(Struct, frozen=True):
    """What the strongest places say of one key. `asks`: it asks for that state, and does not merely not disable."""

    reading: SettingRead
    state: Literal["on", "off"]
    asks: bool

    @property
    def where(self) -> str:
        """The place and the key in it."""
        line = f":{self.reading.line}" if self.reading.line else ""
        return f"{self.reading.path}{line} {self.reading.key}"


def _in_force(switch: Switch, readings: list[SettingRead]) -> SwitchState:
    best = _strongest(switch, readings)
    if best is None:
        return SwitchState(switch.name, "default", switch.default, "", switch.stops)
    otherwise = ""
    if best.reading.scope == "user":
        inside = _strongest(switch, [r for r in readings if r.scope == "project"])
        if inside and inside.state != best.state and (inside.asks or inside.reading.key == best.reading.key):
            otherwise = inside.where
    return SwitchState(switch.name, best.state, best.reading.value, best.where, switch.stops, otherwise)


def _strongest(switch: Switch, readings: Iterable[SettingRead]) -> _Verdict | None:
    """Key by key the strongest place counts, then the strongest key that asks for something.

    A flow that several keys can stop is stopped by one: `NO_A=0` leaves it to `NO_B`. Of equally strong keys, too.
    """
    by_key: dict[str, list[SettingRead]] = {}
    for reading in readings:
        if _means_something(switch, reading):
            by_key.setdefault(_family(switch, reading), []).append(reading)
    verdicts = [_verdict(switch, same) for same in by_key.values()]
    return max(verdicts, key=lambda v: (v.asks, strength(v.reading), v.state == "off"), default=None)


def _verdict(switch: Switch, same: list[SettingRead]) -> _Verdict:
    most = max(map(strength, same))
    states = [(r, _state(switch, r)) for r in same if strength(r) == most]
    # Names of one table (`*: false, python: true`) are parts of one flow, which is stopped when no part flows.
    wanted = "on" if _is_table(switch, same[0]) else "off"
    reading, state = next((one for one in states if one[1] == wanted), states[0])
    return _Verdict(reading, state, state == "off" or not _disables(switch, reading))


def _family(switch: Switch, reading: SettingRead) -> str:
    return next((s.key for s in switch.set if s.key.endswith(".*") and _same_place(s, reading)), reading.key)


def _disables(switch: Switch, reading: SettingRead) -> bool:
    """Whether the key's only say is to stop the flow, as `NO_X=1` does: `NO_X=0` asks for nothing then."""
    setters = [s for s in switch.set if _same_place(s, reading)]
    return bool(setters) and all(s.on and {_text(value) for value in s.on} <= NO for s in setters)


def _is_table(switch: Switch, reading: SettingRead) -> bool:
    """Whether the key is one of a table of names that are on or off, not of a list of names that stop the flow."""
    setters = [s for s in switch.set if _same_place(s, reading)]
    return bool(setters) and all(s.key.endswith(".*") and not any(isinstance(v, str) for v in s.off) for s in setters)


def _state(switch: Switch, reading: SettingRead) -> Literal["on", "off"]:
    """`off` only where the value is one that the vendor's documents say stops the flow."""
    setters = [s for s in switch.set if _same_place(s, reading)] or list(switch.set)
    value = reading.value.lower()
    for setter in setters:
        if value in {_text(v) for v in setter.off}:
            return "off"
        if value in {_text(v) for v in setter.on}:
            return "on"
    return "off" if any("*" in setter.off for setter in setters) else "on"


def _means_something(switch: Switch, reading: SettingRead) -> bool:
    """A member of a list of names says something about a switch only where it is the name that the switch looks for.

    Of a table of names the one for all (`*`) may stop the flow, any other only let a part of it through.
    """
    setters = [s for s in switch.set if _same_place(s, reading)]
    if not setters or not all(setter.key.endswith(".*") for setter in setters):
        return True
    if _is_table(switch, reading):
        return reading.key.endswith(".*") or _state(switch, reading) == "on"
    return reading.value.lower() in {_text(value) for setter in setters for value in (*setter.off, *setter.on)}


def _same_place(setter: Setter, reading: SettingRead) -> bool:
    if setter.key.endswith(".*"):
        return reading.key.startswith(setter.key[:-1])
    return setter.key == reading.key


def _text(value: str | int | bool) -> str:
    return str(value).lower()


def _dressed(
    sighting: Sighting,
    readings: list[SettingRead],
    catalog: Catalog,
    endpoints: Mapping[tuple[str, str | None], str],
) -> Sighting:
    """The sighting with the endpoint and the data switches that are in force for it."""
    tool = catalog.tools.get(sighting.tool)
    if tool is None:
        return sighting
    endpoint = sighting.endpoint
    if endpoint is None and sighting.surface in CARRIERS:
        host = endpoint_for(endpoints, tool.id, sighting.user)
        endpoint = Endpoint(host) if host else None
    switches: tuple[SwitchState, ...] = ()
    if sighting.surface in CARRIERS and tool.switches:
        switches = tuple(switch_states(tool, sighting.user, sighting.repository, readings))
    if endpoint is sighting.endpoint and not switches:
        return sighting
    return structs.replace(sighting, endpoint=endpoint, switches=switches)
