"""What is not redirected has no business here. Redirected connections are tried in `test_main.py`."""

from __future__ import annotations

import resource
import socket

import pytest

from clearance.agent.network.loop import Loop
from clearance.agent.network.names import KnownNames
from clearance.agent.network.owner import Owners
from clearance.agent.network.policy import Policy
from clearance.agent.network.sockets import open_ends
from clearance.agent.network.splice import ALERT, Splice, raise_limits


def test_whoever_calls_the_port_itself_is_broken_off() -> None:
    loop, owners, ends = Loop(), Owners(), open_ends()
    splice = Splice(loop, Policy(lambda _: True, loop.clock), owners, KnownNames(), ends)
    with socket.create_connection(("127.0.0.1", splice.port)) as end:
        loop.turn(1)
        with pytest.raises(ConnectionResetError):
            end.recv(1)
    assert (splice.counters["connections"], len(splice.open)) == (0, 0)
    splice.close()
    ends.close()
    owners.close()
    loop.close()


def test_limits_are_never_lowered() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    raise_limits(1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
    raise_limits(before[0] + 1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= before[0]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_alert_is_one_of_tls() -> None:
    assert (ALERT[0], len(ALERT)) == (21, 5 + int.from_bytes(ALERT[3:5], "big"))
