from __future__ import annotations

import array
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.act.journald import Journal


@pytest.fixture
def journal() -> Iterator[tuple[str, socket.socket]]:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        path = f"{folder}/socket"
        server.bind(path)
        yield path, server


def received(server: socket.socket) -> bytes:
    """An entry as journald takes it: the message, or the sealed file that came with an empty one."""
    data, rights, _, _ = server.recvmsg(1 << 20, socket.CMSG_SPACE(4))
    if not rights:
        return data
    assert data == b""
    (fd,) = array.array("i", rights[0][2])
    with os.fdopen(fd, "rb") as file:
        with pytest.raises(PermissionError):
            os.ftruncate(file.fileno(), 0)
        file.seek(0)
        return file.read()


def test_an_entry_is_one_message(journal: tuple[str, socket.socket]) -> None:
    path, server = journal
    with Journal(path) as to:
        assert to.send(b"MESSAGE=one\n")
        assert to.send(b"MESSAGE=two\n")
    assert received(server) == b"MESSAGE=one\n"
    assert received(server) == b"MESSAGE=two\n"


def test_a_large_entry_travels_as_a_sealed_file(journal: tuple[str, socket.socket]) -> None:
    path, server = journal
    entry = b"MESSAGE=" + b"x" * (3 << 20) + b"\n"
    with Journal(path) as to:
        assert to.send(entry)
    assert received(server) == entry


def test_a_journal_that_is_blocked_is_not_waited_for(journal: tuple[str, socket.socket]) -> None:
    path, server = journal
    with Journal(path, timeout=0) as to:
        sent = 0
        while to.send(b"MESSAGE=one\n"):
            sent += 1
            assert sent < 100_000
        received(server)
        assert to.send(b"MESSAGE=two\n")


def test_no_journal_is_an_error(tmp_path: Path) -> None:
    with Journal(str(tmp_path / "missing")) as to, pytest.raises(FileNotFoundError):
        to.send(b"MESSAGE=one\n")
