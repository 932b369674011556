"""Telling people: what is said about a start, once, and kept so that they can read it again in full."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from clearance.act.notice import Happening, Occasion, Once, compose
from clearance.act.reader import reader
from clearance.model.decision import Decision, ToolFacts
from clearance.observe.live.audience import seat
from clearance.wire.enforcement import Seen, Tell

FOLDER: Final = "why"
MOST: Final = 1024
_HAPPENINGS: Final[dict[str, Happening]] = {
    "blocked": "blocked",
    "killed": "stopped",
    "late": "stopped",
    "refused": "refused",
    "warned": "warned",
}


class Told(Struct, frozen=True):
    """The last thing that one person was told, and the decision that it was about."""

    at: str
    text: str
    path: str
    done: str
    decision: Decision


class Telling:
    """Composes notices. `state` is the folder that the last one of each person is kept in."""

    def __init__(self, state: str, own_words: frozenset[str] = frozenset()) -> None:
        self._folder = Path(state) / FOLDER
        self._once = Once()
        self._last: OrderedDict[int, Told] = OrderedDict()
        self.own_words = own_words

    def notice(self, seen: Seen, decision: Decision, tool: ToolFacts | None, at: str, now: float) -> Tell | None:
        """What to tell about this, if there is something to tell that was not told just before."""
        happening = _HAPPENINGS.get(seen.done)
        if happening is None and seen.done == "allowed" and decision.upcoming is not None:
            happening = "coming"
        if happening is None or seen.uid is None:
            return None
        # Under sudo the terminal is still the person's who sits at it.
        there = seat(seen.terminal, seen.uid, seen.pid)
        read_by = reader(seen.locale)
        occasion = Occasion(
            happening,
            name=tool.name if tool else "",
            target=seen.path if happening == "refused" else "",
            own_words=(decision.rule or "default") in self.own_words,
            width=there.width,
        )
        notice = compose(decision, occasion, read_by)
        self._keep(seen.uid, Told(at, notice.text, seen.path, seen.done, decision))
        rule = decision.upcoming.rule if happening == "coming" and decision.upcoming else decision.rule
        if not self._once.first(seen.uid, seen.tool, rule, now):
            return None
        uid = seen.uid if there.uid is None else there.uid
        return Tell(uid, notice.title, notice.text, there.terminals, body=notice.body, encoding=read_by.encoding)

    def last(self, uid: int) -> Told | None:
        """What a person was told last, also before the service was started anew."""
        told = self._last.get(uid)
        if told is not None:
            return told
        try:
            return msgspec.json.decode((self._folder / f"{uid}.json").read_bytes(), type=Told)
        except (OSError, msgspec.DecodeError):
            return None

    def _keep(self, uid: int, told: Told) -> None:
        self._last[uid] = told
        self._last.move_to_end(uid)
        if len(self._last) > MOST:
            self._last.popitem(last=False)

    def save(self) -> None:
        """Keep what was told over a restart. What cannot be kept is only missing then."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for uid, told in self._last.items():
                (self._folder / f"{uid}.json").write_bytes(msgspec.json.encode(told))
        except OSError:
            return
