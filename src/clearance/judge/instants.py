"""Dates and instants as a directive writes them, and the span of time they bound.

A bare date is a whole day in the directive's time zone: as `from` it means the day's first instant, as `until` the
instant after its last. A date with a time is that instant; without an offset it is in the directive's time zone. Spans
are half open and counted in microseconds since 1970 in UTC, so that comparing two is exact and needs no time zone.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from clearance.errors import Unreadable

FOREVER: Final = 1 << 62
"""Later than every instant; `-FOREVER` is earlier."""

DAY: Final = 24 * 60 * 60 * 1_000_000
"""The microseconds of a day of 24 hours."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
LATEST: Final = (dt.datetime.max.replace(tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND
"""The last instant that a calendar has a name for."""

_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}")
_EXAMPLE: Final = "write for example 2026-07-10, or 2026-07-10T09:00Z"
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


class Span(Struct, frozen=True):
    """From `start` to before `end`, in microseconds since 1970 in UTC."""

    start: int = -FOREVER
    end: int = FOREVER


@lru_cache(maxsize=64)
def zone(name: str) -> dt.tzinfo:
    """The time zone of this IANA name. `Unreadable` where there is none.

    The rules are those of the `tzdata` package, not of the machine's own database: the same directive begins and ends
    at the same instants everywhere.
    """
    if name == "UTC":
        return dt.UTC
    if _ZONE.fullmatch(name):
        from importlib import resources

        rules = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
        try:
            with rules.open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        except (OSError, ValueError):
            pass
    raise Unreadable("is not a time zone", "write for example Europe/Zurich, or UTC")


def count(at: dt.datetime) -> int:
    """Microseconds since 1970 in UTC. An instant without a zone is taken as UTC."""
    return ((at if at.tzinfo else at.replace(tzinfo=dt.UTC)) - _EPOCH) // _MICROSECOND


def instant(text: str, zone: dt.tzinfo) -> dt.datetime:
    """The first instant of a bare date, or the instant of a date with a time. `Unreadable` where it is neither."""
    try:
        if _DATE.fullmatch(text):
            return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), zone)
        if match := _TIME.fullmatch(text):
            offset = (match[3] or "").upper()
            read = dt.datetime.fromisoformat(f"{match[1]}T{match[2]}{offset}")
            return read if offset else read.replace(tzinfo=zone)
    except ValueError as error:
        raise Unreadable(f"is not a date ({error})", _EXAMPLE) from None
    raise Unreadable("is not a date", _EXAMPLE)


def span(start: str | None, end: str | None, zone: dt.tzinfo) -> Span:
    """The time from `start` to `end`, each as written, or unbounded where None. `Unreadable` where one is no date."""
    return Span(
        -FOREVER if start is None else count(instant(start, zone)),
        FOREVER if end is None else _after(end, zone),
    )


def _after(end: str, zone: dt.tzinfo) -> int:
    first = instant(end, zone)
    if not _DATE.fullmatch(end):
        return count(first)
    if first.date() == dt.date.max:
        return FOREVER
    return count(dt.datetime.combine(first.date() + dt.timedelta(days=1), dt.time(), zone))


def moment(count: int) -> dt.datetime:
    """The instant, in UTC, that is so many microseconds after 1970. OverflowError outside the years 1 to 9999."""
    return _EPOCH + count * _MICROSECOND


def written(at: dt.datetime) -> str:
    """The instant as RFC 3339 in UTC, as documents carry it: `2026-07-10T00:00:00Z`, with a fraction only where it
    has one."""
    try:
        utc = at if at.tzinfo is dt.UTC else moment(count(at))
        return utc.isoformat()[:-6] + "Z"
    except OverflowError:
        return at.isoformat()


def in_words(text: str) -> str:
    """A date for people: `10 July 2026`, `10 July 2026 at 09:00Z`. What begins with no date stays as it is."""
    match = _DATE.match(text)
    if match is None or not "01" <= text[5:7] <= "12":
        return text
    time = text[11:]
    return f"{int(text[8:10])} {_MONTHS[int(text[5:7]) - 1]} {int(text[:4])}" + (f" at {time}" if time else "")
