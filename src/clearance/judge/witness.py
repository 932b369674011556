"""Circumstances in which a match could matter: requests worth trying, made from what the match itself mentions.

For each thing that a match asks to be observed there is a value that satisfies it, one at each edge of a range, and one
from outside. Which of them satisfy the match is not said: the judge does that.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct, structs

from clearance.judge import comparison
from clearance.judge.glob import example
from clearance.judge.match import several
from clearance.judge.versions import edges
from clearance.model.decision import Request, VetResult
from clearance.model.directive import EndpointRule, Group, Match
from clearance.model.review import Subject

MOST: Final = 64
"""The most requests that are made of one match."""

OUTSIDER: Final = "somebody-else"
"""A user, unix group or host that no directive will have named."""

ELSEWHERE: Final = "elsewhere.invalid"
"""A host that no directive and no catalog will have named."""

_MEMBERS: Final = 3
_STEP: Final = 0.01


class Circumstance(Struct, frozen=True):
    """A value for one field of a request, and how a person would say it."""

    field: str
    value: Any
    words: str


def subjects(
    base: Request, name: str, match: Match, groups: Mapping[str, Group], endpoints: tuple[EndpointRule, ...]
) -> Iterator[Subject]:
    """Requests with the tool and instant of `base`, in the circumstances that the match mentions."""
    by_field: dict[str, dict[str, Circumstance]] = {}
    for found in _mentioned(base, match, groups, endpoints):
        by_field.setdefault(found.field, {}).setdefault(found.words, found)
    choices = [tuple(choice.values()) for choice in by_field.values()]
    for chosen in itertools.islice(itertools.product(*choices), MOST):
        if chosen:
            request = structs.replace(base, **{each.field: each.value for each in chosen})
            yield Subject(request, name, circumstances=tuple(each.words for each in chosen))


def _mentioned(
    base: Request, match: Match, groups: Mapping[str, Group], endpoints: tuple[EndpointRule, ...]
) -> Iterator[Circumstance]:
    if match.version is not None:
        for text in several(match.version):
            for value, words in edges(text):
                yield Circumstance("version", value, words)
    for field in ("surface", "confidence"):
        for value in several(getattr(match, field) or ()):
            yield Circumstance(field, value, f"{field} {value}")
    if match.endpoint is not None or match.endpoint_class is not None or match.residency is not None:
        hosts = (*several(match.endpoint or ()), *(rule.host for rule in endpoints), ELSEWHERE)
        yield Circumstance("endpoint", base.endpoint, "its own endpoint")
        for host in _examples(hosts):
            yield Circumstance("endpoint", host, f"endpoint {host}")
    if match.host is not None:
        yield from _hosts(several(match.host))
    if match.user is not None:
        yield from _users(several(match.user))
    if match.group is not None:
        for group in (groups[name] for name in several(match.group) if name in groups):
            if group.users:
                yield from _users(group.users)
            if group.unix_groups:
                for name in (*_examples(group.unix_groups[:_MEMBERS]), OUTSIDER):
                    yield Circumstance("unix_groups", (name,), f"unix group {name}")
            if group.hosts:
                yield from _hosts(group.hosts)
    if match.score is not None and base.tool is None:
        for clause in comparison.score(match.score):
            for score in (clause.key, clause.key - _STEP, clause.key + _STEP):
                if 0 <= score <= 1:
                    yield Circumstance("score", score, f"score {score:.2f}")
    if match.vetted is not None:
        yield Circumstance("vetted", None, "not vetted")
        for verdict in _examples(several(match.vetted.verdict or "no-dependence-found")):
            yield Circumstance("vetted", VetResult(verdict, base.at), f"vetted now: {verdict}")
    if match.not_ is not None:
        yield from _mentioned(base, match.not_, groups, endpoints)


def _users(names: Iterable[str]) -> Iterator[Circumstance]:
    for name in (*_examples(tuple(names)[:_MEMBERS]), OUTSIDER):
        yield Circumstance("user", name, f"user {name}")


def _hosts(names: Iterable[str]) -> Iterator[Circumstance]:
    for name in (*_examples(tuple(names)[:_MEMBERS]), OUTSIDER):
        yield Circumstance("host", name, f"host {name}")


def _examples(patterns: Iterable[str]) -> tuple[str, ...]:
    return tuple(example(pattern) for pattern in patterns)
