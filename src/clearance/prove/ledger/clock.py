"""The time as a ledger takes and writes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], dt.datetime]


def now() -> dt.datetime:
    """The system's time."""
    return dt.datetime.now(dt.UTC)


def instant(at: dt.datetime) -> str:
    """The time as records carry it: RFC 3339 in UTC, to the millisecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
