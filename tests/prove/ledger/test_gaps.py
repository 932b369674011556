from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.record import STARTED, STOPPED, Outcome, PolicyMark, Record
from clearance.prove.ledger.clock import instant as written
from clearance.prove.ledger.gaps import Gap, gaps, instant
from tests.prove.ledger.making import BEGIN

EVERY = dt.timedelta(minutes=5)


def record(n: int, minutes: float, event: str = "heartbeat") -> Record:
    at = written(BEGIN + dt.timedelta(minutes=minutes))
    return Record(n, at, "change", {"event": event}, None, Outcome("recorded"), PolicyMark())


def at(minutes: float) -> dt.datetime:
    return BEGIN + dt.timedelta(minutes=minutes)


def test_what_is_written_in_time_leaves_none() -> None:
    assert list(gaps([record(n, n * 5) for n in range(1, 40)], EVERY, at(39 * 5 + 10))) == []
    assert list(gaps([], EVERY, at(0))) == []


def test_a_stopped_service_and_a_silenced_one() -> None:
    found = gaps([record(1, 0), record(2, 60), record(3, 61, STOPPED), record(4, 120)], EVERY, at(200))
    assert list(found) == [
        Gap(1, at(0), at(60)), Gap(3, at(61), at(120), announced=True), Gap(4, at(120), at(200), open=True)
    ]  # fmt: skip


def test_who_begins_again_without_having_ended_leaves_one_however_short() -> None:
    told = [record(1, 0, STARTED), record(2, 1), record(3, 1.5, STARTED), record(4, 2, STOPPED), record(5, 3, STARTED)]
    assert list(gaps(told, EVERY)) == [Gap(2, at(1), at(1.5), again=True)]


def test_a_word_in_another_kind_of_record_is_not_the_services() -> None:
    other = Record(2, record(2, 1).at, "decision", {"event": STARTED}, None, Outcome("done"), PolicyMark())
    assert list(gaps([record(1, 0, STARTED), other], EVERY)) == []


def test_a_clock_that_was_set_back_is_a_gap_that_ends_before_it_begins() -> None:
    (found,) = gaps([record(1, 0), record(2, -300), record(3, -295)], EVERY)
    assert found == Gap(1, at(0), at(-300))


@given(st.lists(st.integers(0, 30), max_size=30))
def test_every_gap_is_found_and_nothing_else(steps: list[int]) -> None:
    minute, records, expected = 0, [record(1, 0)], []
    for n, step in enumerate(steps, 2):
        if step > 10:
            expected.append(Gap(n - 1, at(minute), at(minute + step)))
        minute += step
        records.append(record(n, minute))
    assert list(gaps(records, EVERY)) == expected


@pytest.mark.parametrize(("text", "found"), [
    ("2026-11-21T09:30:00Z", BEGIN), ("2026-11-21T09:30:00", BEGIN), ("2026-11-21T11:30:00+02:00", BEGIN),
    ("soon", None), ("0001-01-01T00:00:00+14:00", None), ("9999-12-31T23:59:59-01:00", None),
])  # fmt: skip
def test_times(text: str, found: dt.datetime | None) -> None:
    assert instant(text) == found
