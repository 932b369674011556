"""What a process's program is, and what it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.agent.tracker.eyes import Eyes
from clearance.agent.tracker.place import Opened, Place
from clearance.agent.tracker.runs import Program, by_shell, identified, run
from tests.agent.tracker.child import sleeping
from tests.observe.identity import made
from tests.observe.identity.made import RULES, SOURCE


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    path = tmp_path / "tool.py"
    path.write_bytes(SOURCE)
    return path


@pytest.fixture
def place(tool: Path) -> Iterator[Place]:
    with sleeping(cwd=tool.parent, env={"_": str(tool)}) as child:
        one = Place(child.pid)
        yield one
        one.close()


def what_is(place: Place, path: str) -> Program:
    opened = place.open(path)
    assert isinstance(opened, Opened)
    try:
        return identified(Eyes(RULES), place, opened)
    finally:
        os.close(opened.fd)


def loader() -> str:
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return next(line.split()[-1] for line in maps if "/ld-" in line or "/ld." in line)


def test_runtimes_and_tools_and_both(place: Place, tmp_path: Path) -> None:
    python = what_is(place, sys.executable)
    assert (python.runtime, python.file.tool, python.file.runtime) == ("python", None, True)
    assert what_is(place, loader()).runtime == "loader"
    (tmp_path / "packed").write_bytes(
        made.elf({".rodata": b"x" * 5000, ".bun": made.bun({"/$bunfs/root/acme": SOURCE})})
    )
    packed = what_is(place, "packed")
    assert (packed.runtime, packed.file.tool) == ("packed-bun", "acme")


def test_what_it_runs(place: Place) -> None:
    python = what_is(place, sys.executable)
    found, _ = run(Eyes(RULES), place, python, ("python", "tool.py"))
    assert [(one.file.tool, one.means) for one in found] == [("acme", "argv")]
    assert run(Eyes(RULES), place, Program(python.file, None), ("python", "tool.py")) == ([], [])


def test_what_is_loaded_by_hand(place: Place, tmp_path: Path) -> None:
    by_hand = what_is(place, loader())
    (tmp_path / "packed").write_bytes(
        made.elf({".rodata": b"x" * 5000, ".bun": made.bun({"/$bunfs/root/acme": SOURCE})})
    )
    for words, means in (
        (("ld.so", "./packed"), ["loader"]),
        (("ld.so", sys.executable, "tool.py"), ["argv"]),
        (("ld.so", "--list", "./packed"), []),
        (("ld.so", "./none"), []),
        (("ld.so", loader(), "./packed"), []),
        ((), []),
    ):
        found, strangers = run(Eyes(RULES), place, by_hand, words)
        assert [one.means for one in found] == means
        assert strangers == []


def test_what_a_shell_says_it_started(place: Place, tool: Path) -> None:
    assert [file.tool for file in by_shell(Eyes(RULES), place)] == ["acme"]
    tool.write_bytes(b"#!/bin/sh\n" * 50)
    assert list(by_shell(Eyes(RULES), place)) == []
    tool.unlink()
    assert list(by_shell(Eyes(RULES), place)) == []
