"""The examiner as a process of its own: asked over its channel with open files, as the guard asks."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.agent import examiner
from clearance.model.enforcement import KnownFile
from clearance.wire.channel import Channel
from clearance.wire.enforcement import Examine, Examined, Stop
from tests.observe.identity.made import RULES


@pytest.fixture
def asked() -> Iterator[Channel]:
    mine, its = Channel.pair()
    pid = os.fork()
    if pid == 0:
        try:
            mine.close()
            examiner.main(its, RULES)
        finally:
            os._exit(0)
    its.close()
    yield mine
    mine.close()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def ask(channel: Channel, path: Path | str, name: str | None = None, ticket: int = 1, pid: int = 0) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        channel.send(Examine(ticket, str(path) if name is None else name, pid), (fd,))
    finally:
        os.close(fd)


def answer(channel: Channel) -> Examined:
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    assert poll.poll(60_000)
    got = channel.receive()
    assert got is not None
    assert isinstance(got[0], Examined)
    return got[0]


def program(tmp_path: Path, name: str) -> Path:
    """An npm package of a known tool, with a program that says nothing itself."""
    folder = tmp_path / name
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"name": "@acme/coder", "version": "1.2.3", "bin": "cli.js"}')
    (folder / "cli.js").write_text("#!/usr/bin/env node\n" + "// nothing to see here\n" * 60)
    return folder / "cli.js"


def test_a_program_by_its_package(asked: Channel, tmp_path: Path) -> None:
    path = program(tmp_path, "a")
    ask(asked, path)
    file = answer(asked).file
    what = path.stat()
    assert (file.device, file.inode, file.changed) == (what.st_dev, what.st_ino, what.st_ctime_ns)
    assert (file.tool, file.version, file.entry, file.path) == ("acme", "1.2.3", True, str(path))


def test_a_name_that_leads_elsewhere_counts_for_nothing(asked: Channel, tmp_path: Path) -> None:
    """Names mean other things in other mount namespaces; the open file is what counts."""
    other = tmp_path / "other.js"
    other.write_bytes(program(tmp_path, "a").read_bytes())
    ask(asked, other, str(tmp_path / "a/cli.js"))
    assert answer(asked).file.tool is None


def test_what_is_no_program_is_nothing(asked: Channel, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello\n" * 400)
    ask(asked, tmp_path / "text")
    what = (tmp_path / "text").stat()
    nothing = KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, None, path=str(tmp_path / "text"))
    assert answer(asked) == Examined(1, nothing)
    ask(asked, tmp_path)
    assert answer(asked).file.tool is None


def test_a_medium_that_fails_costs_one_answer(asked: Channel, tmp_path: Path) -> None:
    """Of another process's memory nothing can be read at its beginning."""
    fd = os.open("/proc/self/mem", os.O_RDONLY)
    asked.send(Examine(7, "/proc/self/mem"), (fd,))
    os.close(fd)
    assert answer(asked).ticket == 7
    ask(asked, program(tmp_path, "a"), ticket=8)
    found = answer(asked)
    assert (found.ticket, found.complete, found.file.tool is not None) == (8, True, True)


def test_it_ends_when_it_is_told(asked: Channel) -> None:
    asked.send(Stop())
    poll = select.poll()
    poll.register(asked.fileno(), select.POLLIN)
    assert poll.poll(60_000)
