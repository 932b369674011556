from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from clearance.agent import crew as module
from clearance.agent.children import fork
from clearance.agent.crew import Crew
from clearance.agent.watched import Watched
from clearance.model.enforcement import Table
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import NewTable, Stop, Tell

SECONDS = 30


class Playing(Crew):
    """A crew whose children listen, and say back what they were told."""

    deaf = False

    def __init__(self) -> None:
        super().__init__(Watched((), frozenset(), host=False), network=False)
        self.starts: list[str] = []

    def _start(self, name: str) -> None:
        self.starts.append(name)
        mine, its = Channel.pair()
        self._pids[name] = fork(name, {its.fileno()}, lambda: self._listen(its))
        its.close()
        self._channels[name] = mine

    def _listen(self, channel: Channel) -> None:
        if self.deaf:
            signal.pause()
        while True:
            try:
                got = channel.receive()
            except Closed:
                return
            if got is None or isinstance(got[0], Stop):
                return
            channel.send(got[0])

    def begin_with(self, *names: str) -> None:
        for name in names:
            self._start(name)


def table(serial: int) -> NewTable:
    return NewTable(Table(serial, 1, "block", 500, "open", ()))


@pytest.fixture
def crew() -> Iterator[Playing]:
    made = Playing()
    yield made
    for pid in list(made._pids.values()):
        os.kill(pid, signal.SIGKILL)
    made.stop()


def hears(crew: Crew, name: str) -> Any:
    channel = crew.channel(name)
    assert channel is not None
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        got = channel.receive(wait=False)
        if got is not None:
            return got[0]
    raise AssertionError("nothing was said")


def reaped(crew: Crew) -> list[str]:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if died := crew.reap():
            return died
    raise AssertionError("nobody died")


def test_what_a_child_must_know_it_is_told_again_when_it_is_started_again(crew: Playing) -> None:
    crew.begin_with("tracker")
    crew.give("tracker", table(1))
    assert hears(crew, "tracker") == table(1)
    first = crew.pid("tracker")
    crew.lost("tracker")
    assert reaped(crew) == ["tracker"]
    assert crew.restarted
    assert crew.pid("tracker") not in (0, first)
    assert hears(crew, "tracker") == table(1)


def test_who_tells_people_is_started_when_there_is_somebody_to_tell(crew: Playing) -> None:
    first, second = Tell(0, "Not started", "Why"), Tell(0, "Not started", "Why again")
    crew.begin_with("tracker")
    assert crew.pid("notifier") == 0
    crew.tell("notifier", first)
    assert hears(crew, "notifier") == first
    pid = crew.pid("notifier")
    crew.tell("notifier", second)
    assert hears(crew, "notifier") == second
    assert crew.starts == ["tracker", "notifier"]
    crew.lost("notifier")
    assert reaped(crew) == ["notifier"]
    assert crew.pid("notifier") not in (0, pid)


def test_one_who_tells_people_and_dies_often_is_not_started_by_each_that_is_to_be_told(crew: Playing) -> None:
    crew.tell("notifier", Tell(0, "Not started", "Why"))
    for _ in range(2):
        crew.lost("notifier")
        assert reaped(crew) == ["notifier"]
    crew.tell("notifier", Tell(0, "Not started", "Why"))
    assert crew.pid("notifier") == 0


def test_who_dies_often_is_started_less_eagerly(crew: Playing) -> None:
    crew.begin_with("tracker")
    crew.lost("tracker")
    reaped(crew)
    assert crew.pid("tracker")
    crew.lost("tracker")
    reaped(crew)
    assert not crew.pid("tracker")
    assert crew.channel("tracker") is None
    crew.give("tracker", table(7))
    until = time.monotonic() + SECONDS
    while not crew.pid("tracker") and time.monotonic() < until:
        crew.reap()
    assert hears(crew, "tracker") == table(7)


def test_a_child_that_does_not_listen_is_not_waited_for_and_ended_in_the_end(
    crew: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew.deaf = True
    crew.begin_with("tracker")
    first = crew.pid("tracker")
    for serial in range(5000):
        crew.give("tracker", table(serial))
    assert crew._owed
    crew.deaf = False
    monkeypatch.setattr(module, "DEAF", 0.0)
    assert reaped(crew) == ["tracker"]
    assert crew.pid("tracker") != first
    assert hears(crew, "tracker") == table(4999)


def test_who_begins_anew_because_files_are_told_apart_otherwise_did_not_die(crew: Playing) -> None:
    crew.begin_with("guard", "tracker", "notifier")
    crew._rules = object()  # type: ignore[assignment]
    crew.give("guard", table(1))
    hears(crew, "guard")
    before = {name: crew.pid(name) for name in ("guard", "tracker", "notifier")}
    crew.adopt(object())  # type: ignore[arg-type]
    until = time.monotonic() + SECONDS
    died: list[str] = []
    while crew.starts.count("guard") + crew.starts.count("tracker") < 4 and time.monotonic() < until:
        died += crew.reap()
    assert died == []
    assert crew.pid("notifier") == before["notifier"]
    assert {crew.pid("guard"), crew.pid("tracker")} & set(before.values()) == set()
    # What was said before was said of files as they were told apart before.
    assert "guard" not in crew._given
    crew.give("guard", table(2))
    assert hears(crew, "guard") == table(2)


def test_when_the_examiner_dies_the_guard_begins_anew_with_it(crew: Playing) -> None:
    crew.begin_with("guard", "examiner")
    guard = crew.pid("guard")
    crew.lost("examiner")
    assert reaped(crew) == ["examiner"]
    assert reaped(crew) == ["guard"]
    assert crew.pid("guard") not in (0, guard)


def test_all_end_when_they_are_asked_and_those_who_do_not_are_made_to(
    crew: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    crew.begin_with("tracker")
    crew.deaf = True
    crew.begin_with("notifier")
    pids = [crew.pid("tracker"), crew.pid("notifier")]
    crew.stop()
    assert list(crew.channels()) == []
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    crew.tell("tracker", Stop())
    crew.stop()
