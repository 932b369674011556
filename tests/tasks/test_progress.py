from __future__ import annotations

import time

import pytest

from clearance.tasks.progress import EVERY, Progress


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def test_a_short_scan_says_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(True) as progress:
        for count in range(5):
            progress.files(count)
            clock.now += EVERY / 3
    assert capsys.readouterr().err == ""


def test_a_long_one_counts_in_one_line_which_it_takes_away(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(True) as progress:
        clock.now += 2 * EVERY
        progress.files(1_234)
        progress.files(1_235)
        clock.now += EVERY
        progress.files(212_408)
        assert capsys.readouterr().err == "\r\033[K1,234 files …\r\033[K212,408 files …"
    assert capsys.readouterr().err == "\r\033[K"


def test_the_line_goes_also_where_the_scan_fails(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        with Progress(True) as progress:
            clock.now += 2 * EVERY
            progress.files(7)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert capsys.readouterr().err == "\r\033[K7 files …\r\033[K"


def test_where_nobody_looks_nothing_is_shown(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(False) as progress:
        clock.now += 60
        progress.files(7)
    assert capsys.readouterr().err == ""
