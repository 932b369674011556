from __future__ import annotations

import datetime as dt

import pytest

from clearance.cli.times import instant
from clearance.errors import Error


def test_a_time_without_a_zone_is_utc() -> None:
    assert instant("--since", None) is None
    assert instant("--since", "2026-07-10") == dt.datetime(2026, 7, 10, tzinfo=dt.UTC)
    assert instant("--since", "2026-07-10T09:00Z") == dt.datetime(2026, 7, 10, 9, tzinfo=dt.UTC)
    assert instant("--since", "2026-07-10T09:00+02:00") == dt.datetime(2026, 7, 10, 7, tzinfo=dt.UTC)


def test_what_is_no_time_is_told_with_its_option() -> None:
    with pytest.raises(Error, match=r'--until "soon\\x1b" is not a time\n  write 2026-07-10'):
        instant("--until", "soon\x1b")
