"""What is taken away below the service is made anew."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable

import pytest

from clearance.agent import records
from clearance.agent.upkeep import FILES_AT_ONCE, RETAIN_EVERY
from clearance.tasks.enforce import host_mode
from tests.agent.scene import BARRED, Scene


def test_a_state_folder_that_is_taken_away_is_made_anew(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    scene.service.orders.set_mode("warn", 0)
    before = len(scene.records())
    shutil.rmtree(scene.state)
    scene.service.upkeep._looked = 0.0
    scene.turn()
    (lost,) = [one for one in scene.records() if one.subject.get("event") == "ledger-lost"]
    assert lost.subject["detail"] == f"{before} records were kept"
    assert host_mode.chosen(str(scene.state)) == "warn"
    assert (scene.state / "accepted" / "accepted.json").exists()
    scene.hear(scene.seen())
    assert scene.records()[-1].kind == "audit"


def test_a_runtime_folder_that_is_taken_away_is_made_anew(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    shutil.rmtree(scene.runtime)
    scene.service.upkeep._looked = 0.0
    scene.turn()
    assert (scene.runtime / "control.sock").is_socket()
    assert (scene.runtime / "metrics.sock").is_socket()
    assert "runtime-lost" in scene.events()
    scene.service.upkeep._looked = 0.0
    scene.turn()
    assert scene.events().count("runtime-lost") == 1
    assert scene.service.upkeep.lock is not None
    scene.service.upkeep.lock.close()


def test_records_older_than_they_are_kept_go_file_by_file(
    make: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make(BARRED + "enforcement: {retention_days: 30}\n").begin()
    asked: list[dt.datetime] = []

    def retain(before: dt.datetime) -> bool:
        asked.append(before)
        return len(asked) < 3

    monkeypatch.setattr(scene.service.upkeep.ledger, "retain", retain)
    now = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    monkeypatch.setattr(records, "now", lambda: now)
    scene.service.upkeep.tick(RETAIN_EVERY + 1)
    scene.service.upkeep.tick(RETAIN_EVERY + 2)
    assert asked == [now - dt.timedelta(days=30)] * 3

    def always(before: dt.datetime) -> bool:
        asked.append(before)
        return True

    monkeypatch.setattr(scene.service.upkeep.ledger, "retain", always)
    scene.service.upkeep.tick(2 * RETAIN_EVERY + 2)
    assert len(asked) == 3 + FILES_AT_ONCE
