from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from clearance.errors import Error
from clearance.wire.control import SOCKET, NotRunning, Question, Reply, ask, asker, listen


def served(runtime: Path, answer: Callable[[socket.socket], object], heard: list[object]) -> threading.Thread:
    """A service that hears one question, and answers."""
    end = listen(str(runtime))
    end.setblocking(True)

    def serve() -> None:
        connection, _ = end.accept()
        with end, connection, connection.makefile("rb") as lines:
            heard.extend((asker(connection), msgspec.json.decode(lines.readline(), type=Question)))
            answer(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_question_and_its_answer(tmp_path: Path) -> None:
    heard: list[object] = []
    reply = msgspec.json.encode(Reply({"generation": 3})) + b"\n"
    thread = served(tmp_path, lambda end: end.sendall(reply), heard)
    assert ask(str(tmp_path), Question("reload", {"directive": "/x"})) == {"generation": 3}
    thread.join()
    assert heard == [os.getuid(), Question("reload", {"directive": "/x"})]


def test_what_went_wrong_there_is_said_here(tmp_path: Path) -> None:
    reply = Reply(error="only root may", remedy="sudo")
    thread = served(tmp_path, lambda end: end.sendall(msgspec.json.encode(reply) + b"\n"), [])
    with pytest.raises(Error) as raised:
        ask(str(tmp_path), Question("status"))
    thread.join()
    assert (raised.value.what, raised.value.remedy, raised.value.exit_code) == ("only root may", "sudo", 2)


@pytest.mark.parametrize("said", [b"", b"{", b'{"document": 1', b'"x"\n'])
def test_a_service_that_ends_meanwhile(tmp_path: Path, said: bytes) -> None:
    thread = served(tmp_path, lambda end: end.sendall(said), [])
    with pytest.raises(NotRunning) as raised:
        ask(str(tmp_path), Question("status"))
    thread.join()
    assert raised.value.exit_code == 3


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="does not run here"):
        ask(str(tmp_path), Question("status"))
    listen(str(tmp_path)).close()
    with pytest.raises(NotRunning, match="does not run here"):
        ask(str(tmp_path), Question("status"))


def test_a_service_that_does_not_answer(tmp_path: Path) -> None:
    end = listen(str(tmp_path))
    with pytest.raises(NotRunning, match="does not answer"):
        ask(str(tmp_path), Question("status"), seconds=0.05)
    end.close()


def test_everybody_may_ask_and_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    listen(str(tmp_path)).close()
    end = listen(str(tmp_path))
    assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o666
    end.close()
