"""What is ordered is in force, recorded and told; what is refused changes nothing."""

from __future__ import annotations

import datetime as dt
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clearance.agent import records
from clearance.errors import Error
from clearance.model.enforcement import KnownFile, Row
from clearance.tasks.enforce import acceptance, host_mode
from clearance.wire.enforcement import Learned
from tests.agent.scene import ALLOWED, BARRED, HEAD, OWN, Scene


def test_a_bad_directive_is_refused_and_recorded_and_the_old_one_stays(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    scene.directive.write_text("rules: [")
    with pytest.raises(Error):
        scene.service.orders.reload("", told=True)
    assert scene.events()[-1] == "refused"
    assert scene.service.status().failures == {"directive-refused": 1}
    assert scene.row().action == "block"
    scene.directive.write_text(ALLOWED)
    assert scene.service.orders.reload("", told=False) == 2
    assert scene.row().action == "allow"


def test_what_was_accepted_is_in_force_where_the_named_one_became_bad(
    make: Callable[..., Scene], tmp_path: Path
) -> None:
    first = make().begin()
    first.service.door.close()
    first.service.metrics.close()
    first.service.recording.books.write()
    first.service.upkeep.ledger.close()
    again = make("kind: Nonsense\n").begin()
    assert again.row().action == "block"
    assert again.events()[-2:] == ["refused", "started"]


def test_the_modes_that_count(make: Callable[..., Scene]) -> None:
    scene = make(BARRED + "enforcement: {mode: block}\n", mode=None).begin()
    assert (scene.service.status().mode, scene.row().action) == ("block", "block")
    scene.directive.write_text(BARRED)
    scene.service.orders.reload("", told=True)
    assert (scene.service.status().mode, scene.row()) == ("observe", Row("allow", "block", scene.row().decision))
    scene.service.orders.set_mode("warn", 0)
    assert (scene.service.status().mode, scene.row().action) == ("warn", "warn")
    assert host_mode.chosen(str(scene.state)) == "warn"
    with pytest.raises(Error):
        scene.service.orders.set_mode("nonsense", 0)
    assert scene.records()[-1].subject | {"n": 0} == {
        "event": "mode",
        "mode": "warn",
        "before": "observe",
        "by": 0,
        "n": 0,
    }


def test_a_pause_ends_by_itself_also_when_the_clock_is_set_back(
    make: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make().begin()
    now = [dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)]
    monkeypatch.setattr(records, "now", lambda: now[0])
    for moved in (dt.timedelta(hours=3), dt.timedelta(days=-400)):
        scene.service.orders.set_pause(3600, "a release", 0)
        assert scene.row().action == "allow"
        scene.turn()
        assert scene.service.status().paused is not None
        now[0] += moved
        scene.turn()
        assert scene.service.status().paused is None
        assert scene.row().action == "block"
    scene.service.orders.set_pause(3600, "a release", 0)
    scene.service.orders.resume(0)
    scene.service.orders.resume(0)
    assert [event for event in scene.events() if event in ("paused", "resumed")] == ["paused", "resumed"] * 3


def test_settings_are_looked_at_anew_where_something_else_holds(
    make: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = "rules: [{id: s, match: {tool: codex}, effect: allow-with-settings, settings: {telemetry: off}}]\n"
    scene = make().begin()
    asked: list[int] = []
    monkeypatch.setattr(scene.service.surveyor, "again", lambda: asked.append(1))
    orders = scene.service.orders
    orders.set_mode("warn", 0)
    assert len(asked) == 0
    scene.directive.write_text(HEAD + settings + "default: {effect: allow}\n")
    orders.reload("", told=True)
    assert len(asked) == 1
    orders.set_mode("block", 0)
    assert len(asked) == 2
    orders.set_pause(60, "r", 0)
    assert len(asked) == 2
    orders.resume(0)
    assert len(asked) == 3
    orders.give_tables()
    assert len(asked) == 3


def test_tools_of_the_directive_change_what_files_are(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    assert scene.crew.adopted == []
    scene.hear(Learned((KnownFile(1, 2, 3, "codex"),)))
    scene.directive.write_text(OWN)
    scene.service.orders.reload("", told=True)
    (rules,) = scene.crew.adopted
    assert rules.tool_of_package("npm", "own-coder") == "icoder"
    assert scene.crew.table().table.files == ()
    scene.directive.write_text(OWN.replace("reason: r", "reason: another"))
    scene.service.orders.reload("", told=True)
    assert len(scene.crew.adopted) == 1
    scene.directive.write_text(BARRED)
    scene.service.orders.reload("", told=True)
    assert scene.crew.adopted[1].tool_of_package("npm", "own-coder") is None


def test_without_a_good_directive_everything_starts_until_it_is_mended(make: Callable[..., Scene]) -> None:
    scene = make(directive="")
    scene.configured.mkdir()
    placed = scene.configured / "10-ours.yaml"
    placed.write_text(BARRED.replace("effect: block", "effect: blok"))
    scene.begin()
    status = scene.service.status()
    assert (status.policy.generation, status.failures) == (0, {"directive-refused": 1})
    assert status.refused.startswith(f"{placed}:5:")
    assert '"blok"' in status.refused
    assert scene.row().action == "allow"
    refused = scene.records()[0]
    assert (refused.subject["event"], refused.subject["why"]) == ("refused", status.refused)
    scene.turn()
    assert scene.service.status().failures == {"directive-refused": 1}, "it is not tried again as it is"
    placed.write_text("rules: [")
    scene.turn()
    assert scene.service.status().failures == {"directive-refused": 2}
    placed.write_text(BARRED)
    scene.turn()
    status = scene.service.status()
    assert (status.policy.generation, status.refused) == (1, "")
    assert scene.row().action == "block"
    assert scene.events().count("accepted") == 1
    placed.write_text(ALLOWED)
    scene.turn()
    assert scene.row().action == "block", "from now on somebody has to say so"


def test_a_bad_directive_that_somebody_named_is_an_error(make: Callable[..., Scene]) -> None:
    with pytest.raises(Error, match="Nonsense"):
        make("kind: Nonsense\n").begin()


def test_what_was_accepted_and_is_damaged_is_waited_for(make: Callable[..., Scene]) -> None:
    first = make().begin()
    for one in (first.service.door, first.service.metrics):
        one.close()
    first.service.upkeep.ledger.close()
    next((first.state / "accepted" / "directive.d").iterdir()).write_text(ALLOWED)
    again = make(directive="").begin()
    assert again.service.status().policy.generation == 0
    assert "digest" in again.service.status().refused
    again.configured.write_text(BARRED)
    again.turn()
    assert again.row().action == "block"


def test_a_directive_that_cannot_be_kept_is_refused(
    make: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    scene = make().begin()
    monkeypatch.setattr(acceptance, "_keep", full)
    scene.directive.write_text(ALLOWED)
    with pytest.raises(Error, match="no space left on device"):
        scene.service.orders.reload("", told=True)
    assert scene.row().action == "block"
    assert scene.events()[-1] == "refused"


def test_without_any_directive_it_says_what_to_do(make: Callable[..., Scene]) -> None:
    with pytest.raises(Error) as caught:
        make(directive="").begin()
    assert "--directive" in caught.value.remedy
