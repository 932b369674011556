"""Matches: what a rule asks of a request, and whether that is true, false or undetermined (None).

A match is compiled into terms, one for each field. A term is *fixed* where it looks at nothing but the tool's facts, so
that it can be settled once for each tool (`settle`); the others look at what was observed. `holds` is the only place
where terms are combined: false if any is false, else undetermined if any is, else true.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from clearance.judge import comparison
from clearance.judge.destination import Destination
from clearance.judge.glob import fold, matcher
from clearance.judge.instants import DAY, FOREVER, count
from clearance.judge.versions import version, version_range
from clearance.model.decision import Request, ToolFacts
from clearance.model.directive import Group, Match, OneOrMore, Vetted
from clearance.model.terms import UNKNOWN


class Seen:
    """A request with the facts and the destination that count for it. `facts` None means an unknown agent."""

    __slots__ = ("destination", "facts", "host", "request")

    def __init__(self, request: Request, facts: ToolFacts | None, destination: Destination) -> None:
        self.request = request
        self.facts = facts
        self.destination = destination
        self.host = None if request.host is None else fold(request.host)


Test = Callable[[Seen], bool | None]

_NOTHING: Final = Request(tool=None, at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
"""A request in which nothing was observed, for tests that look at facts alone."""


class Term(Struct, frozen=True):
    """One field of a match. `within` are the terms of a `not`, whose field is `not`."""

    field: str
    wanted: str
    test: Test
    fixed: bool = False
    within: tuple[Term, ...] = ()


def holds(tests: tuple[Test, ...], seen: Seen) -> bool | None:
    """Whether all tests hold: false if one is false, else undetermined (None) if one is, else true."""
    outcome: bool | None = True
    for test in tests:
        result = test(seen)
        if result is None:
            outcome = None
        elif not result:
            return False
    return outcome


def settle(terms: tuple[Term, ...], facts: ToolFacts | None) -> tuple[Test, ...] | None:
    """The tests that are left once the fixed terms are settled for these facts; None where one of them is false."""
    seen = Seen(_NOTHING, facts, Destination())
    left: list[Test] = []
    for term in terms:
        if term.fixed:
            if not term.test(seen):
                return None
        elif term.field == "not":
            within = settle(term.within, facts)
            if within == ():
                return None
            if within is not None:
                left.append(negation(within))
        else:
            left.append(term.test)
    return tuple(left)


def negation(tests: tuple[Test, ...]) -> Test:
    """Whether the tests do not all hold; undetermined stays undetermined."""

    def test(seen: Seen) -> bool | None:
        outcome = holds(tests, seen)
        return None if outcome is None else not outcome

    return test


def terms(match: Match, groups: Mapping[str, Group]) -> tuple[Term, ...]:
    """The terms of a match, in the order of its fields. `Unreadable` where a comparison or range cannot be read."""
    found = []
    for field, compile_field in _FIELDS.items():
        wanted = getattr(match, field)
        if wanted is not None:
            found.append(Term(field, shown(wanted), compile_field(wanted), fixed=field in FIXED))
    if match.group is not None:
        found.append(Term("group", shown(match.group), _group(match.group, groups)))
    if match.not_ is not None:
        within = terms(match.not_, groups)
        found.append(Term("not", "", negation(tuple(term.test for term in within)), within=within))
    return tuple(found)


def several(value: OneOrMore) -> tuple[str, ...]:
    """A value that may be one or a list, as a list."""
    return (value,) if isinstance(value, str) else value


def shown(wanted: object) -> str:
    """What a field asks for, as a directive would write it on one line."""
    if isinstance(wanted, tuple):
        return ", ".join(map(str, wanted)) or "(nothing)"
    if isinstance(wanted, Vetted):
        asked = [f"within {wanted.within_days} days"] if wanted.within_days is not None else []
        asked += [shown(several(wanted.verdict))] if wanted.verdict is not None else []
        return "; ".join(asked) or "ever"
    return str(wanted).lower() if isinstance(wanted, bool) else str(wanted)


FIXED: Final = frozenset(("tool", "vendor", "country", "kind", "deployment", "retention", "training", "risk", "known"))
"""Fields that look at nothing but the tool's facts."""


def _any_of(wanted: OneOrMore) -> Callable[[str], bool]:
    return matcher(fold(value) for value in several(wanted))


def _tool(wanted: OneOrMore) -> Test:
    matches = _any_of(wanted)
    return lambda seen: seen.facts is not None and matches(fold(seen.facts.id))


def _vendor(wanted: OneOrMore) -> Test:
    matches = _any_of(wanted)
    return lambda seen: matches(fold(seen.facts.vendor) if seen.facts else UNKNOWN)


def _country(wanted: OneOrMore) -> Test:
    matches = _any_of(wanted)
    return lambda seen: matches(fold(seen.facts.country) if seen.facts else UNKNOWN)


def _kind(wanted: OneOrMore) -> Test:
    kinds = frozenset(several(wanted))
    return lambda seen: seen.facts is not None and not kinds.isdisjoint(seen.facts.kind)


def _deployment(wanted: OneOrMore) -> Test:
    values = frozenset(several(wanted))
    return lambda seen: (seen.facts.deployment if seen.facts else UNKNOWN) in values


def _training(wanted: OneOrMore) -> Test:
    values = frozenset(several(wanted))
    return lambda seen: (seen.facts.training if seen.facts else UNKNOWN) in values


def _residency(wanted: OneOrMore) -> Test:
    matches = _any_of(wanted)
    return lambda seen: any(matches(region) for region in seen.destination.residency)


def _retention(wanted: str | int) -> Test:
    if wanted == UNKNOWN:
        return lambda seen: seen.facts is None or seen.facts.retention == UNKNOWN
    clauses = comparison.days(str(wanted))

    def test(seen: Seen) -> bool:
        days = seen.facts.retention if seen.facts else UNKNOWN
        return isinstance(days, int) and all(clause.holds(days) for clause in clauses)

    return test


def _risk(wanted: OneOrMore) -> Test:
    risks = frozenset(risk for value in several(wanted) for risk in comparison.risk(value))
    return lambda seen: seen.facts is not None and seen.facts.risk in risks


def _known(wanted: bool) -> Test:
    return lambda seen: (seen.facts is not None) is wanted


def _version(wanted: OneOrMore) -> Test:
    ranges = tuple(tuple(clause.test() for clause in version_range(value)) for value in several(wanted))

    def test(seen: Seen) -> bool | None:
        text = seen.request.version
        if text is None:
            return None
        found = version(text)
        for tests in ranges:
            for holds_for in tests:
                if not holds_for(found):
                    break
            else:
                return True
        return False

    return test


def _surface(wanted: OneOrMore) -> Test:
    values = frozenset(several(wanted))
    return lambda seen: None if seen.request.surface is None else seen.request.surface in values


def _confidence(wanted: OneOrMore) -> Test:
    values = frozenset(several(wanted))
    return lambda seen: None if seen.request.confidence is None else seen.request.confidence in values


def _endpoint(wanted: OneOrMore) -> Test:
    matches = _any_of(wanted)
    return lambda seen: matches(seen.destination.host)


def _endpoint_class(wanted: OneOrMore) -> Test:
    values = frozenset(several(wanted))
    return lambda seen: seen.destination.class_ in values


def _host(wanted: OneOrMore) -> Test:
    matches = _any_of(wanted)
    return lambda seen: None if seen.host is None else matches(seen.host)


def _user(wanted: OneOrMore) -> Test:
    matches = matcher(several(wanted))
    return lambda seen: None if seen.request.user is None else matches(seen.request.user)


def _group(wanted: OneOrMore, groups: Mapping[str, Group]) -> Test:
    """Whether any user, unix group or host of the groups is the one seen. A group that is not defined has none."""
    members = [groups[name] for name in several(wanted) if name in groups]
    users = tuple(user for group in members for user in group.users)
    unix_groups = tuple(name for group in members for name in group.unix_groups)
    hosts = tuple(host for group in members for host in group.hosts)
    is_user, is_unix_group = matcher(users), matcher(unix_groups)
    is_host = matcher(fold(host) for host in hosts)

    def test(seen: Seen) -> bool | None:
        request = seen.request
        outcome: bool | None = False
        if users:
            if request.user is None:
                outcome = None
            elif is_user(request.user):
                return True
        if unix_groups:
            if request.unix_groups is None:
                outcome = None
            elif any(is_unix_group(name) for name in request.unix_groups):
                return True
        if hosts:
            if seen.host is None:
                outcome = None
            elif is_host(seen.host):
                return True
        return outcome

    return test


def _score(wanted: str | float) -> Test:
    """Only unknown agents have a score: for a tool this is false, not undetermined."""
    clauses = comparison.score(wanted)

    def test(seen: Seen) -> bool | None:
        if seen.facts is not None:
            return False
        score = seen.request.score
        return None if score is None else all(clause.holds(score) for clause in clauses)

    return test


def _vetted(wanted: Vetted) -> Test:
    """No dossier means that the tool was not vetted, which is known: false, not undetermined."""
    limit = FOREVER if wanted.within_days is None else wanted.within_days * DAY
    matches = None if wanted.verdict is None else _any_of(wanted.verdict)

    def test(seen: Seen) -> bool:
        result = seen.request.vetted
        if result is None:
            return False
        age = count(seen.request.at) - count(result.at)
        return 0 <= age <= limit and (matches is None or matches(fold(result.verdict)))

    return test


_FIELDS: Final[dict[str, Callable[..., Test]]] = {
    "tool": _tool,
    "vendor": _vendor,
    "country": _country,
    "kind": _kind,
    "deployment": _deployment,
    "residency": _residency,
    "retention": _retention,
    "training": _training,
    "risk": _risk,
    "version": _version,
    "surface": _surface,
    "endpoint": _endpoint,
    "endpoint_class": _endpoint_class,
    "host": _host,
    "user": _user,
    "confidence": _confidence,
    "known": _known,
    "score": _score,
    "vetted": _vetted,
}
