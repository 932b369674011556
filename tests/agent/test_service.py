"""The loop: what children say and clocks show comes to where it belongs."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest

from clearance.agent import records
from clearance.model.enforcement import KnownFile, Row
from clearance.wire.enforcement import Answer, Ask, Learned, Message, Pulse
from tests.agent.scene import BARRED, Scene


def test_it_begins_with_a_directive_a_table_and_a_record(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    assert scene.row() == Row("block", "block", scene.row().decision)
    assert {name for name, _ in scene.crew.given} == {"guard", "tracker"}
    assert scene.events() == ["accepted", "started"]
    status = scene.service.status()
    assert (status.mode, status.policy.generation, status.ready) == ("block", 1, False)
    scene.hear(Pulse("guard", {"events": 3, "blocked": 1}))
    status = scene.service.status()
    assert (status.ready, status.guard.events, status.guard.blocked) == (True, 3, 1)


def test_what_no_row_says_is_answered_by_the_judge(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    scene.hear(Ask(5, "codex", "1.0", 4242, None, "certain"))
    ((name, answer),) = scene.crew.told
    assert isinstance(answer, Answer)
    assert (name, answer.ticket, answer.row.action) == ("guard", 5, "block")


def test_what_one_child_learns_the_other_is_told(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    learned = Learned((KnownFile(1, 2, 3, "codex"),))
    scene.hear(learned, "guard")
    scene.hear(learned, "tracker")
    assert scene.crew.told == [("tracker", learned), ("guard", learned)]
    scene.service.orders.give_tables()
    assert learned.files[0] in scene.crew.table().table.files


def test_an_examiner_that_answers_nothing_is_ended(make: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch) -> None:
    scene = make().begin()
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    scene.hear(Pulse("guard", {"late": 0, "told": 4}))
    scene.hear(Pulse("guard", {"late": 3, "told": 4}))
    clock[0] += 10
    scene.hear(Pulse("guard", {"late": 5, "told": 4}))
    assert scene.crew.ended == ["examiner"]
    assert scene.events()[-1] == "examiner-stalled"


def test_a_defect_in_one_message_costs_that_message(make: Callable[..., Scene]) -> None:
    scene = make().begin()

    class Broken:
        def __init__(self) -> None:
            self.waiting: list[Message] = [scene.seen()]

        def receive(self, *, wait: bool = True) -> Any:
            if not self.waiting:
                return None
            self.waiting.pop()
            raise KeyError("a defect")

    scene.crew.channel = lambda name: Broken()  # type: ignore[attr-defined]
    scene.service._hear("tracker")
    assert scene.events()[-1] == "defect"


def test_a_clock_that_jumps_is_recorded_and_everything_judged_anew(
    make: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make(BARRED.replace("reason: r", "reason: r, from: 2030-01-01")).begin()
    assert scene.row().action == "allow"
    later = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
    monkeypatch.setattr(records, "now", lambda: later)
    monkeypatch.setattr(time, "time", lambda: later.timestamp())
    scene.turn()
    assert scene.row().action == "block"
    assert "clock-jump" in scene.events()
