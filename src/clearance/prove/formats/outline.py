"""A scan in the order in which a person reads it: what is blocked first, one group a tool, what was not seen last.

Pure. Orders are total, so that the same result always gives the same outline. Text is as it was found: whoever shows it
makes it safe (`escape.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from clearance.model.decision import Decision, ToolFacts
from clearance.model.sighting import Coverage, ScanResult, Sighting, Skipped
from clearance.model.terms import CONFIDENCES, EFFECTS, RISKS, Effect, Surface
from clearance.prove.formats.rendering import GroupBy

MOST_TELLING: Final[tuple[Surface, ...]] = (
    "process", "socket", "binary", "package", "editor-extension", "browser-extension", "base-url", "credential",
    "endpoint", "mcp-server", "session-store", "config", "instructions",
)  # fmt: skip
"""Surfaces in the order in which they matter to somebody who asks what is here."""


class Verdict(Struct, frozen=True):
    """The sightings of a tool that were decided alike. `decision` is None where none was made."""

    decision: Decision | None
    sightings: tuple[Sighting, ...]

    @property
    def undetermined(self) -> tuple[str, ...]:
        """The rules that could not be judged for at least one of the sightings."""
        return tuple(dict.fromkeys(rule for s in self.sightings if s.decision for rule in s.decision.undetermined))


class ToolGroup(Struct, frozen=True):
    """A tool with its sightings and verdicts, the strongest and most telling first. `effect` is the strongest."""

    tool: str
    name: str
    facts: ToolFacts | None
    versions: tuple[str, ...]
    effect: Effect | None
    verdicts: tuple[Verdict, ...]
    sightings: tuple[Sighting, ...]


class Section(Struct, frozen=True):
    """Tool groups under one heading. `user` is set where the outline has a part for each; "" is every user."""

    groups: tuple[ToolGroup, ...]
    user: str | None = None


class Gap(Struct, frozen=True):
    """Things of one scan that were not looked at for the same reason. `paths` are the first few of `count`."""

    reason: str
    count: int
    paths: tuple[str, ...]


class Hole(Struct, frozen=True):
    """Tools that were not looked for in some homes, for one reason. `all_tools`: no tool was looked for there."""

    state: str
    why: str
    users: tuple[str, ...]
    tools: tuple[str, ...]
    all_tools: bool


def effect_of(sighting: Sighting) -> Effect | None:
    """What the directive says about a sighting; None where it was not asked."""
    return sighting.decision.effect if sighting.decision else None


def severity(effect: Effect | None) -> int:
    """The stronger the effect, the larger."""
    return EFFECTS.index(effect) if effect else -1


def sections(sightings: Iterable[Sighting], tools: Iterable[ToolFacts], by: GroupBy) -> tuple[Section, ...]:
    """Sightings, grouped for reading: one section, or one for each user; none when nothing was seen."""
    if by == "user":
        by_user: dict[str, list[Sighting]] = {}
        for sighting in sightings:
            by_user.setdefault(sighting.user or "", []).append(sighting)
        # What belongs to every user of the host stands last.
        order = sorted(by_user, key=lambda user: (not user, user))
        return tuple(Section(tool_groups(by_user[user], tools), user) for user in order)
    groups = tool_groups(sightings, tools)
    if by == "tool":
        groups = tuple(sorted(groups, key=lambda group: (group.name.lower(), group.tool)))
    return (Section(groups),) if groups else ()


def tool_groups(sightings: Iterable[Sighting], tools: Iterable[ToolFacts]) -> tuple[ToolGroup, ...]:
    """One group a tool: the strongest effect first, then the highest risk, then by name."""
    facts = {tool.id: tool for tool in tools}
    by_tool: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        by_tool.setdefault(sighting.tool, []).append(sighting)
    groups = [_tool_group(tool, seen, facts.get(tool)) for tool, seen in by_tool.items()]
    return tuple(sorted(groups, key=_group_order))


def _tool_group(tool: str, sightings: list[Sighting], facts: ToolFacts | None) -> ToolGroup:
    ordered = tuple(sorted(sightings, key=_sighting_order))
    verdicts = tuple(sorted(_verdicts(ordered), key=_verdict_order))
    # An MCP server has a name of its own, which is not the tool's.
    name = facts.name if facts else next((s.name for s in ordered if s.surface != "mcp-server"), tool)
    return ToolGroup(
        tool=tool,
        name=name,
        facts=facts,
        versions=tuple(dict.fromkeys(s.version for s in ordered if s.version)),
        effect=verdicts[0].decision.effect if verdicts[0].decision else None,
        verdicts=verdicts,
        sightings=ordered,
    )


def _verdicts(sightings: Iterable[Sighting]) -> list[Verdict]:
    alike: dict[object, list[Sighting]] = {}
    for sighting in sightings:
        d = sighting.decision
        key = d and (d.effect, d.enforce, d.rule, d.waiver, d.reason, d.replacement, d.upcoming)
        alike.setdefault(key, []).append(sighting)
    return [Verdict(seen[0].decision, tuple(seen)) for seen in alike.values()]


def _verdict_order(verdict: Verdict) -> tuple[int, int, str, str]:
    d = verdict.decision
    if d is None:
        return (1, 0, "", "")
    return (-severity(d.effect), -len(verdict.sightings), d.rule or "", d.waiver or "")


def _group_order(group: ToolGroup) -> tuple[int, int, str, str]:
    risk = risk_of(group)
    return (-severity(group.effect), -RISKS.index(risk) if risk in RISKS else 1, group.name.lower(), group.tool)


def _sighting_order(sighting: Sighting) -> tuple[int, int, int, str, str, str]:
    return (
        -severity(effect_of(sighting)),
        MOST_TELLING.index(sighting.surface),
        CONFIDENCES.index(sighting.confidence),
        sighting.user or "",
        sighting.path,
        sighting.id,
    )


def risk_of(group: ToolGroup) -> str | None:
    """The risk that the strongest decision carries, else the tool's own."""
    decision = group.verdicts[0].decision
    if decision and decision.risk:
        return decision.risk
    return group.facts.risk if group.facts else None


def counts(groups: Iterable[ToolGroup], unknown: int) -> dict[str, int]:
    """How many tools have which strongest effect, strongest first, and how many agents are unknown. No zeros."""
    found = dict.fromkeys([*reversed(EFFECTS), "not judged", "unknown"], 0)
    for group in groups:
        found[group.effect or "not judged"] += 1
    found["unknown"] = unknown
    return {word: count for word, count in found.items() if count}


def incomplete(result: ScanResult) -> bool:
    """Whether something that matters could not be looked at."""
    return any(item.matters for item in result.skipped) or any(
        entry.state == "not-readable" for entry in result.coverage
    )


def gaps(skipped: Iterable[Skipped], *, shown: int = 3) -> tuple[Gap, ...]:
    """What was not looked at, by reason; reasons that differ only in their details (after a colon) are one.

    They keep the order in which they came.
    """
    alike: dict[str, list[Skipped]] = {}
    for item in skipped:
        alike.setdefault(item.reason.partition(": ")[0], []).append(item)
    found = []
    for reason, items in alike.items():
        paths = list(dict.fromkeys(item.path for item in items))
        reasons = {item.reason for item in items}
        found.append(Gap(reasons.pop() if len(reasons) == 1 else reason, len(paths), tuple(paths[:shown])))
    return tuple(found)


def holes(
    coverage: Iterable[Coverage], skipped: Iterable[Skipped] = (), homes: Iterable[tuple[str, str]] = ()
) -> tuple[Hole, ...]:
    """Where tools could not be looked for, told in as few sentences as the same reasons allow.

    A home (of `homes`) that is itself among `skipped` is left out: that none of it was looked at is said already.
    """
    paths = {item.path for item in skipped}
    told = {user for user, home in homes if home in paths}
    looked: dict[str, set[str]] = {}
    missing: dict[tuple[str, str, str], list[str]] = {}
    for entry in coverage:
        looked.setdefault(entry.user, set()).add(entry.tool)
        if entry.state in ("not-readable", "not-looked"):
            missing.setdefault((entry.state, entry.why, entry.user), []).append(entry.tool)
    merged: dict[tuple[str, str, tuple[str, ...], bool], list[str]] = {}
    for (state, why, user), tools in missing.items():
        distinct = tuple(sorted(set(tools)))
        merged.setdefault((state, why, distinct, set(distinct) == looked[user]), []).append(user)
    return tuple(
        Hole(state, why, tuple(users), tools, all_tools)
        for (state, why, tools, all_tools), users in merged.items()
        if not (all_tools and told.issuperset(users))
    )
