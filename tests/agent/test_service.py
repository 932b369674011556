from __future__ import annotations

import datetime as dt
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clearance.agent import service as module
from clearance.agent.footing import open_ledger
from clearance.agent.service import Service, Settings
from clearance.agent.watched import Watched
from clearance.catalog import Catalog, load_catalog
from clearance.errors import Error
from clearance.model.enforcement import KnownFile, Row
from clearance.model.record import Record
from clearance.observe.identity.rules import Rules, compile_rules
from clearance.prove.ledger.read import records_of
from clearance.tasks.enforce import host_mode
from clearance.wire.enforcement import Answer, Ask, Failed, Learned, Message, NewTable, Pulse, Seen

HEAD = """apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: One, owner: security@example.com, review: 2035-10-10}
contact: https://intranet.example.com/ai-tools
"""
ALLOWED = HEAD + "default: {effect: allow}\n"
BARRED = (
    HEAD + "rules: [{id: none, match: {tool: codex}, effect: block, reason: r, risk: high}]\ndefault: {effect: allow}\n"
)
OWN = BARRED.replace("rules:", 'tools: [{id: icoder, kind: coding-agent, packages: ["npm:own-coder"]}]\nrules:')


class Crew:
    """Remembers what was asked of the children."""

    def __init__(self) -> None:
        self.given: list[tuple[str, Message]] = []
        self.told: list[tuple[str, Message]] = []
        self.ended: list[str] = []
        self.died: list[str] = []
        self.adopted: list[Rules] = []
        self.restarted = False

    def start(self, rules: Rules) -> None: ...
    def stop(self) -> None: ...

    def adopt(self, rules: Rules) -> None:
        self.adopted.append(rules)

    def pid(self, name: str) -> int:
        return 7

    def channels(self) -> Iterator[Any]:
        return iter(())

    def give(self, name: str, message: Message) -> None:
        self.given.append((name, message))

    def tell(self, name: str, message: Message) -> None:
        self.told.append((name, message))

    def lost(self, name: str) -> None:
        self.ended.append(name)

    def reap(self) -> list[str]:
        died, self.died = self.died, []
        return died

    def table(self, name: str = "guard") -> NewTable:
        """The newest table that a child was given."""
        found = [one for who, one in self.given if who == name and isinstance(one, NewTable)]
        return found[-1]


class Scene:
    """A service whose children only listen."""

    def __init__(self, folder: Path, catalog: Catalog, rules: Rules, text: str, **settings: Any) -> None:
        self.state, self.runtime = folder / "state", folder / "run"
        self.runtime.mkdir(exist_ok=True)
        self.directive = folder / "directive.yaml"
        self.directive.write_text(text)
        self.crew = Crew()
        chosen: dict[str, Any] = {"mode": "block", "directive": str(self.directive)} | settings
        self.service = Service(
            Settings(
                chosen["directive"], str(folder / "none.d"), chosen["mode"], Watched(("/w",), frozenset(), host=False),
                False, str(self.state), str(self.runtime),
            ),
            catalog, rules, open_ledger(str(self.state)), self.crew,  # type: ignore[arg-type]
        )  # fmt: skip

    def begin(self) -> Scene:
        self.service._begin()
        self.service._new_table()
        return self

    def turn(self) -> None:
        self.service._reap()
        self.service._clocks()
        if self.service._dirty:
            self.service._new_table()
        self.service.books.write()
        for reason, count in self.service.books.mended():
            self.service._failed(Failed(reason, count))
        self.service.books.write()

    def hear(self, message: Message, name: str = "guard") -> None:
        self.service._message(name, message)

    def records(self) -> list[Record]:
        self.service.books.write()
        return list(records_of(str(self.state / "ledger")))

    def events(self) -> list[str]:
        return [str(one.subject.get("event") or one.outcome.done) for one in self.records()]

    def row(self, tool: str = "codex") -> Row:
        return next(e.row for e in self.crew.table().table.entries if e.tool == tool)

    def seen(self, done: Any = "blocked") -> Seen:
        serial = self.crew.table().table.serial
        return Seen("exec", done, 42, 0, "/bin/codex", "codex", "1.0", self.row(), serial, 90)


@pytest.fixture(scope="module")
def known() -> tuple[Catalog, Rules]:
    whole = load_catalog()
    few = Catalog([whole.tools[name] for name in ("codex", "gemini-cli")], whole.shared)
    return few, compile_rules(few)


@pytest.fixture
def make(
    tmp_path: Path, known: tuple[Catalog, Rules], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Scene]]:
    # Signals are the test runner's, and what is critical here is tested elsewhere.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(module, "critical", lambda _: ())
    made: list[Scene] = []

    def build(text: str = BARRED, **settings: Any) -> Scene:
        made.append(Scene(tmp_path, *known, text, **settings))
        return made[-1]

    yield build
    for scene in made:
        scene.service.door.close()
        scene.service.metrics.close()
        scene.service.surveyor.stop()
        scene.service.ledger.close()


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


def test_a_bad_directive_is_refused_and_recorded_and_the_old_one_stays(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    scene.directive.write_text("rules: [")
    with pytest.raises(Error):
        scene.service.reload("", told=True)
    assert scene.events()[-1] == "refused"
    assert scene.service.status().failures == {"directive-refused": 1}
    assert scene.row().action == "block"
    scene.directive.write_text(ALLOWED)
    assert scene.service.reload("", told=False) == 2
    assert scene.row().action == "allow"


def test_what_was_accepted_is_in_force_where_the_named_one_became_bad(
    make: Callable[..., Scene], tmp_path: Path
) -> None:
    first = make().begin()
    first.service.door.close()
    first.service.metrics.close()
    first.service.books.write()
    first.service.ledger.close()
    again = make("kind: Nonsense\n").begin()
    assert again.row().action == "block"
    assert again.events()[-2:] == ["refused", "started"]


def test_every_decision_is_recorded_told_and_queued_once(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    for _ in range(3):
        scene.hear(scene.seen())
    assert [one.outcome.done for one in scene.records() if one.kind == "decision"] == ["blocked"] * 3
    assert [one.subject["tool"] for one in scene.records() if one.kind == "audit"] == ["codex"]
    assert [name for name, _ in scene.crew.told].count("notifier") <= 1
    assert scene.service.telling.last(0) is not None


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
    scene.service._new_table()
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


def test_the_modes_that_count(make: Callable[..., Scene]) -> None:
    scene = make(BARRED + "enforcement: {mode: block}\n", mode=None).begin()
    assert (scene.service.status().mode, scene.row().action) == ("block", "block")
    scene.directive.write_text(BARRED)
    scene.service.reload("", told=True)
    assert (scene.service.status().mode, scene.row()) == ("observe", Row("allow", "block", scene.row().decision))
    scene.service.set_mode("warn", 0)
    assert (scene.service.status().mode, scene.row().action) == ("warn", "warn")
    assert host_mode.chosen(str(scene.state)) == "warn"
    with pytest.raises(Error):
        scene.service.set_mode("nonsense", 0)
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
    monkeypatch.setattr(module, "_now", lambda: now[0])
    for moved in (dt.timedelta(hours=3), dt.timedelta(days=-400)):
        scene.service.set_pause(3600, "a release", 0)
        assert scene.row().action == "allow"
        scene.turn()
        assert scene.service.status().paused is not None
        now[0] += moved
        scene.turn()
        assert scene.service.status().paused is None
        assert scene.row().action == "block"
    scene.service.set_pause(3600, "a release", 0)
    scene.service.resume(0)
    scene.service.resume(0)
    assert [event for event in scene.events() if event in ("paused", "resumed")] == ["paused", "resumed"] * 3


def test_a_clock_that_jumps_is_recorded_and_everything_judged_anew(
    make: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make(BARRED.replace("reason: r", "reason: r, from: 2030-01-01")).begin()
    assert scene.row().action == "allow"
    later = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
    monkeypatch.setattr(module, "_now", lambda: later)
    monkeypatch.setattr(time, "time", lambda: later.timestamp())
    scene.turn()
    assert scene.row().action == "block"
    assert "clock-jump" in scene.events()


def test_tools_of_the_directive_change_what_files_are(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    assert scene.crew.adopted == []
    scene.hear(Learned((KnownFile(1, 2, 3, "codex"),)))
    scene.directive.write_text(OWN)
    scene.service.reload("", told=True)
    (rules,) = scene.crew.adopted
    assert rules.tool_of_package("npm", "own-coder") == "icoder"
    assert scene.crew.table().table.files == ()
    scene.directive.write_text(OWN.replace("reason: r", "reason: another"))
    scene.service.reload("", told=True)
    assert len(scene.crew.adopted) == 1
    scene.directive.write_text(BARRED)
    scene.service.reload("", told=True)
    assert scene.crew.adopted[1].tool_of_package("npm", "own-coder") is None


def test_a_state_folder_that_is_taken_away_is_made_anew(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    scene.service.set_mode("warn", 0)
    before = len(scene.records())
    shutil.rmtree(scene.state)
    scene.service._looked = 0.0
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
    scene.service._looked = 0.0
    scene.turn()
    assert (scene.runtime / "control.sock").is_socket()
    assert (scene.runtime / "metrics.sock").is_socket()
    assert "runtime-lost" in scene.events()
    scene.service._looked = 0.0
    scene.turn()
    assert scene.events().count("runtime-lost") == 1
    scene.service.lock.close()


def test_who_died_is_recorded_with_what_is_done(make: Callable[..., Scene]) -> None:
    scene = make().begin()
    scene.crew.died = ["guard", "tracker"]
    tables = len(scene.crew.given)
    scene.turn()
    assert scene.events()[-2:] == ["guard-died", "tracker-died"]
    assert scene.records()[-1].outcome.done == "started again"
    assert len(scene.crew.given) == tables + 2


def test_without_any_directive_it_says_what_to_do(make: Callable[..., Scene]) -> None:
    with pytest.raises(Error) as caught:
        make(directive="").begin()
    assert "--directive" in caught.value.remedy
