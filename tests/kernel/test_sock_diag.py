"""The owners of this process's own sockets, in both families."""

from __future__ import annotations

import os
import socket

import pytest

from clearance.kernel.sock_diag import SocketDiagnosis


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_connection_of_ones_own(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        server = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {address}")
    diagnosis = SocketDiagnosis()
    with server, socket.create_connection(server.getsockname()[:2]) as end:
        found = diagnosis.tcp(end.getsockname()[:2], end.getpeername()[:2])
        assert found is not None
        assert (found.uid, found.inode) == (os.geteuid(), os.fstat(end.fileno()).st_ino)
        assert diagnosis.tcp(end.getsockname()[:2], (address, 1)) is None
    diagnosis.close()


def test_an_address_of_version_4_in_a_socket_of_version_6() -> None:
    diagnosis = SocketDiagnosis()
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_INET6) as end,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as packets,
    ):
        to = ("127.0.0.1", server.getsockname()[1])
        for one, ask in ((end, diagnosis.tcp), (packets, diagnosis.udp)):
            try:
                one.connect((f"::ffff:{to[0]}", to[1]))
            except OSError:
                pytest.skip("this machine has no version 6")
            found = ask(("127.0.0.1", one.getsockname()[1]), to)
            assert found is not None
            assert (found.uid, found.inode) == (os.geteuid(), os.fstat(one.fileno()).st_ino)
    diagnosis.close()


def test_nothing_is_ended_that_was_not_named() -> None:
    diagnosis = SocketDiagnosis()
    assert diagnosis.end({0xFFFFFFFF}) == 0
    diagnosis.close()
