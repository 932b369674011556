"""What is decided about held processes, and that it is told once: the kernel's side is played here."""

from __future__ import annotations

import os
from typing import Any

import pytest

from clearance.agent.tracker import cases
from clearance.agent.tracker.cases import Cases
from clearance.agent.tracker.eyes import Finding
from clearance.kernel.pidfd import Image
from clearance.model.enforcement import UNKNOWN_AGENT, Done, Entry, KnownFile, Row, Table
from clearance.wire.enforcement import Answer, Ask, Failed, Learned, Message, Seen

BLOCK, WARN, ALLOW = Row("block", "block", 0), Row("warn", "warn", 1), Row("allow", "allow", 2)
WOULD = Row("allow", "block", 3)
IMAGE = Image(1, 2, 3)
FILE = KnownFile(1, 2, 3, "bad", "1.0", path="/x/cli.js")
UID = os.getuid()


class Held:
    """A process that can be ended, or has ended, or runs something else by now."""

    def __init__(self, pid: int = 0, *, ends: bool = True, lives: bool = False) -> None:
        self.pid = pid or os.getpid()
        self.ends, self.lives = ends, lives
        self.killed = self.closed = False

    def kill(self, _: Image) -> bool:
        self.killed = self.ends
        return self.ends

    def alive(self) -> bool:
        return self.lives

    def close(self) -> None:
        self.closed = True


class Scene:
    """Cases, and what they said."""

    def __init__(self, *entries: Entry, **fields: Any) -> None:
        self.said: list[Message] = []
        self.left: list[tuple[int, int]] = []
        self.counters = dict.fromkeys(("killed", "told", "asked"), 0)
        self.cases = Cases(
            self.said.append, lambda pid, began: self.left.append((pid, began)), self.counters,
            marked=lambda device: device == 1, now=lambda: 5_000_000,
        )  # fmt: skip
        self.put(*entries, **fields)

    def put(self, *entries: Entry, forget: bool = False, serial: int = 1, **fields: Any) -> None:
        self.cases.replace(Table(serial, 1, "block", 500, "open", entries, **fields), forget=forget)

    def decide(self, held: Held, *found: KnownFile, guarded: bool = False) -> bool:
        return self.cases.decide(held, IMAGE, [(Finding(one, "argv"), guarded) for one in found], 2_000_000)  # type: ignore[arg-type]

    def of(self, kind: type) -> list[Any]:
        return [one for one in self.said if isinstance(one, kind)]


def entry(row: Row, tool: str = "bad") -> Entry:
    return Entry(tool, None, UID, row)


def test_what_is_barred_is_ended_told_and_learned() -> None:
    scene, held = Scene(entry(BLOCK)), Held()
    assert not scene.decide(held, FILE)
    (seen,) = scene.of(Seen)
    assert (held.killed, seen.done, seen.latency_us, seen.serial) == (True, "killed", 3000, 1)
    assert scene.of(Learned) == [Learned((FILE,))]
    assert scene.left == [(held.pid, 2_000_000)]


@pytest.mark.parametrize(("lives", "done"), [(False, ["late"]), (True, [])])
def test_who_runs_something_else_by_now_is_spared(lives: bool, done: list[Done]) -> None:
    scene = Scene(entry(BLOCK))
    scene.decide(Held(ends=False, lives=lives), FILE)
    assert [seen.done for seen in scene.of(Seen)] == done


@pytest.mark.parametrize(("row", "done"), [(WARN, ["warned"]), (WOULD, ["would-block"]), (ALLOW, [])])
def test_who_goes_on_is_told_of_once(row: Row, done: list[Done]) -> None:
    scene = Scene(entry(row))
    for _ in range(3):
        assert not scene.decide(Held(), FILE)
    assert [seen.done for seen in scene.of(Seen)] == done


def test_what_the_guard_told_is_not_told_again_when_all_that_runs_is_looked_at() -> None:
    scene = Scene(entry(WOULD))
    scene.decide(Held(), FILE, guarded=True)
    scene.decide(Held(), FILE)
    assert scene.of(Seen) == []


def test_a_critical_file_is_never_ended() -> None:
    scene, held = Scene(entry(BLOCK), critical=((FILE.device, FILE.inode),)), Held()
    scene.decide(held, FILE)
    assert (held.killed, scene.of(Seen)) == (False, [])


def test_the_worst_of_what_was_found_counts() -> None:
    scene, held = Scene(entry(ALLOW), entry(BLOCK, "worse")), Held()
    scene.decide(held, FILE, KnownFile(1, 9, 3, "worse"))
    assert [seen.tool for seen in scene.of(Seen)] == ["worse"]


def test_the_service_is_asked_and_what_it_says_is_kept() -> None:
    scene, held = Scene(), Held()
    assert scene.decide(held, FILE)
    (ask,) = scene.of(Ask)
    scene.cases.answered(Answer(ask.ticket, 1, "bad", "1.0", UID, BLOCK))
    assert (held.killed, held.closed) == (True, True)
    assert not scene.decide(Held(), FILE)
    assert (len(scene.of(Ask)), scene.counters["asked"]) == (1, 1)


def test_an_answer_of_an_old_table_is_carried_out_and_not_kept() -> None:
    scene, held = Scene(), Held()
    scene.decide(held, FILE)
    scene.put(serial=2)
    scene.cases.answered(Answer(scene.of(Ask)[0].ticket, 1, "bad", "1.0", UID, BLOCK))
    assert held.killed
    assert scene.decide(Held(), FILE)


def test_unknown_agents_are_asked_about_by_their_score() -> None:
    stranger = KnownFile(1, 2, 3, UNKNOWN_AGENT, score=0.9)
    scene = Scene()
    assert not scene.decide(Held(), stranger)
    scene.put(strangers=True)
    assert not scene.decide(Held(), KnownFile(1, 2, 3, UNKNOWN_AGENT, score=0.1))
    assert scene.decide(Held(), stranger)
    scene.cases.answered(Answer(scene.of(Ask)[0].ticket, 1, UNKNOWN_AGENT, None, UID, BLOCK))
    held = Held()
    assert not scene.decide(held, stranger)
    assert held.killed


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASKED", "SAID", "LEARNED"):
        monkeypatch.setattr(cases, name, 1)
    scene = Scene()
    first = Held()
    scene.decide(first, FILE)
    scene.decide(Held(), FILE)
    assert first.closed
    assert [one.reason for one in scene.of(Failed)] == ["too-many-waiting"]
    scene.put(entry(WOULD))
    for inode, pid in ((2, os.getpid()), (3, os.getppid()), (2, os.getpid())):
        scene.decide(Held(pid), KnownFile(1, inode, 3, "bad"))
    assert len(scene.of(Learned)) == 3
    scene.put(entry(WOULD), forget=True)
    assert not scene.decide(Held(), KnownFile(1, 2, 3, "bad"))
    assert len(scene.of(Learned)) == 4
