from __future__ import annotations

import datetime as dt

from clearance.prove.ledger.clock import instant, now


def test_a_time_is_written_in_utc_to_the_millisecond() -> None:
    east = dt.timezone(dt.timedelta(hours=2))
    assert instant(dt.datetime(2026, 11, 21, 11, 30, 0, 712_999, tzinfo=east)) == "2026-11-21T09:30:00.712Z"
    assert now().tzinfo is dt.UTC
