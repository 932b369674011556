"""A child that hangs, one that is slow, and one that was stopped together with the service."""

from __future__ import annotations

from clearance.agent.silence import SECONDS, Silence


def test_who_says_something_now_and_then_is_not_silent() -> None:
    silence = Silence()
    for second in range(100):
        silence.heard(second)
        assert not silence.too_long(second + SECONDS / 2)


def test_silence_is_told_once() -> None:
    silence = Silence()
    silence.heard(0.0)
    told = [silence.too_long(half / 2) for half in range(40)]
    assert told.count(True) == 1
    assert told.index(True) / 2 == SECONDS


def test_who_never_said_anything_is_not_there_yet() -> None:
    silence = Silence()
    assert not any(silence.too_long(second) for second in range(100))


def test_time_in_which_the_service_did_not_run_does_not_count() -> None:
    silence = Silence()
    silence.heard(0.0)
    assert not silence.too_long(1000.0)
    silence.heard(1000.5)
    assert not silence.too_long(1001.0)


def test_another_one_begins_anew() -> None:
    silence = Silence()
    silence.heard(0.0)
    silence.gone()
    assert not any(silence.too_long(second) for second in range(100))
    silence.heard(100.0)
    assert any(silence.too_long(second) for second in range(101, 110))
