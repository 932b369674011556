"""A scan for a person at a terminal: what is blocked first, what was not looked at last.

Guarantees: no control character but line feeds (and, with `colour`, the colours of this module) is written; no line is
wider than `width` cells (or `NARROWEST`, where that is more); colour says nothing that the words do not say.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from clearance.model.decision import Decision
from clearance.model.sighting import ScanResult, Sighting, Unknown
from clearance.model.terms import Effect
from clearance.prove.formats import flows as leaving
from clearance.prove.formats import wording
from clearance.prove.formats.escape import plain
from clearance.prove.formats.outline import (
    Section,
    ToolGroup,
    counts,
    gaps,
    holes,
    incomplete,
    sections,
    tool_groups,
)
from clearance.prove.formats.rendering import RenderOptions

LABELS: Final[dict[Effect | None, tuple[str, str]]] = {
    "block": ("BLOCK", "bold white on red"),
    "warn": ("WARN", "bold black on yellow"),
    "allow-with-settings": ("SETTINGS", "bold black on cyan"),
    "allow": ("ALLOW", "bold black on green"),
    None: ("SEEN", "bold"),
}
UNKNOWN_STYLE: Final = "bold white on magenta"

INDENT: Final = 10
"""Where everything begins that belongs to a heading."""

TERM: Final = 9
"""How wide the words `why`, `instead` and their like are set."""

PLACES: Final[dict[Effect | None, int]] = {"block": 6, "warn": 4}
"""How many places of a tool are shown, by what holds for it; the rest is counted."""

PLACES_OTHERWISE: Final = 2

AGENTS: Final = 8
"""How many unknown agents are shown."""

SETTINGS: Final = 6
"""How many settings that differ are shown of a tool."""

GAPS: Final = 3
"""How many reasons are named for which something was not looked at."""

NARROWEST: Final = 40


def render(result: ScanResult, options: RenderOptions) -> str:
    """The screen, ending with a line feed."""
    return Screen(result, options).draw()


class Screen:
    """One screen in the making: lines are appended in reading order."""

    def __init__(self, result: ScanResult, options: RenderOptions) -> None:
        self.result = result
        self.options = options
        self.width = max(NARROWEST, options.width)
        self.console = Console(
            file=io.StringIO(), width=self.width, color_system="standard" if options.colour else None,
            force_terminal=options.colour, markup=False, highlight=False, emoji=False, legacy_windows=False,
        )  # fmt: skip
        self.lines: list[Text] = []
        self.new = frozenset(result.changes.new if result.changes else ())
        self.sightings = tuple(s for s in result.sightings if options.verbose or not s.suppressed)
        self.agents = tuple(agent for agent in result.unknown if options.verbose or not agent.suppressed)
        self.groups = tool_groups(self.sightings, result.tools)

    def draw(self) -> str:
        """All lines, drawn."""
        self.header()
        for section in sections(self.sightings, self.result.tools, self.options.group_by):
            self.section(section)
        self.unknown_agents()
        self.blank()
        self.footer()
        with self.console.capture() as captured:
            for line in self.lines:
                line.rstrip()
                self.console.print(line, soft_wrap=True)
        return captured.get()

    # Lines.

    def blank(self) -> None:
        """An empty line, never two of them."""
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text())

    def write(self, text: Text | str, *, indent: int = 0, first: Text | None = None) -> None:
        """A paragraph, wrapped at `width`, its lines indented; `first` stands before the first line's text."""
        body = text if isinstance(text, Text) else Text(plain(text, limit=4000))
        room = max(1, self.width - indent)
        start = first or Text(" " * indent)
        for number, line in enumerate(body.wrap(self.console, room)):
            self.lines.append(Text.assemble(start if number == 0 else " " * indent, line))

    def term(self, word: str, text: Text | str) -> None:
        """`why  …` under a tool."""
        if text:
            first = Text.assemble(" " * INDENT, (f"{word:<{TERM}}", "dim"))
            self.write(text, indent=INDENT + TERM, first=first)

    # Parts.

    def header(self) -> None:
        """Which host, which directive, how much was looked at."""
        result = self.result
        root = "" if result.host.root == "/" else f" · root {plain(result.host.root)}"
        host = Text(plain(result.host.name), style="bold")
        self.write(Text.assemble(host, root, " · ", plain(wording.directive(result.policy))))
        looked = f"Looked at {wording.looked_at(result)}."
        if not (self.groups or self.agents):
            looked += f" {self.nothing()}"
        self.write(looked)
        if result.changes:
            new, gone = len(result.changes.new), len(result.changes.gone)
            self.write(f"Since {wording.day(result.changes.since)}: {new:,} new, {gone:,} gone.")
        self.blank()

    def nothing(self) -> str:
        """That no tool was found, and how much that says."""
        if self.result.sightings or self.result.unknown:
            return "Nothing found but what was reviewed and suppressed."
        if incomplete(self.result):
            return "No AI coding tool found where it could look; not everything could be read."
        if not self.result.summary.files_seen:
            return "Nothing was looked at: no home and no place where programs lie is here."
        return "No AI coding tool found; everything could be read."

    def section(self, section: Section) -> None:
        """A heading where the outline has one, and its tools."""
        if section.user is not None:
            name = plain(section.user) if section.user else "every user"
            many = wording.many(len(section.groups), "tool")
            self.write(Text.assemble((name, "bold"), (f" · {many}", "dim")))
        name_width = min(28, max(cell_len(title(group)) for group in section.groups))
        for group in section.groups:
            self.tool(group, name_width)

    def tool(self, group: ToolGroup, name_width: int) -> None:
        """A tool: heading, places, why and what instead."""
        self.heading(label(group.effect), Text(title(group), style="bold"), wording.facts(group), name_width)
        self.places(group)
        first, *others = group.verdicts
        if first.decision:
            self.reasons(first.decision, first.sightings)
        if first.undetermined:
            rules = wording.listed(first.undetermined)
            self.term("unsure", f"not judged by {rules}: what it asks for could not be observed here")
        for verdict in others:
            users = wording.listed(dict.fromkeys(s.user or "all" for s in verdict.sightings))
            what = wording.many(len(verdict.sightings), "place")
            decision = verdict.decision
            said = f"{decision.effect} for {what} of {users} · {wording.why(decision)}" if decision else "not judged"
            self.term("also" if decision and decision.effect == group.effect else "but", said)
            self.settings(decision, verdict.sightings)
        flows = leaving.flows(group, len(leaving.TOPIC_WORDS) if self.options.verbose else leaving.MOST)
        self.term("data", f"may leave this machine: {flows}" if flows else "")
        self.blank()

    def heading(self, mark: Text, name: Text, facts: str, name_width: int) -> None:
        """` BLOCK    Claude Code 2.1.329    Anthropic, US · cloud`; what does not fit goes below."""
        start = padded(mark, INDENT)
        used = INDENT + max(name_width, cell_len(name.plain)) + 2
        if facts and used + cell_len(plain(facts)) <= self.width:
            head = padded(name, used - INDENT)
            self.lines.append(Text.assemble(start, head, (plain(facts), "dim")))
            return
        self.write(name, indent=INDENT, first=start)
        if facts:
            self.write(Text(plain(facts), style="dim"), indent=INDENT)

    def places(self, group: ToolGroup) -> None:
        """Who, where, what: one line a place."""
        rows = list(self.rows(group.sightings, several_versions=len(group.versions) > 1))
        most = PLACES.get(group.effect, PLACES_OTHERWISE)
        shown = rows if self.options.verbose else rows[:most]
        if len(rows) == most + 1:
            # The line that counts the rest would be as long as the rest.
            shown = rows
        users = min(12, max((cell_len(user) for user, _, _ in shown), default=0))
        users += 2 if users else 0
        room = self.width - INDENT - users
        widest = max(20, room * 3 // 5)
        paths = max((cell_len(path) for _, path, _ in shown if cell_len(path) <= widest), default=0)
        for user, path, what in shown:
            start = Text.assemble(" " * INDENT, padded(Text(fitting(user, 12)), users))
            column = INDENT + users + paths + 2
            if cell_len(path) <= paths and column < self.width - 12:
                self.write(Text(what, "dim"), indent=column, first=Text.assemble(start, padded(Text(path), paths + 2)))
            else:
                self.write(fitting(path, room), indent=INDENT + users, first=start)
                self.write(Text(what, "dim"), indent=INDENT + users + 2)
        if len(shown) < len(rows):
            self.write(f"… and {len(rows) - len(shown):,} more (clearance scan --json)", indent=INDENT)

    def rows(self, sightings: Iterable[Sighting], *, several_versions: bool) -> Iterator[tuple[str, str, str]]:
        """(user, path, what) of each place; what was seen in the same place is said on one line."""
        merged: dict[tuple[str, str], list[Sighting]] = {}
        for seen in sightings:
            where = wording.place(seen.path, seen.user, self.options.home_prefixes)
            line = wording.line_of(seen)
            user = "" if self.options.group_by == "user" else seen.user or "all"
            merged.setdefault((user, f"{where}:{line}" if line else where), []).append(seen)
        for (user, where), together in merged.items():
            what = wording.sightings(together, new=self.new, version=several_versions)
            yield plain(user, limit=32), plain(where, limit=1000), plain(what, limit=200)

    def reasons(self, decision: Decision, sightings: Sequence[Sighting]) -> None:
        """Why it was decided so, what to do instead, how it must be set, and what is to come."""
        self.term("why", wording.why(decision))
        if decision.replacement:
            self.term("instead", wording.instead(decision, self.result))
        elif decision.effect in ("block", "warn"):
            self.term("waiver", decision.contact)
        self.settings(decision, sightings)
        self.term("soon", wording.upcoming(decision))

    def settings(self, decision: Decision | None, sightings: Sequence[Sighting]) -> None:
        """What the tool must be configured with, and each setting that differs."""
        if decision is None or decision.effect != "allow-with-settings":
            return
        self.term("settings", wording.asked(decision, sightings))
        said = wording.deviations(sightings, self.options.home_prefixes)
        shown = said if self.options.verbose or len(said) == SETTINGS + 1 else said[:SETTINGS]
        for line in shown:
            self.term("set", line)
        if len(shown) < len(said):
            self.term("set", f"… and {len(said) - len(shown):,} more (clearance scan --json)")

    def unknown_agents(self) -> None:
        """The likeliest of the unknown agents, a line each, and how many more there are."""
        ordered = sorted(self.agents, key=lambda agent: (-agent.score, agent.path))
        most = len(ordered) if self.options.verbose or len(ordered) == AGENTS + 1 else AGENTS
        for agent in ordered[:most]:
            self.unknown(agent)
        if ordered[most:]:
            self.write(f"… and {len(ordered) - most:,} more (clearance scan --json)", indent=INDENT)

    def unknown(self, agent: Unknown) -> None:
        """A program that no catalog entry knows."""
        where = wording.place(agent.path, agent.user, self.options.home_prefixes)
        user = f"{plain(agent.user)} " if agent.user else ""
        judged = f" · {agent.decision.effect}, {plain(wording.ruled(agent.decision))}" if agent.decision else ""
        new = ", new" if agent.id in self.new else ""
        if agent.suppressed:
            judged += f" · suppressed until {plain(wording.day(agent.suppressed.until))}"
        text = Text.assemble(
            "looks like an AI coding agent: ",
            (f"{user}{plain(where)}", "bold"),
            (f" ({plain(wording.unknown(agent))}{new})", ""),
            (judged, "dim"),
        )
        self.write(text, indent=INDENT, first=padded(badge("UNKNOWN", UNKNOWN_STYLE), INDENT))

    def footer(self) -> None:
        """The counts, what was not looked at, and what to do next."""
        result = self.result
        total = ", ".join(f"{count:,} {word}" for word, count in counts(self.groups, len(self.agents)).items())
        matter = [item for item in result.skipped if item.matters]
        missed = gaps(matter)
        shown = missed if self.options.verbose else missed[:GAPS]
        advice = not self.options.privileged and result.host.root == "/"
        differing = sum(any(seen.deviations for seen in group.sightings) for group in self.groups)
        if differing:
            total += f"; {wording.many(differing, 'tool')} not set as asked"
        said = "; ".join(wording.gap(gap, advice=advice) for gap in shown)
        if len(shown) < len(missed):
            said += f"; and for {wording.many(len(missed) - len(shown), 'other reason')}"
        summary = Text(f"{total}." if total else "", style="bold")
        if said:
            summary = Text.assemble(summary, " " if total else "", plain(f"Not looked at: {said}.", limit=4000))
        if summary:
            self.write(summary)
        for hole in holes(result.coverage, matter, self.options.home_prefixes):
            sentence = wording.hole(hole)
            self.write(f"{sentence[0].upper()}{sentence[1:]}.")
        hidden = len(result.sightings) + len(result.unknown) - len(self.sightings) - len(self.agents)
        if hidden:
            self.write(f"{wording.many(hidden, 'finding')} suppressed after review (-v shows them).")
        lesser = len(result.skipped) - len(matter)
        if lesser and not self.options.verbose:
            self.write(f"{wording.many(lesser, 'lesser thing')} left out (-v names them).")
        elif lesser:
            for gap in gaps(item for item in result.skipped if not item.matters):
                self.write(f"Left out: {wording.gap(gap, advice=False)}.")
        self.write(self.next_step())

    def next_step(self) -> str:
        """The last line: where to read on."""
        if self.groups:
            return f"One tool in full: clearance explain {self.groups[0].tool} · everything: clearance scan --json"
        if self.result.unknown or self.result.sightings:
            return "Everything: clearance scan --json"
        if not self.result.summary.files_seen and self.result.host.root != "/":
            return (
                "Name the folder that holds etc and home (or Users): clearance scan --root DIR · "
                "look at every file in it: clearance scan --root DIR --deep /"
            )
        return (
            "See what a finding looks like: clearance scan --root examples/laptop · "
            "search the whole disk: clearance scan --deep /"
        )


def label(effect: Effect | None) -> Text:
    """The word that stands before a tool."""
    return badge(*LABELS[effect])


def badge(word: str, style: str) -> Text:
    """A word on a coloured ground, set in by one cell."""
    return Text.assemble((f" {word} "[: INDENT - 1], style))


def title(group: ToolGroup) -> str:
    """`Claude Code 2.1.329`; several versions are counted."""
    versions = group.versions
    shown = ", ".join(versions) if len(versions) <= 2 else f"({len(versions)} versions)"
    return plain(f"{group.name} {shown}", limit=60).strip()


def padded(text: Text, width: int) -> Text:
    """The text, filled with blanks to `width` cells."""
    return Text.assemble(text, " " * max(0, width - cell_len(text.plain)))


def fitting(text: str, width: int) -> str:
    """The text in at most `width` cells: its middle is left out, because the ends of a path say most."""
    if cell_len(text) <= width:
        return text
    head = _within(text, (width - 1) // 3)
    tail = _within(text[::-1], width - 1 - cell_len(head))[::-1]
    return f"{head}…{tail}"


def _within(text: str, width: int) -> str:
    """As much of the beginning of a text as fits into `width` cells."""
    taken = 0
    for position, char in enumerate(text):
        taken += cell_len(char)
        if taken > width:
            return text[:position]
    return text
