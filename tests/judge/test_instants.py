from __future__ import annotations

import contextlib
import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import Unreadable
from clearance.judge.instants import DAY, FOREVER, LATEST, count, in_words, instant, moment, span, written, zone

UTC = dt.UTC


def utc(text: str, name: str = "UTC") -> str:
    return written(instant(text, zone(name)))


@pytest.mark.parametrize(
    ("text", "zone_name", "expected"),
    [
        ("2026-07-10", "UTC", "2026-07-10T00:00:00Z"),
        ("2026-07-10", "Europe/Zurich", "2026-07-09T22:00:00Z"),
        ("2026-01-10", "Europe/Zurich", "2026-01-09T23:00:00Z"),
        ("2026-07-10T09:00Z", "Europe/Zurich", "2026-07-10T09:00:00Z"),
        ("2026-07-10t09:00z", "UTC", "2026-07-10T09:00:00Z"),
        ("2026-07-10 09:00:30.25+02:00", "UTC", "2026-07-10T07:00:30.250000Z"),
        ("2026-07-10 09:00 -0330", "UTC", "2026-07-10T12:30:00Z"),
        ("2026-07-10T09:00", "Asia/Tokyo", "2026-07-10T00:00:00Z"),
        # the first instant of a day whose midnight does not exist
        ("2024-04-26", "Africa/Cairo", "2024-04-25T22:00:00Z"),
        # the first of two midnights
        ("2024-11-03", "America/Havana", "2024-11-03T04:00:00Z"),
    ],
)
def test_dates_and_instants(text: str, zone_name: str, expected: str) -> None:
    assert utc(text, zone_name) == expected


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13-01", "2026-02-30", "2026-7-1", "20260710", "2026-W28-5", "2026-07-10T25:00",
     "2026-07-10T9:00",
     "10.07.2026", "2026-07-10T09:00+25:00", "0000-01-01", "2026-07-10T09:00:00.1234567", "٢٠٢٦-07-10", "2026-07-10\n"],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        instant(text, UTC)
    assert caught.value.what.startswith("is not a date")
    assert "2026-07-10" in caught.value.remedy


@given(st.text(max_size=30))
def test_a_date_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        assert instant(text, UTC).tzinfo is not None


@pytest.mark.parametrize(
    "name",
    [
        "America",
        "../zone",
        "/etc/passwd",
        "a\0b",
        "x" * 5000,
        "Europe/Zürich",
        "",
        "CEST?",
        "CEST",
        "__init__",
        "tzdata",
        "zone.tab",
        "leapseconds",
        "Europe/",
        "/Europe/Zurich",
        "Europe//Zurich",
        "europe/Nowhere",
    ],
)
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(Unreadable) as caught:
        zone(name)
    assert str(caught.value) == "is not a time zone: write for example Europe/Zurich, or UTC"


def test_utc_is_always_known() -> None:
    assert zone("UTC") is UTC


def test_zones_are_those_of_the_package_whatever_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    zone.cache_clear()
    monkeypatch.setattr(zoneinfo, "ZoneInfo", None)
    monkeypatch.setenv("PYTHONTZPATH", "/nowhere")
    zoneinfo.reset_tzpath(to=())
    try:
        assert utc("2026-07-10", "America/Argentina/Buenos_Aires") == "2026-07-10T03:00:00Z"
        assert utc("2026-07-10", "Etc/GMT-14") == "2026-07-09T10:00:00Z"
    finally:
        zoneinfo.reset_tzpath()


def test_spans() -> None:
    day = span("2026-07-10", "2026-07-10", UTC)
    assert (day.end - day.start, written(moment(day.end))) == (DAY, "2026-07-11T00:00:00Z")
    exact = span("2026-07-10T09:00Z", "2026-07-10T10:00Z", UTC)
    assert exact.end - exact.start == DAY // 24
    assert span(None, None, UTC) == span(None, "9999-12-31", UTC)
    assert (span(None, None, UTC).start, span(None, None, UTC).end) == (-FOREVER, FOREVER)
    spring = span("2026-03-29", "2026-03-29", zone("Europe/Zurich"))
    assert spring.end - spring.start == DAY * 23 // 24
    skipped = span("2011-12-30", "2011-12-30", zone("Pacific/Apia"))
    assert skipped.start == skipped.end


def test_counting_is_exact_at_both_ends_of_the_calendar() -> None:
    first = dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=14)))
    last = dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-14)))
    assert -FOREVER < count(first) < count(last) < FOREVER
    assert count(dt.datetime.max.replace(tzinfo=UTC)) == LATEST < count(last)
    assert written(first) == "0001-01-01T00:00:00+14:00"
    assert written(last) == "9999-12-31T23:59:59.999999-14:00"
    assert span("0001-01-01", None, zone("Asia/Tokyo")).start < 0


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_what_was_counted(at: dt.datetime) -> None:
    assert moment(count(at)) == at
    assert written(at) == written(moment(count(at)))


def test_an_instant_without_a_zone_is_in_utc() -> None:
    assert count(dt.datetime(1970, 1, 1)) == 0
    assert count(dt.datetime(1970, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-07-10", "10 July 2026"),
        ("2026-12-01T09:00Z", "1 December 2026 at 09:00Z"),
        ("2026-01-31 09:00", "31 January 2026 at 09:00"),
        ("2026-01-31t09:00z", "31 January 2026 at 09:00z"),
        ("2026-13-01", "2026-13-01"),
        ("2026-00-01", "2026-00-01"),
        ("soon", "soon"),
        ("", ""),
    ],
)
def test_dates_in_words(text: str, words: str) -> None:
    assert in_words(text) == words
