"""A scan as one page to hand on: decisions, who has what, where content goes, and how complete the scan is.

Guarantees: those of `page.py`; the page works from a file, in light and dark, on paper and with a keyboard alone; what
colour says is said in words too; filters need no script; of very long lists the page shows the first entries and says
how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from clearance import __version__
from clearance.model.decision import Decision
from clearance.model.sighting import Coverage, ScanResult, Sighting, Unknown
from clearance.model.terms import Effect, EndpointClass
from clearance.prove.formats import wording
from clearance.prove.formats.outline import (
    MOST_TELLING,
    ToolGroup,
    counts,
    effect_of,
    gaps,
    holes,
    incomplete,
    severity,
    tool_groups,
)
from clearance.prove.formats.page import page
from clearance.prove.formats.rendering import RenderOptions

MOST_PLACES: Final = 100
MOST_SKIPPED: Final = 200
MOST_PEOPLE: Final = 24
MOST_HOSTS: Final = 30
MOST_NOTICES: Final = 5
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


class Term(Struct, frozen=True):
    """A word and what is said about it, maybe with an address that may be followed."""

    word: str
    text: str
    link: str = ""


class Place(Struct, frozen=True):
    """A row of a tool's table. `mark` is set where it was decided otherwise than for the tool's first verdict."""

    user: str
    user_style: str
    path: str
    what: str
    confidence: str
    evidence: tuple[str, ...]
    mark: Mark | None


class ToolView(Struct, frozen=True):
    """A tool with its table."""

    mark: Mark
    title: str
    facts: str
    users: str
    open: bool
    terms: tuple[Term, ...]
    places: tuple[Place, ...]
    more: str


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


class FlowCell(Struct, frozen=True):
    """The state of a data switch."""

    style: str
    word: str


class FlowRow(Struct, frozen=True):
    """A tool's data switches for one person."""

    name: str
    user: str
    cells: tuple[FlowCell | None, ...]


class AgentView(Struct, frozen=True):
    """An unknown agent."""

    path: str
    user: str
    score: str
    traits: str
    why: str


class Tile(Struct, frozen=True):
    """A large number."""

    style: str
    word: str
    count: int


class UserFilter(Struct, frozen=True):
    """A person to choose."""

    style: str
    name: str


class HomeRow(Struct, frozen=True):
    """What a home's coverage is."""

    user: str
    bar: Chart
    text: str


class SkippedRow(Struct, frozen=True):
    """Something that was not looked at."""

    path: str
    reason: str
    matters: bool


class AsideRow(Struct, frozen=True):
    """A finding that was reviewed and suppressed."""

    what: str
    path: str
    reason: str
    owner: str
    until: str


def render(result: ScanResult, options: RenderOptions) -> str:
    """The page."""
    view = View(result, options)
    return page("scan", view.filter_style(), view=view) + "\n"


class View:
    """All that the template writes. Every attribute is plain data, computed once."""

    def __init__(self, result: ScanResult, options: RenderOptions) -> None:
        sightings = [seen for seen in result.sightings if not seen.suppressed]
        agents = [agent for agent in result.unknown if not agent.suppressed]
        groups = tool_groups(sightings, result.tools)
        self._result = result
        self._homes = options.home_prefixes
        self._new = frozenset(result.changes.new if result.changes else ())
        self._styles = {user: f"u{n}" for n, user in enumerate(_people(sightings))}
        self.version = __version__
        self.host = result.host.name
        self.root = "" if result.host.root == "/" else result.host.root
        self.headline = headline(groups, len(agents), result)
        self.directive = wording.directive(result.policy)
        self.when = wording.instant(result.finished)
        self.looked = wording.looked_at(result)
        self.since = since(result)
        self.incomplete = incomplete(result)
        missed = gaps(item for item in result.skipped if item.matters)
        unasked = holes(result.coverage, result.skipped, self._homes)
        self.gaps = [wording.gap(gap, advice=False) for gap in missed[:MOST_NOTICES]]
        self.holes = [wording.hole(hole) for hole in unasked[:MOST_NOTICES]]
        untold = len(missed) + len(unasked) - len(self.gaps) - len(self.holes)
        self.notices_more = f"… and {wording.many(untold, 'other reason')}, below" if untold else ""
        amounts = _amounts(groups, len(agents))
        self.tiles = [Tile(*amount) for amount in amounts]
        self.ring = chart(amounts)
        self.unknown = UNKNOWN
        self.key = ", ".join(f"{mark.letter} {mark.word}" for mark in MARKS.values())
        shown = list(self._styles)[:MOST_PEOPLE]
        self.users = [user or EVERY_USER for user in shown]
        self.people = [PeopleRow(group.name, tuple(_cell(group, user) for user in shown)) for group in groups]
        self.people_more = _more(len(self._styles) - MOST_PEOPLE, "people")
        self.surfaces = surfaces(sightings)
        found_hosts = hosts(groups)
        self.hosts = found_hosts[:MOST_HOSTS]
        self.hosts_more = _more(len(found_hosts) - MOST_HOSTS, "hosts")
        self.topics, self.flows = flows(groups)
        self.filters = [mark for effect, mark in MARKS.items() if any(group.effect == effect for group in groups)]
        self.user_filters = [UserFilter(self._styles[user], user or EVERY_USER) for user in shown if len(shown) > 1]
        self.tools = [self._tool(group) for group in groups]
        self.agents = [self._agent(agent) for agent in agents]
        self.set_aside = set_aside(result, self._homes)
        self.coverage = coverage(result.coverage)
        skipped = sorted(result.skipped, key=lambda item: not item.matters)
        self.skipped = [SkippedRow(s.path, s.reason, s.matters) for s in skipped[:MOST_SKIPPED]]
        self.skipped_more = _more(len(skipped) - MOST_SKIPPED)
        self.provenance = provenance(result)

    def filter_style(self) -> str:
        """The rules by which a chosen decision or person hides the rest. They hold numbers and fixed words only."""
        rules = [
            f"body:has(#only-{mark.style}:checked) details.tool:not(.{mark.style}) {{ display: none; }}"
            for mark in MARKS.values()
        ]
        for style in [self._styles[user] for user in list(self._styles)[:MOST_PEOPLE]]:
            chosen = f"body:has(#only-{style}:checked)"
            rules.append(f"{chosen} details.tool:not(.{style}):not(.unknown) {{ display: none; }}")
            rules.append(f"{chosen} details.tool tbody tr:not(.{style}) {{ display: none; }}")
        return "\n".join(rules) + "\n"

    def _tool(self, group: ToolGroup) -> ToolView:
        versions = ", ".join(group.versions[:3]) + (", …" if len(group.versions) > 3 else "")
        users = dict.fromkeys(self._styles[s.user or ""] for s in group.sightings)
        return ToolView(
            mark=MARKS[group.effect],
            title=f"{group.name} {versions}".strip(),
            facts=wording.facts(group),
            users=" ".join(users),
            open=severity(group.effect) > 0,
            terms=tuple(self._terms(group)),
            places=tuple(self._place(seen, group) for seen in group.sightings[:MOST_PLACES]),
            more=_more(len(group.sightings) - MOST_PLACES),
        )

    def _terms(self, group: ToolGroup) -> Iterable[Term]:
        first, *others = group.verdicts
        if first.decision:
            yield from decision_terms(first.decision, self._result)
        if first.undetermined:
            yield Term("unsure", f"not judged by {wording.listed(first.undetermined)}: not observed here")
        for verdict in others:
            users = wording.listed(dict.fromkeys(s.user or EVERY_USER for s in verdict.sightings))
            decision = verdict.decision
            said = f"{decision.effect}: {wording.why(decision)}" if decision else "not judged"
            yield Term("but", f"for {users}: {said}")
        flow = wording.flows(group)
        if flow:
            yield Term("data", f"leaves this machine: {flow}")

    def _place(self, seen: Sighting, group: ToolGroup) -> Place:
        where = wording.place(seen.path, seen.user, self._homes)
        line = wording.line_of(seen)
        effect = effect_of(seen)
        return Place(
            user=seen.user or EVERY_USER,
            user_style=self._styles[seen.user or ""],
            path=f"{where}:{line}" if line else where,
            what=wording.sighting(seen, new=seen.id in self._new, version=len(group.versions) > 1),
            confidence=seen.confidence,
            evidence=tuple(f"{e.kind}: {e.detail}" for e in seen.evidence if e.kind != "line"),
            mark=MARKS[effect] if effect != group.effect else None,
        )

    def _agent(self, agent: Unknown) -> AgentView:
        decision = agent.decision
        return AgentView(
            path=wording.place(agent.path, agent.user, self._homes),
            user=agent.user or "",
            score=f"{agent.score:.2f}",
            traits=", ".join(agent.traits),
            why=f"{decision.effect}: {wording.why(decision)}" if decision else "",
        )


def headline(groups: Sequence[ToolGroup], agents: int, result: ScanResult) -> str:
    """The one sentence for somebody who reads no further."""
    if not groups and not agents:
        aside = " but what was reviewed and set aside" if result.sightings or result.unknown else ""
        return f"No AI coding tool found{aside}" + ("; not everything could be read" if incomplete(result) else "")
    parts = []
    if groups:
        barred = sum(group.effect == "block" for group in groups)
        said = f", {barred:,} of them not cleared" if barred and len(groups) > 1 else ", not cleared" if barred else ""
        parts.append(wording.many(len(groups), "AI coding tool") + said)
    if agents:
        parts.append(wording.many(agents, "unknown agent"))
    return ", and ".join(parts)


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
    ][:MOST_SKIPPED]


def since(result: ScanResult) -> str:
    """What is new and gone."""
    if result.changes is None:
        return ""
    new, gone = len(result.changes.new), len(result.changes.gone)
    return f"Since {wording.day(result.changes.since)}: {new:,} new, {gone:,} gone."


def _people(sightings: Iterable[Sighting]) -> list[str]:
    return sorted({seen.user or "" for seen in sightings}, key=lambda user: (not user, user))


def _amounts(groups: Sequence[ToolGroup], unknown: int) -> list[tuple[str, str, int]]:
    found = counts(groups, unknown)
    amounts = [(mark.style, mark.word, found.get(effect or "not judged", 0)) for effect, mark in MARKS.items()]
    return [amount for amount in (*amounts, (UNKNOWN.style, UNKNOWN.word, unknown)) if amount[2]]


def _cell(group: ToolGroup, user: str) -> Cell | None:
    mine = [seen for seen in group.sightings if (seen.user or "") == user]
    if not mine:
        return None
    return Cell(MARKS[max((effect_of(seen) for seen in mine), key=severity)], len(mine))


def surfaces(sightings: Sequence[Sighting]) -> list[BarRow]:
    """How many places of each kind, in the colours of their decisions; the longest bar is full."""
    by_surface = {surface: [s for s in sightings if s.surface == surface] for surface in MOST_TELLING}
    most = max((len(found) for found in by_surface.values()), default=1)
    rows = []
    for surface, found in by_surface.items():
        if found:
            amounts = [(m.style, m.word, sum(effect_of(s) == effect for s in found)) for effect, m in MARKS.items()]
            rows.append(BarRow(wording.SURFACE_WORDS[surface], len(found), chart(amounts, most)))
    return sorted(rows, key=lambda row: -row.count)


def hosts(groups: Iterable[ToolGroup]) -> list[HostRow]:
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


def flows(groups: Iterable[ToolGroup]) -> tuple[list[str], list[FlowRow]]:
    """The topics that occur, and for each tool and person the state of each."""
    states = [(group, user, topics) for group in groups for user, topics in wording.topic_states(group).items()]
    topics = [topic for topic in wording.TOPIC_WORDS if any(topic in known for _, _, known in states)]
    styles = {
        "on": FlowCell("block", "on"),
        "partly": FlowCell("warn", "partly on"),
        "default": FlowCell("warn", "on (default)"),
        "unknown": FlowCell("seen", "not set"),
        "off": FlowCell("allow", "off"),
    }
    rows = [
        FlowRow(group.name, user or EVERY_USER, tuple(styles[known[t]] if t in known else None for t in topics))
        for group, user, known in states
    ]
    return [wording.TOPIC_WORDS[topic] for topic in topics], rows


def decision_terms(decision: Decision, result: ScanResult) -> Iterable[Term]:
    """Why it was decided so and what to do about it. The contact is a link where it is a web address."""
    yield Term("why", wording.why(decision))
    use = wording.use_instead(decision.replacement, result) if decision.replacement else ""
    ask = decision.contact if decision.effect in ("block", "warn") else ""
    link = ask if ask.startswith(("https://", "http://")) else ""
    if use:
        yield Term("instead", use)
    if ask:
        yield Term("waiver", "ask here:" if link else ask, link)
    if decision.settings:
        yield Term("settings", wording.settings(decision))
    if decision.upcoming:
        yield Term("soon", wording.upcoming(decision))
    if decision.message:
        yield Term("message", decision.message)


def coverage(entries: Iterable[Coverage]) -> list[HomeRow]:
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


def provenance(result: ScanResult) -> str:
    """Which directive judged, to the byte."""
    policy = result.policy
    if not policy.sha256:
        return "No directive judged this scan."
    return f"Directive {' + '.join(policy.directives)}, generation {policy.generation}, sha256 {policy.sha256}."


def _more(count: int, what: str = "") -> str:
    return f"… and {count:,} more{what and f' {what}'}: clearance scan --json" if count > 0 else ""
