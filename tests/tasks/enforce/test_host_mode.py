from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import Error
from clearance.model.terms import ENFORCES, Enforce
from clearance.tasks.enforce import host_mode
from clearance.tasks.enforce.host_mode import LONGEST, Pause

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def paused(hours: float) -> Pause:
    return Pause((NOW + dt.timedelta(hours=hours)).isoformat(), "a release", 0, NOW.isoformat())


@pytest.mark.parametrize(
    ("by_hand", "directive", "expected"),
    [
        (None, None, "observe"), (None, "block", "block"), ("warn", "block", "warn"), ("observe", "block", "observe"),
        ("block", None, "block"), ("block", "observe", "block"),
    ],
)  # fmt: skip
def test_the_mode_set_by_hand_counts_then_the_directives(
    by_hand: Enforce | None, directive: Enforce | None, expected: Enforce
) -> None:
    assert host_mode.mode(by_hand, directive) == expected


@pytest.mark.parametrize("mode", ENFORCES)
def test_a_mode_is_kept(tmp_path: Path, mode: Enforce) -> None:
    state = tmp_path / "not" / "yet"
    assert host_mode.chosen(str(state)) is None
    host_mode.set_mode(str(state), mode)
    assert host_mode.chosen(str(state)) == mode
    assert sorted(path.name for path in state.iterdir()) == ["mode"]


@pytest.mark.parametrize("data", [b"", b"blok\n", b"\xff\xfe", b"block observe"])
def test_a_mode_that_cannot_be_read_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "mode").write_bytes(data)
    assert host_mode.chosen(str(tmp_path)) is None


def test_a_pause_holds_until_its_end(tmp_path: Path) -> None:
    state = str(tmp_path)
    host_mode.set_pause(state, paused(2))
    assert host_mode.pause(state, NOW) == paused(2)
    assert host_mode.pause(state, NOW + dt.timedelta(hours=2)) is None
    host_mode.set_pause(state, None)
    host_mode.set_pause(state, None)
    assert host_mode.pause(state, NOW) is None


def test_a_clock_that_is_set_back_makes_no_pause_longer(tmp_path: Path) -> None:
    host_mode.set_pause(str(tmp_path), paused(2))
    assert host_mode.pause(str(tmp_path), NOW - dt.timedelta(hours=1)) is not None
    assert host_mode.pause(str(tmp_path), NOW - dt.timedelta(days=400)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b'{"until": 3}', msgspec.json.encode(Pause("soon", "", 0, "")),
        msgspec.json.encode(Pause("2026-11-21T13:00:00", "no zone", 0, "")),
        msgspec.json.encode(Pause("9999-12-31T23:59:59+00:00", "for ever", 0, "")),
    ],
)  # fmt: skip
def test_a_pause_that_says_nothing_sound_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "pause.json").write_bytes(data)
    assert host_mode.pause(str(tmp_path), NOW) is None


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("2h", 7200), ("90s", 90), ("24h", 86400), ("1s", 1)])
def test_times_for_a_pause(text: str, seconds: int) -> None:
    assert host_mode.duration(text) == dt.timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "m", "30", "0m", "-5m", "25h", "1441m", "2d", "1.5h", "h2", "9" * 5000 + "s"])
def test_what_is_no_time_for_a_pause(text: str) -> None:
    with pytest.raises(Error):
        host_mode.duration(text)


@given(st.text(max_size=12))
def test_any_text_is_a_time_or_an_error(text: str) -> None:
    try:
        found = host_mode.duration(text)
    except Error:
        return
    assert dt.timedelta(0) < found <= LONGEST


def test_what_cannot_be_kept_is_said_with_its_place(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file where a folder has to be")
    with pytest.raises(Error, match="cannot be written") as caught:
        host_mode.set_mode(str(state), "warn")
    assert str(caught.value).startswith(f"{state}/mode: ")
    for pause in (paused(1), None):
        with pytest.raises(Error, match="cannot be written"):
            host_mode.set_pause(str(state), pause)
