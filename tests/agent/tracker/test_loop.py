"""The looker's loop over a channel, without the kernel's records."""

from __future__ import annotations

import os

import pytest

from clearance.agent.tracker import loop
from clearance.agent.tracker.loop import Looker, Outbox
from clearance.agent.tracker.progress import Progress
from clearance.model.enforcement import Table
from clearance.wire.channel import Channel, Closed
from clearance.wire.enforcement import Failed, Learned, Message, NewTable, Pulse, Stop
from tests.observe.identity.made import RULES


def test_what_is_not_taken_is_kept_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "UNSENT", 5000)
    ours, theirs = Channel.pair()
    outbox = Outbox(ours)
    for number in range(20_000):
        outbox.send(Failed("x", number))
    assert not outbox.flush()
    got: list[Message] = []
    done = False
    while not done:
        done = outbox.flush()
        while (taken := theirs.receive(wait=False)) is not None:
            got.append(taken[0])
            done = False
    counts = [one.count for one in got if isinstance(one, Failed) and one.reason == "x"]
    assert counts == list(range(len(counts)))
    dropped = [one.count for one in got if isinstance(one, Failed) and one.reason == "records-dropped"]
    assert len(counts) + sum(dropped) == 20_000
    theirs.close()
    with pytest.raises((Closed, OSError)):
        outbox.send(Failed("x"))
    ours.close()


def test_it_looks_at_what_runs_and_ends_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> object:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(loop, "Starts", none)
    ours, theirs = Channel.pair()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            nowhere = frozenset({-1})
            Looker(theirs, RULES, nowhere, lambda device: False, {os.getpid()}, (), Progress()).run()
        finally:
            os._exit(0)
    theirs.close()
    ours.send(NewTable(Table(1, 1, "block", 500, "open", ())))
    first = ours.receive()
    assert first is not None
    assert first[0] == Failed("starts-unseen", detail="not permitted")
    second = ours.receive()
    assert second is not None
    assert isinstance(second[0], Pulse)
    assert second[0].counters["starts"] > 0
    ours.send(Learned(()))
    ours.send(Stop())
    assert os.waitpid(pid, 0)[1] == 0
    ours.close()
