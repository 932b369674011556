"""Values that have the right shape and yet cannot be read: dates, zones, ranges, comparisons, numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import UNSET

from clearance.catalog.source import shown
from clearance.errors import Error, Unreadable
from clearance.judge import comparison
from clearance.judge.instants import instant, zone
from clearance.judge.match import several
from clearance.judge.merged import Merged, Path
from clearance.judge.versions import version_range
from clearance.model.directive import Match
from clearance.model.terms import UNKNOWN


def unreadable(merged: Merged) -> Iterator[Error]:
    """An error for each value that cannot be read, in the order of the directive's fields."""
    yield from _Checks(merged).errors()


class _Checks:
    def __init__(self, merged: Merged) -> None:
        self.merged = merged
        self.directive = merged.directive

    def errors(self) -> Iterator[Error]:
        directive = self.directive
        if directive.metadata is not UNSET:
            metadata = directive.metadata
            yield from self._read(("metadata", "id"), metadata.id, _name, "metadata: id")
            yield from self._read(("metadata", "timezone"), metadata.timezone, zone, "metadata: timezone")
            if metadata.review is not None:
                yield from self._read(("metadata", "review"), metadata.review, _date, "metadata: review")
        for index, tool in enumerate(directive.tools):
            subject = f'tool "{shown(tool.id)}"'
            yield from self._read(("tools", index, "id"), tool.id, _name, f"{subject}: id")
            if isinstance(tool.retention, int):
                yield from self._read(("tools", index, "retention"), tool.retention, _count, f"{subject}: retention")
        for index, endpoint in enumerate(directive.endpoints):
            yield from self._read(("endpoints", index, "host"), endpoint.host, _host, "endpoint: host")
        for index, rule in enumerate(directive.rules):
            subject = f'rule "{shown(rule.id)}"'
            yield from self._read(("rules", index, "id"), rule.id, _name, f"{subject}: id")
            yield from self._span(("rules", index), rule.from_, rule.until, subject)
            yield from self._match(("rules", index, "match"), rule.match, subject)
        for index, waiver in enumerate(directive.waivers):
            subject = f'waiver "{shown(waiver.id)}"'
            yield from self._read(("waivers", index, "id"), waiver.id, _name, f"{subject}: id")
            yield from self._span(("waivers", index), waiver.from_, waiver.until, subject)
            if waiver.match is not None:
                yield from self._match(("waivers", index, "match"), waiver.match, subject)
        if directive.enforcement is not UNSET:
            limits = directive.enforcement
            yield from self._read(
                ("enforcement", "blast_radius"), limits.blast_radius, _percent, "enforcement: blast_radius"
            )
            yield from self._read(
                ("enforcement", "retention_days"), limits.retention_days, _count, "enforcement: retention_days"
            )

    def _span(self, path: Path, start: str | None, end: str | None, subject: str) -> Iterator[Error]:
        for name, text in (("from", start), ("until", end)):
            if text is not None:
                yield from self._read((*path, name), text, _date, f"{subject}: {name}")

    def _match(self, path: Path, match: Match, subject: str) -> Iterator[Error]:
        if match.retention is not None and match.retention != UNKNOWN:
            yield from self._read((*path, "retention"), str(match.retention), comparison.days, f"{subject}: retention")
        if match.score is not None:
            yield from self._read((*path, "score"), match.score, comparison.score, f"{subject}: score")
        for name, values, reader in (
            ("risk", match.risk, comparison.risk),
            ("version", match.version, version_range),
        ):
            for index, value in enumerate(several(values or ())):
                where = (*path, name) if isinstance(values, str) else (*path, name, index)
                yield from self._read(where, value, reader, f"{subject}: {name}")
        if match.vetted is not None and match.vetted.within_days is not None:
            within = match.vetted.within_days
            yield from self._read((*path, "vetted", "within_days"), within, _count, f"{subject}: within_days")
        if match.not_ is not None:
            yield from self._match((*path, "not"), match.not_, subject)

    def _read(self, path: Path, value: Any, reader: Callable[[Any], object], subject: str) -> Iterator[Error]:
        try:
            reader(value)
        except Unreadable as error:
            given = f' "{shown(value)}"' if isinstance(value, str) and value else ""
            yield Error(f"{subject}{given} {error.what}", place=self.merged.place(*path), remedy=error.remedy)


def _date(text: str) -> None:
    instant(text, dt.UTC)


def _name(text: str) -> None:
    if not text.strip():
        raise Unreadable("is empty", "give it a name of its own")


def _host(text: str) -> None:
    if not text.strip():
        raise Unreadable("is empty", "name a host, or a glob")
    if "/" in text or "@" in text:
        raise Unreadable("is not a host name", "write the host alone, without scheme, port, user and path")


def _count(number: int) -> None:
    if number < 0:
        raise Unreadable(f"is {number}", "write 0 or more")


def _percent(number: int) -> None:
    if not 0 <= number <= 100:
        raise Unreadable(f"is {number}", "write a percentage, 0 to 100")
