"""The tracker's outer process: it relays, and ends with its channel."""

from __future__ import annotations

import os

from clearance.agent.tracker.supervisor import main, marks
from clearance.model.enforcement import Table
from clearance.wire.channel import Channel
from clearance.wire.enforcement import NewTable, Pulse, Stop
from tests.observe.identity.made import RULES


def begin() -> tuple[Channel, int]:
    ours, theirs = Channel.pair()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            main(theirs, frozenset({-1}), RULES)
        finally:
            os._exit(0)
    theirs.close()
    return ours, pid


def test_a_table_goes_in_and_a_pulse_comes_out() -> None:
    channel, pid = begin()
    channel.send(NewTable(Table(1, 1, "block", 500, "open", ())))
    while True:
        got = channel.receive()
        assert got is not None
        if isinstance(got[0], Pulse):
            break
    assert got[0].who == "tracker"
    channel.send(Stop())
    assert os.waitpid(pid, 0)[1] == 0
    channel.close()


def test_it_ends_when_the_service_does() -> None:
    channel, pid = begin()
    channel.close()
    assert os.waitpid(pid, 0)[1] == 0


def test_which_devices_the_guard_sees() -> None:
    assert marks(frozenset({5}))(5)
    assert not marks(frozenset({5}))(6)
    assert not marks(None)(-1)
