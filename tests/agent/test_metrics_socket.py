from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clearance.agent.metrics_socket import AT_ONCE, LONGEST, NAME, ROUNDS, MetricsSocket


class Asking:
    """Somebody who connects."""

    def __init__(self, folder: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(folder / NAME))

    def answer(self) -> str:
        with closing(self.socket):
            return b"".join(iter(lambda: self.socket.recv(65536), b"")).decode()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[MetricsSocket]:
    """A socket that serves."""
    with closing(MetricsSocket(str(tmp_path), lambda: "clearance_up 1\n", lambda: True)) as own:
        yield own
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", "clearance_up 1\n"),
        (b"GET /health HTTP/1.0\n\n", "200 OK", "ok\n"),
        (b"GET /../etc/passwd HTTP/1.1\r\n\r\n", "404 Not Found", "ask for /metrics or /health\n"),
        (b"\xff\x00\r\n\r\n", "404 Not Found", "ask for /metrics or /health\n"),
    ],
)
def test_what_is_asked_is_answered(served: MetricsSocket, tmp_path: Path, asked: bytes, status: str, body: str) -> None:
    somebody = Asking(tmp_path)
    served.serve()
    somebody.socket.send(asked[:5])
    served.serve()
    somebody.socket.send(asked[5:])
    served.serve()
    head, _, said = somebody.answer().partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}\r\n")
    assert f"Content-Length: {len(body)}" in head
    assert said == body


def test_whoever_says_nothing_or_too_much_is_dropped(served: MetricsSocket, tmp_path: Path) -> None:
    silent, loud, gone = Asking(tmp_path), Asking(tmp_path), Asking(tmp_path)
    gone.socket.close()
    loud.socket.send(b"x" * LONGEST)
    for _ in range(ROUNDS + 2):
        served.serve()
    assert (silent.answer(), loud.answer()) == ("", "")


def test_many_at_once_wait_for_their_turn(served: MetricsSocket, tmp_path: Path) -> None:
    several = [Asking(tmp_path) for _ in range(AT_ONCE)]
    for each in several:
        each.socket.send(b"GET /health HTTP/1.0\r\n\r\n")
    served.serve()
    assert all("ok" in each.answer() for each in several)


def test_a_service_that_is_not_ready_says_so(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("left by one that was killed")
    with closing(MetricsSocket(str(tmp_path), str, lambda: False)) as own:
        somebody = Asking(tmp_path)
        somebody.socket.send(b"GET /health HTTP/1.0\r\n\r\n")
        own.serve()
        assert "503 Service Unavailable" in somebody.answer()
