"""What happened is recorded, counted and told, once."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from clearance.agent.recording import login
from clearance.tasks.enforce.surveyed import PutRight
from clearance.wire.enforcement import Cut
from tests.agent.scene import Scene


def test_every_decision_is_recorded_told_and_queued_once(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    for _ in range(3):
        scene.hear(scene.seen())
    assert [one.outcome.done for one in scene.records() if one.kind == "decision"] == ["blocked"] * 3
    assert [one.subject["tool"] for one in scene.records() if one.kind == "audit"] == ["codex"]
    assert [name for name, _ in scene.crew.told].count("notifier") <= 1
    assert scene.service.telling.last(0) is not None


def test_who_died_is_recorded_with_what_is_done(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    scene.crew.died = ["guard", "tracker"]
    tables = len(scene.crew.given)
    scene.turn()
    assert scene.events()[-2:] == ["guard-died", "tracker-died"]
    assert scene.records()[-1].outcome.done == "started again"
    assert len(scene.crew.given) == tables + 2


def test_a_decision_of_a_table_long_gone_is_counted(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    seen = structs.replace(scene.seen(), serial=99)
    scene.hear(seen)
    assert scene.service.recording.all_failures() == {"other": 1}
    assert [one for one in scene.records() if one.kind == "decision"] == []


def test_what_is_late_is_cut_from_the_network_and_kills_are_counted(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    for done in ("late", "killed", "refused"):
        scene.hear(scene.seen(done))
    assert ("network", Cut(42)) in scene.crew.told
    assert (scene.service.recording.killed, scene.service.recording.refused) == (1, 1)


def test_settings_that_were_put_right_and_those_that_were_left(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    scene.service.recording.put_right(PutRight("ana", "telemetry", "off", "/s", "k"))
    scene.service.recording.put_right(PutRight("ana", "telemetry", "off", why="set in the environment"))
    assert [one.outcome.done for one in scene.records() if one.subject.get("event") == "setting"] == [
        "put-right", "left",
    ]  # fmt: skip


def test_users_have_names() -> None:
    assert login(0) == "root"
    assert login(3_999_999) is None
