"""What the checks look at, and how they say what they found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from clearance.catalog.source import shown
from clearance.judge.engine import Judge
from clearance.judge.instants import count
from clearance.judge.match import settle
from clearance.judge.merged import Merged, Path
from clearance.judge.rulings import Ruling
from clearance.model.decision import ToolFacts
from clearance.model.directive import Match, Rule, Waiver
from clearance.model.review import Remark, Severity


class Review:
    """A directive under review: as written, as judged, and the instant that counts as now."""

    def __init__(self, merged: Merged, judge: Judge, at: dt.datetime, switches: Mapping[str, frozenset[str]]) -> None:
        self.merged = merged
        self.directive = merged.directive
        self.judge = judge
        self.at = at
        self.now = count(at)
        self.switches = switches

    def remark(
        self, check: str, severity: Severity, path: Path, what: str, remedy: str, *, key: bool = False
    ) -> Remark:
        """A remark at the place of a part of the directive (at its key, if so asked)."""
        return Remark(check, severity, self.merged.place(*path, key=key), what, remedy)

    def rules(self) -> Iterator[tuple[Path, Rule, Ruling]]:
        """Each rule with its path and as it is judged."""
        compiled = self.judge.rulings[len(self.directive.waivers) :]
        for index, (rule, ruling) in enumerate(zip(self.directive.rules, compiled, strict=True)):
            yield ("rules", index), rule, ruling

    def waivers(self) -> Iterator[tuple[Path, Waiver, Ruling]]:
        """Each waiver with its path and as it is judged."""
        compiled = self.judge.rulings[: len(self.directive.waivers)]
        for index, (waiver, ruling) in enumerate(zip(self.directive.waivers, compiled, strict=True)):
            yield ("waivers", index), waiver, ruling

    def can_match(self, ruling: Ruling, facts: ToolFacts | None) -> bool:
        """Whether the ruling can hold for these facts (None: for an unknown agent), whatever is observed."""
        return settle(ruling.terms, facts) is not None

    def matches(self) -> Iterator[tuple[Path, str, Match]]:
        """Each match of a rule or waiver with its path and what it belongs to, the inner ones of `not` besides."""
        for path, rule, _ruling in self.rules():
            yield from _nested((*path, "match"), f'rule "{shown(rule.id)}"', rule.match)
        for path, waiver, _ruling in self.waivers():
            subject = f'waiver "{shown(waiver.id)}"'
            yield path, subject, waiver_match(waiver)
            if waiver.match is not None:
                yield from _nested((*path, "match"), subject, waiver.match)


def waiver_match(waiver: Waiver) -> Match:
    """What a waiver asks for in its own fields."""
    return Match(tool=waiver.tool, group=waiver.group, user=waiver.user, host=waiver.host)


def _nested(path: Path, subject: str, match: Match) -> Iterator[tuple[Path, str, Match]]:
    yield path, subject, match
    if match.not_ is not None:
        yield from _nested((*path, "not"), subject, match.not_)


def each(match: Match, field: str, path: Path) -> Iterator[tuple[Path, str]]:
    """The values of a field that may be one text or a list, each with its path."""
    value = getattr(match, field)
    if isinstance(value, str):
        yield (*path, field), value
    elif value is not None:
        for index, item in enumerate(value):
            yield (*path, field, index), item


def nearest(word: str, words: Iterable[str]) -> str:
    """`did you mean …?` with the nearest of the words, or nothing."""
    near = get_close_matches(word[:60], list(words), n=1)
    return f'did you mean "{shown(near[0])}"?' if near else ""
