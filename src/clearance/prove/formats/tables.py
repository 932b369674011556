"""The tables and charts of a scan's page: who has what, how tools show, where content goes, how complete it all is.

Pure. Rows are plain data in their final order; nothing is left out of them, and nothing is escaped yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from clearance.model.sighting import Coverage, ScanResult, Sighting, Unknown
from clearance.model.terms import Effect, EndpointClass
from clearance.prove.formats import flows as leaving
from clearance.prove.formats import wording
from clearance.prove.formats.outline import MOST_TELLING, ToolGroup, counts, effect_of, severity

EVERY_USER: Final = "every user"


class Mark(Struct, frozen=True):
    """A decision as the page shows it: style class, word, and one letter for narrow cells."""

    style: str
    word: str
    letter: str


MARKS: Final[dict[Effect | None, Mark]] = {
    "block": Mark("block", "block", "B"),
    "warn": Mark("warn", "warn", "W"),
    "allow-with-settings": Mark("settings", "with settings", "S"),
    "allow": Mark("allow", "allow", "A"),
    None: Mark("seen", "not judged", "–"),
}
UNKNOWN: Final = Mark("unknown", "unknown", "U")

HOST_STYLES: Final[dict[EndpointClass, tuple[str, str]]] = {
    "relay": ("block", "relay"),
    "unknown": ("warn", "not known whose"),
    "vendor": ("seen", "vendor"),
    "cloud-provider": ("settings", "cloud provider"),
    "cleared-gateway": ("allow", "cleared gateway"),
}

COVERAGE: Final = (
    ("found", "settings", "found"),
    ("nothing", "allow", "not found"),
    ("not-readable", "block", "not readable"),
    ("not-looked", "warn", "not looked for"),
)


class Part(Struct, frozen=True):
    """A part of a chart, in percent. `label` is shown by a pointer that rests on it."""

    style: str
    label: str
    start: float
    share: float


class Chart(Struct, frozen=True):
    """Parts of a whole. `label` says in words what the picture shows."""

    parts: tuple[Part, ...]
    label: str
    total: int


def chart(amounts: Sequence[tuple[str, str, int]], whole: int | None = None) -> Chart:
    """A chart of (style, word, amount); `whole` is what fills it, if not their sum."""
    total = sum(amount for _, _, amount in amounts)
    full = max(1, whole or total)
    parts, start = [], 0.0
    for style, word, amount in amounts:
        if amount:
            share = round(100 * amount / full, 3)
            parts.append(Part(style, f"{amount:,} {word}", round(start, 3), share))
            start += share
    return Chart(tuple(parts), ", ".join(part.label for part in parts), total)


class Cell(Struct, frozen=True):
    """A person's places of a tool."""

    mark: Mark
    count: int


class PeopleRow(Struct, frozen=True):
    """A tool's line in the table of people."""

    name: str
    cells: tuple[Cell | None, ...]


class BarRow(Struct, frozen=True):
    """A named bar."""

    name: str
    count: int
    bar: Chart


class HostRow(Struct, frozen=True):
    """A host that content goes to."""

    host: str
    style: str
    kind: str
    tools: str


class FlowRow(Struct, frozen=True):
    """A tool's data switches for one person: what flows, by default flows, may flow, and is stopped."""

    name: str
    user: str
    on: tuple[str, ...]
    default: tuple[str, ...]
    unknown: tuple[str, ...]
    off: tuple[str, ...]


class HomeRow(Struct, frozen=True):
    """What a home's coverage is."""

    user: str
    bar: Chart
    text: str


class AsideRow(Struct, frozen=True):
    """A finding that was reviewed and suppressed."""

    what: str
    path: str
    reason: str
    owner: str
    until: str


def set_aside(result: ScanResult, homes: Iterable[tuple[str, str]]) -> list[AsideRow]:
    """The findings that somebody reviewed and suppressed, with who, why and until when."""
    names = {tool.id: tool.name for tool in result.tools}
    everything: list[Sighting | Unknown] = [*result.sightings, *result.unknown]
    return [
        AsideRow(
            what=names.get(seen.tool, seen.tool) if isinstance(seen, Sighting) else UNKNOWN.word,
            path=wording.place(seen.path, seen.user, homes),
            reason=seen.suppressed.reason,
            owner=seen.suppressed.owner,
            until=wording.day(seen.suppressed.until),
        )
        for seen in everything
        if seen.suppressed
    ]


def people(sightings: Iterable[Sighting]) -> list[str]:
    """Everybody for whom something was seen, by name; "" (every user) last."""
    return sorted({seen.user or "" for seen in sightings}, key=lambda user: (not user, user))


def amounts(groups: Sequence[ToolGroup], unknown: int) -> list[tuple[str, str, int]]:
    """(style, word, count) of each decision that some tool has, strongest first, and of the unknown agents."""
    found = counts(groups, unknown)
    told = [(mark.style, mark.word, found.get(effect or "not judged", 0)) for effect, mark in MARKS.items()]
    return [one for one in (*told, (UNKNOWN.style, UNKNOWN.word, unknown)) if one[2]]


def people_rows(groups: Iterable[ToolGroup], users: Sequence[str]) -> list[PeopleRow]:
    """For each tool how many places each of these people has, with the strongest decision for them."""
    return [PeopleRow(group.name, tuple(_cell(group, user) for user in users)) for group in groups]


def _cell(group: ToolGroup, user: str) -> Cell | None:
    mine = [seen for seen in group.sightings if (seen.user or "") == user]
    if not mine:
        return None
    return Cell(MARKS[max((effect_of(seen) for seen in mine), key=severity)], len(mine))


def surface_rows(sightings: Sequence[Sighting]) -> list[BarRow]:
    """How many places of each kind, in the colours of their decisions; the longest bar is full."""
    by_surface = {surface: [s for s in sightings if s.surface == surface] for surface in MOST_TELLING}
    most = max((len(found) for found in by_surface.values()), default=1)
    rows = []
    for surface, found in by_surface.items():
        if found:
            parts = [(m.style, m.word, sum(effect_of(s) == effect for s in found)) for effect, m in MARKS.items()]
            rows.append(BarRow(wording.SURFACE_WORDS[surface], len(found), chart(parts, most)))
    return sorted(rows, key=lambda row: -row.count)


def host_rows(groups: Iterable[ToolGroup]) -> list[HostRow]:
    """Where the tools send to, the most doubtful first; a tool for which nothing is set sends to its vendor."""
    found: dict[tuple[str, EndpointClass], dict[str, None]] = {}
    for group in groups:
        seen = [s for s in group.sightings if s.endpoint and s.surface != "mcp-server"]
        for s in seen:
            host = s.endpoint.host if s.endpoint else ""
            found.setdefault((host, wording.endpoint_class(s)), {})[group.name] = None
        if not seen and group.facts and group.facts.hosts:
            found.setdefault((group.facts.hosts[0], "vendor"), {})[group.name] = None
    order = list(HOST_STYLES)
    return [
        HostRow(host, *HOST_STYLES[kind], ", ".join(names))
        for (host, kind), names in sorted(found.items(), key=lambda item: (order.index(item[0][1]), item[0][0]))
    ]


def flow_rows(groups: Iterable[ToolGroup]) -> list[FlowRow]:
    """For each tool and person what the data switches let leave the machine, weightiest first."""
    rows = []
    for group in groups:
        for user, topics in leaving.topic_states(group).items():
            words: dict[str, list[str]] = {"on": [], "default": [], "unknown": [], "off": []}
            for topic, state in topics.items():
                word = leaving.TOPIC_WORDS[topic]
                words["on" if state == "partly" else state].append(f"{word} (partly)" if state == "partly" else word)
            rows.append(FlowRow(group.name, user or EVERY_USER, **{key: tuple(said) for key, said in words.items()}))
    return rows


def home_rows(entries: Iterable[Coverage]) -> list[HomeRow]:
    """For each home how many tools were looked for, with what result."""
    by_user: dict[str, dict[str, int]] = {}
    for entry in entries:
        states = by_user.setdefault(entry.user, {})
        states[entry.state] = states.get(entry.state, 0) + 1
    rows = []
    for user, states in sorted(by_user.items()):
        bar = chart([(style, word, states.get(state, 0)) for state, style, word in COVERAGE])
        rows.append(HomeRow(user or EVERY_USER, bar, bar.label))
    return rows
