"""What follows from a directive that nobody can have wanted: tried with the judge itself."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, structs

from clearance.catalog.source import shown
from clearance.judge.enforcement import carried_out
from clearance.judge.glob import example
from clearance.judge.instants import LATEST, in_words, moment, written
from clearance.judge.lint.review import Review
from clearance.judge.match import several
from clearance.judge.merged import Path
from clearance.judge.rulings import Ruling
from clearance.judge.versions import edges
from clearance.judge.witness import OUTSIDER, subjects
from clearance.model.decision import Decision, Request, ToolFacts
from clearance.model.directive import Match, Rule
from clearance.model.review import Remark
from clearance.model.terms import EFFECTS, ENFORCES

_ALLOWED: Final = ("allow", "allow-with-settings")
_UNCERTAIN: Final = ("version", "user", "group")
_MOST_INSTANTS: Final = 50
_MOST_VERSIONS: Final = 60


def replacements(review: Review) -> Iterator[Remark]:
    """A replacement that is itself not allowed when people are pointed to it, or later while they still are."""
    for path, rule, ruling in review.rules():
        if rule.replacement is not None:
            subject = f'rule "{shown(rule.id)}"'
            yield from _replacement(review, (*path, "replacement"), subject, ruling, rule.match)
    yield from _replacement(review, ("default", "replacement"), "the default", review.judge.default, Match())


def _replacement(review: Review, path: Path, subject: str, ruling: Ruling, match: Match) -> Iterator[Remark]:
    facts = ruling.replacement and review.judge.tools.get(ruling.replacement.tool)
    begin = max(ruling.start, review.now)
    if not facts or begin >= min(ruling.end, LATEST):
        return
    later = tuple(instant for instant in review.judge.boundaries if begin < instant < min(ruling.end, LATEST))
    for instant in (begin, *later[:_MOST_INSTANTS]):
        refused = _refused(review, _somebody(review, match, facts, moment(instant)))
        if refused is None:
            continue
        by = f'rule "{shown(refused.rule)}"' if refused.rule else "the default"
        when = f" from {in_words(written(moment(instant))[:10])}" if instant > begin else ""
        what = (
            f'{subject} points to "{shown(facts.id)}", which is itself not allowed: {by} gives {refused.effect}{when}'
        )
        remedy = f'allow "{shown(facts.id)}" before that, or point to another tool'
        yield review.remark("replacement-not-allowed", "error", path, what, remedy)
        return


def _refused(review: Review, request: Request) -> Decision | None:
    """The decision, where it allows neither the tool by itself, nor pointed at a cleared gateway, nor in a version that
    some rule names."""
    gateways = (rule.host for rule in review.directive.endpoints if rule.class_ == "cleared-gateway")
    ranges = (
        text
        for _path, rule, ruling in review.rules()
        if rule.match.version is not None and review.can_match(ruling, request.tool)
        for text in several(rule.match.version)
    )
    versions = itertools.islice((version for text in ranges for version, _words in edges(text)), _MOST_VERSIONS)
    decision = review.judge.decide(request)
    tried = itertools.chain(
        (structs.replace(request, endpoint=example(host)) for host in gateways),
        (structs.replace(request, version=version) for version in versions),
    )
    allowed = decision.effect in _ALLOWED or any(review.judge.decide(each).effect in _ALLOWED for each in tried)
    return None if allowed else decision


def _somebody(review: Review, match: Match, facts: ToolFacts, at: dt.datetime) -> Request:
    """A request of somebody whom the match is about: a member of its groups, else a person like any other."""
    groups = [review.directive.groups[name] for name in several(match.group or ()) if name in review.directive.groups]
    users = (*several(match.user or ()), *(user for group in groups for user in group.users))
    unix_groups = tuple(name for group in groups for name in group.unix_groups)
    hosts = (*several(match.host or ()), *(host for group in groups for host in group.hosts))
    return Request(
        tool=facts,
        at=at,
        user=example((*users, OUTSIDER)[0]),
        unix_groups=tuple(map(example, unix_groups)),
        host=example((*hosts, OUTSIDER)[0]),
    )


def undetermined(review: Review) -> Iterator[Remark]:
    """A rule that is skipped where something was not observed, so that something weaker decides."""
    for path, rule, ruling in review.rules():
        asked = _not_always_seen(rule.match)
        begin = max(ruling.start, review.now)
        if not asked or rule.effect == "allow" or begin >= min(ruling.end, LATEST):
            continue
        for facts in (*review.judge.tools.values(), None):
            weaker = _weaker(review, rule, facts, begin) if review.can_match(ruling, facts) else None
            if weaker is not None:
                by = f'rule "{shown(weaker.rule)}"' if weaker.rule else "the default"
                name = f'"{shown(facts.id)}"' if facts else "an unknown agent"
                what = (
                    f'rule "{shown(rule.id)}" is skipped where the {" or ".join(asked)} is not seen:'
                    f" {name} then gets {weaker.effect} by {by}"
                )
                remedy = f"allow after it what is fine, then match again without {' and '.join(asked)}"
                yield review.remark("undetermined", "warning", (*path, "match"), what, remedy)
                break


def _weaker(review: Review, rule: Rule, facts: ToolFacts | None, begin: int) -> Decision | None:
    """The decision that something weaker than the rule makes where the rule is reached and undetermined."""
    base = Request(tool=facts, at=moment(begin), score=None if facts else 1.0)
    directive = review.directive
    tried = subjects(base, "", _always_seen(rule.match), directive.groups, directive.endpoints)
    for request in (base, *(subject.request for subject in tried)):
        decision = review.judge.decide(request)
        if rule.id in decision.undetermined and EFFECTS.index(decision.effect) < EFFECTS.index(rule.effect):
            return decision
    return None


def _not_always_seen(match: Match) -> tuple[str, ...]:
    """What the match asks for that is not always observed; the host, the surface and the confidence always are."""
    inner = _not_always_seen(match.not_) if match.not_ is not None else ()
    own = tuple(field for field in _UNCERTAIN if getattr(match, field) is not None)
    return tuple(dict.fromkeys((*own, *inner)))


def _always_seen(match: Match) -> Match:
    """The match without what is not always observed."""
    inner = None if match.not_ is None else _always_seen(match.not_)
    return structs.replace(match, version=None, user=None, group=None, not_=inner)


def without_effect(review: Review) -> Iterator[Remark]:
    """What is said and does nothing: `enforce` beyond the effect, settings where nothing asks for them, or none
    where asked."""
    for path, rule, _ruling in review.rules():
        subject = f'rule "{shown(rule.id)}"'
        furthest = carried_out(rule.effect)
        if rule.enforce is not None and ENFORCES.index(rule.enforce) > ENFORCES.index(furthest):
            what = f"{subject}: enforce {rule.enforce} goes beyond the effect {rule.effect}, and does not count"
            yield review.remark(
                "enforce-beyond-effect",
                "warning",
                (*path, "enforce"),
                what,
                "make the effect stronger, or take enforce out",
            )
        if rule.effect != "allow-with-settings" and rule.settings:
            what = f"{subject} has settings, which only allow-with-settings looks at"
            yield review.remark(
                "settings-without-effect",
                "warning",
                (*path, "settings"),
                what,
                "make the effect allow-with-settings, or take them out",
            )
        if rule.effect == "allow-with-settings" and not rule.settings:
            what = f"{subject} allows with settings and names none"
            yield review.remark(
                "no-settings", "error", (*path, "effect"), what, "add settings: and which, or make it allow"
            )
    for path, subject, match in review.matches():
        if isinstance(match.score, float):
            what = f"{subject}: a score of exactly {match.score:g} is hardly ever met"
            yield review.remark("exact-score", "warning", (*path, "score"), what, f'write ">={match.score:g}"')


def waivers(review: Review) -> Iterator[Remark]:
    """A waiver that nobody answers for, that gives no reason, or that is not limited to a tool."""
    for path, waiver, _ruling in review.waivers():
        subject = f'waiver "{shown(waiver.id)}"'
        if not waiver.owner.strip():
            what = f"{subject} has no owner"
            yield review.remark("waiver-without-owner", "error", path, what, "add owner: and who answers for it")
        if not waiver.reason.strip():
            what = f"{subject} gives no reason"
            yield review.remark("waiver-without-reason", "warning", path, what, "add reason:")
        if waiver.tool is None and waiver.match in (None, Match()):
            what = f"{subject} names no tool, and so allows all of them"
            yield review.remark("waiver-for-everything", "error", path, what, 'name the tool, or write tool: "*"')


def document(review: Review) -> Iterator[Remark]:
    """A directive that does not say which one it is."""
    if review.directive.metadata is UNSET:
        what = "the directive has no metadata: decisions cannot say which directive they are by"
        yield review.remark("no-metadata", "warning", (), what, "add metadata: {id: …, owner: …}")
