"""Two directives, side by side: what they judge differently, and from when.

Tried are all tools that either knows, an unknown agent, and whatever sightings are handed in; the tools also in every
circumstance that a rule or waiver of either directive mentions (versions at the edges of its ranges, members of its
groups and an outsider, endpoints). Each is judged at the instant asked about and at every later one at which a rule or
waiver of either begins or ends. What counts is what happens: effect, enforcement, risk, replacement and settings.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import structs

from clearance.judge.engine import Judge
from clearance.judge.instants import LATEST, count, moment, written
from clearance.judge.match import settle, terms
from clearance.judge.witness import subjects
from clearance.model.decision import Decision, Request, ToolFacts
from clearance.model.directive import Directive, Match
from clearance.model.review import Difference, Subject

MOST_SUBJECTS: Final = 20_000
"""How many requests are tried at most, sightings not counted."""

MOST_INSTANTS: Final = 200
"""At how many instants each is judged at most: the first ones."""


def diff(old: Judge, new: Judge, at: dt.datetime, sightings: Iterable[Subject] = ()) -> tuple[Difference, ...]:
    """What is judged differently, tools first in the order of their ids, then the sightings as they came.

    A tool that differs in the same way in several circumstances is there once, with the plainest of them.
    """
    ends = sorted(end for end in {*old.boundaries, *new.boundaries} if count(at) < end <= LATEST)
    instants = (at, *map(moment, ends[:MOST_INSTANTS]))
    found: dict[object, Difference] = {}
    for subject in itertools.islice(_worth_trying(old, new, at), MOST_SUBJECTS):
        for difference in _differences(old, new, subject, instants):
            alike = (subject.name, difference.since, difference.until, _basis(difference.old), _basis(difference.new))
            found.setdefault(alike, difference)
    seen = (difference for sighting in sightings for difference in _differences(old, new, sighting, instants))
    return (*found.values(), *seen)


def _differences(old: Judge, new: Judge, subject: Subject, instants: tuple[dt.datetime, ...]) -> Iterator[Difference]:
    current: Difference | None = None
    for at in instants:
        request = structs.replace(subject.request, at=at)
        before, after = old.decide(request), new.decide(request)
        same = what_happens(before) == what_happens(after)
        if current is not None:
            if not same and _pair(current.old, current.new) == _pair(before, after):
                continue
            yield structs.replace(current, until=written(at))
        current = None if same else Difference(subject, written(at), before, after)
    if current is not None:
        yield current


def what_happens(decision: Decision) -> tuple[object, ...]:
    """What a person would notice of a decision; the names of rules and the words are not part of it."""
    instead = decision.replacement.tool if decision.replacement else None
    return decision.effect, decision.enforce, decision.risk, instead, decision.settings


def _pair(old: Decision, new: Decision) -> tuple[object, ...]:
    return what_happens(old), what_happens(new)


def _basis(decision: Decision) -> tuple[object, ...]:
    return decision.rule, decision.waiver, decision.effect, decision.enforce


def _worth_trying(old: Judge, new: Judge, at: dt.datetime) -> Iterator[Subject]:
    tools: dict[str, ToolFacts] = {**old.tools, **new.tools, **new.catalog}
    for facts in (*(tools[tool] for tool in sorted(tools)), None):
        base = Request(tool=facts, at=at, score=None if facts else 1.0)
        name = facts.id if facts else "an unknown agent"
        yield Subject(base, name, circumstances=() if facts else ("score 1.00",))
        tried = set()
        for judge in (old, new):
            for match in _mentioning(judge.directive, judge.tools.get(facts.id) if facts else None):
                for subject in subjects(base, name, match, judge.directive.groups, judge.directive.endpoints):
                    if subject.circumstances not in tried:
                        tried.add(subject.circumstances)
                        yield subject


def _mentioning(directive: Directive, facts: ToolFacts | None) -> Iterator[Match]:
    """The matches of rules and waivers that could hold for these facts, depending on what is observed."""
    waived = (
        match
        for waiver in directive.waivers
        for match in (Match(tool=waiver.tool, group=waiver.group, user=waiver.user, host=waiver.host), waiver.match)
        if match is not None
    )
    for match in (*waived, *(rule.match for rule in directive.rules)):
        if settle(terms(match, directive.groups), facts):
            yield match
