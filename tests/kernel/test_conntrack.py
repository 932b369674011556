"""Where things were sent. Redirected ones are tried in `tests/agent/network/test_main.py`."""

from __future__ import annotations

import os
import socket

import pytest

from clearance.kernel.conntrack import ConnectionTracking, original_of


def test_a_connection_that_was_not_redirected_has_no_other_aim() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        end, _ = server.accept()
        with end:
            assert original_of(end) in (None, server.getsockname())
    one, other = socket.socketpair()
    assert original_of(one) is None
    one.close()
    other.close()


@pytest.mark.skipif(bool(os.geteuid()), reason="needs root")
def test_a_packet_that_nobody_tracks() -> None:
    tracking = ConnectionTracking()
    assert tracking.original(("192.0.2.1", 1), ("127.0.0.1", 2)) is None
    assert tracking.original(("::1", 1), ("127.0.0.1", 2)) is None
    tracking.close()
