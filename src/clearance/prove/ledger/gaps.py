"""Times in which no record was written although a running service would have written one, and unannounced ends. Pure.

A service that runs writes at least a heartbeat in every interval. Where two records lie further apart than two
intervals it did not run, was stopped from writing, or the machine slept: the ledger shows when, never why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from msgspec import Struct

from clearance.model.record import STARTED, STOPPED, Record


class Gap(Struct, frozen=True):
    """Nothing was recorded from `begin`, the time of record `after`, until `end`.

    `announced`: the record before says that the service was stopped on purpose. `end` before `begin`: the clock was set
    back. `open`: it lasts until now. `again`: it ends with the service beginning anew, without having ended in order.
    """

    after: int
    begin: dt.datetime
    end: dt.datetime
    announced: bool = False
    open: bool = False
    again: bool = False


class GapFinder:
    """Finds gaps record by record. `every` is how often a heartbeat is due.

    Where the service began again without having said that it ends, that is a gap however short it is.
    """

    __slots__ = ("_after", "_announced", "_begin", "_longest", "_runs")

    def __init__(self, every: dt.timedelta) -> None:
        self._longest = every * 2
        self._after = 0
        self._begin: dt.datetime | None = None
        self._announced = False
        self._runs = False

    def see(self, n: int, at: str, *, stopped: bool = False, started: bool = False) -> Gap | None:
        """The gap before this record, if there is one. A time that cannot be read is passed over."""
        moment = instant(at)
        if moment is None:
            return None
        found = self._until(moment)
        if started and self._runs and not found and self._begin is not None:
            found = Gap(self._after, self._begin, moment, again=True)
        self._runs = started or (self._runs and not stopped)
        self._after, self._begin, self._announced = n, moment, stopped
        return found

    def rest(self, now: dt.datetime) -> Gap | None:
        """The gap that is not over yet."""
        found = self._until(now)
        return found and Gap(found.after, found.begin, found.end, found.announced, open=True)

    def _until(self, moment: dt.datetime) -> Gap | None:
        if self._begin is None or abs(moment - self._begin) <= self._longest:
            return None
        return Gap(self._after, self._begin, moment, self._announced)


def gaps(records: Iterable[Record], every: dt.timedelta, now: dt.datetime | None = None) -> Iterator[Gap]:
    """The gaps between records in their order, and up to `now` where it is given."""
    finder = GapFinder(every)
    for record in records:
        event = record.subject.get("event") if record.kind == "change" else None
        found = finder.see(record.n, record.at, stopped=event == STOPPED, started=event == STARTED)
        if found:
            yield found
    last = finder.rest(now) if now else None
    if last:
        yield last


def instant(text: str) -> dt.datetime | None:
    """A record's time in UTC, which it is in where it names no zone; None where it is none that UTC can count."""
    try:
        at = dt.datetime.fromisoformat(text)
        return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return None
