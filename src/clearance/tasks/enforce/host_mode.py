"""The host's own say: its mode, and whether enforcement is paused. Both lie in the state folder and need no network."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from clearance.errors import Error, Place
from clearance.model.terms import ENFORCES, Enforce

MODE: Final = "mode"
PAUSE: Final = "pause.json"
LONGEST: Final = dt.timedelta(hours=24)
"""The longest pause. Who needs more needs a waiver."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


class Pause(Struct, frozen=True):
    """Enforcement rests until `until` (RFC 3339, UTC). `by` is the user id who said so."""

    until: str
    reason: str
    by: int
    since: str


def chosen(state: str) -> Enforce | None:
    """The mode that was set by hand; None where nobody did, or where what was kept cannot be read."""
    try:
        said = (Path(state) / MODE).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return ENFORCES[ENFORCES.index(said)] if said in ENFORCES else None


def mode(by_hand: Enforce | None, directive: Enforce | None) -> Enforce:
    """The host's mode: the one set by hand, else the directive's, else `observe`."""
    return by_hand or directive or "observe"


def set_mode(state: str, new: Enforce) -> None:
    """Keep the mode. `Error` where it cannot be kept."""
    _keep(Path(state) / MODE, f"{new}\n".encode())


def pause(state: str, now: dt.datetime) -> Pause | None:
    """The pause that holds at this instant."""
    try:
        found = msgspec.json.decode((Path(state) / PAUSE).read_bytes(), type=Pause)
    except (OSError, msgspec.DecodeError, ValueError):
        return None
    return found if holds(found, now) else None


def holds(pause: Pause, now: dt.datetime) -> bool:
    """Whether it does at this instant. One that would last longer than any may does not: the clock was set back."""
    try:
        left = dt.datetime.fromisoformat(pause.until) - now
    except (ValueError, TypeError):
        return False
    return dt.timedelta(0) < left <= LONGEST


def set_pause(state: str, new: Pause | None) -> None:
    """Keep a pause, or end it. `Error` where it cannot be kept."""
    _keep(Path(state) / PAUSE, None if new is None else msgspec.json.encode(new))


def duration(text: str) -> dt.timedelta:
    """What `30m`, `2h` or `90s` means. `Error` for anything else, and for more than a day."""
    number, unit = text[:-1], text[-1:]
    if (
        not number.isdecimal()
        or unit not in _UNITS
        or not 0 < int(number[:9]) * _UNITS[unit] <= LONGEST.total_seconds()
    ):
        raise Error(
            f"{text!r} is no time for a pause",
            remedy="write for example 30m or 2h; at most 24h. For longer, the directive has waivers",
        )
    return dt.timedelta(seconds=int(number) * _UNITS[unit])


def _keep(path: Path, data: bytes | None) -> None:
    room = path.with_name(f".{path.name}.new")
    try:
        if data is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with room.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        room.replace(path)
    except OSError as error:
        what = f"cannot be written: {(error.strerror or '').lower()}"
        raise Error(
            what, place=Place(str(path)), remedy="nothing has changed; see to that place and try again"
        ) from error
