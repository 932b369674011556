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
from clearance.model.sighting import ScanResult, Sighting, Unknown
from clearance.prove.formats import flows as leaving
from clearance.prove.formats import wording
from clearance.prove.formats.outline import ToolGroup, effect_of, gaps, holes, incomplete, severity, tool_groups
from clearance.prove.formats.page import page
from clearance.prove.formats.rendering import RenderOptions
from clearance.prove.formats.tables import (
    EVERY_USER,
    MARKS,
    UNKNOWN,
    Mark,
    amounts,
    chart,
    flow_rows,
    home_rows,
    host_rows,
    people,
    people_rows,
    set_aside,
    surface_rows,
)

MOST_PLACES: Final = 100
MOST_SKIPPED: Final = 200
MOST_PEOPLE: Final = 24
MOST_HOSTS: Final = 30
MOST_NOTICES: Final = 5
MOST_SETTINGS: Final = 50


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


class SkippedRow(Struct, frozen=True):
    """Something that was not looked at."""

    path: str
    reason: str
    matters: bool


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
        self._styles = {user: f"u{n}" for n, user in enumerate(people(sightings))}
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
        told = amounts(groups, len(agents))
        self.tiles = [Tile(*one) for one in told]
        self.ring = chart(told)
        self.unknown = UNKNOWN
        self.key = ", ".join(f"{mark.letter} {mark.word}" for mark in MARKS.values())
        shown = list(self._styles)[:MOST_PEOPLE]
        self.users = [user or EVERY_USER for user in shown]
        self.people = people_rows(groups, shown)
        self.people_more = _more(len(self._styles) - MOST_PEOPLE, "people")
        self.surfaces = surface_rows(sightings)
        found_hosts = host_rows(groups)
        self.hosts = found_hosts[:MOST_HOSTS]
        self.hosts_more = _more(len(found_hosts) - MOST_HOSTS, "hosts")
        self.flows = flow_rows(groups)
        self.filters = [mark for effect, mark in MARKS.items() if any(group.effect == effect for group in groups)]
        self.user_filters = [UserFilter(self._styles[user], user or EVERY_USER) for user in shown if len(shown) > 1]
        self.tools = [self._tool(group) for group in groups]
        self.agents = [self._agent(agent) for agent in agents]
        aside = set_aside(result, self._homes)
        self.set_aside = aside[:MOST_SKIPPED]
        self.set_aside_more = _more(len(aside) - MOST_SKIPPED)
        self.coverage = home_rows(result.coverage)
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
            yield from self._settings(first.decision, first.sightings)
        if first.undetermined:
            yield Term("unsure", f"not judged by {wording.listed(first.undetermined)}: not observed here")
        for verdict in others:
            users = wording.listed(dict.fromkeys(s.user or EVERY_USER for s in verdict.sightings))
            decision = verdict.decision
            said = f"{decision.effect}: {wording.why(decision)}" if decision else "not judged"
            yield Term("also" if decision and decision.effect == group.effect else "but", f"for {users}: {said}")
            if decision:
                yield from self._settings(decision, verdict.sightings)
        flow = leaving.flows(group, len(leaving.TOPIC_WORDS))
        if flow:
            yield Term("data", f"may leave this machine: {flow}")

    def _settings(self, decision: Decision, sightings: Sequence[Sighting]) -> Iterable[Term]:
        if decision.effect == "allow-with-settings":
            yield Term("settings", wording.asked(decision, sightings))
            differing = wording.deviations(sightings, self._homes)
            yield from (Term("set", said) for said in differing[:MOST_SETTINGS])
            if len(differing) > MOST_SETTINGS:
                yield Term("set", _more(len(differing) - MOST_SETTINGS, "settings"))

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
        differing = sum(any(seen.deviations for seen in group.sightings) for group in groups)
        if differing:
            parts[-1] += f", {differing:,} not set as asked" if len(groups) > 1 else ", not set as asked"
    if agents:
        parts.append(wording.many(agents, "unknown agent"))
    return ", and ".join(parts)


def since(result: ScanResult) -> str:
    """What is new and gone."""
    if result.changes is None:
        return ""
    new, gone = len(result.changes.new), len(result.changes.gone)
    return f"Since {wording.day(result.changes.since)}: {new:,} new, {gone:,} gone."


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
    if decision.upcoming:
        yield Term("soon", wording.upcoming(decision))
    if decision.message:
        yield Term("message", decision.message)


def provenance(result: ScanResult) -> str:
    """Which directive judged, to the byte."""
    policy = result.policy
    if not policy.sha256:
        return "No directive judged this scan."
    return f"Directive {' + '.join(policy.directives)}, generation {policy.generation}, sha256 {policy.sha256}."


def _more(count: int, what: str = "") -> str:
    return f"… and {count:,} more{what and f' {what}'}: clearance scan --json" if count > 0 else ""
