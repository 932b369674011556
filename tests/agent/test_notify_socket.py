from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clearance.agent.notify_socket import NotifySocket


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """A service manager's socket and its address."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@clearance-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
        own.bind(name.replace("@", "\0", 1))
        own.setblocking(False)
        yield name, own


def test_the_manager_is_told(manager: tuple[str, socket.socket]) -> None:
    name, own = manager
    with closing(NotifySocket({"NOTIFY_SOCKET": name})) as notify:
        assert notify.ready("watching / and /home")
        assert notify.alive()
        assert notify.reloading(7)
        assert notify.status("one\nREADY=1\x1b[31m")
        assert notify.stopping()
    assert [own.recv(1000) for _ in range(5)] == [
        b"READY=1\nSTATUS=watching / and /home",
        b"WATCHDOG=1",
        b"RELOADING=1\nMONOTONIC_USEC=7",
        b"STATUS=one READY=1 [31m",
        b"STOPPING=1",
    ]


def test_a_manager_that_does_not_listen_is_not_waited_for(manager: tuple[str, socket.socket]) -> None:
    name, own = manager
    with closing(NotifySocket({"NOTIFY_SOCKET": name})) as notify:
        assert not all(notify.alive() for _ in range(100_000))
        own.close()
        assert not notify.alive()


@pytest.mark.parametrize("name", ["", "relative", "/does/not/exist"])
def test_without_a_manager_nothing_is_sent(name: str) -> None:
    with closing(NotifySocket({"NOTIFY_SOCKET": name})) as notify:
        assert not notify.ready()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "20000000"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "7"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "x"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_how_long_the_manager_waits(environment: dict[str, str], seconds: float | None) -> None:
    assert NotifySocket(environment, pid=7).watchdog == seconds
