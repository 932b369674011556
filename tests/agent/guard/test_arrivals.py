"""What was no tool's when it was written is known until it is written again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.agent.guard import arrivals
from clearance.agent.guard.arrivals import Arrivals
from clearance.agent.guard.known import place


def examined(path: Path, *, nothing: bool = True, marked: bool = True) -> tuple[Arrivals, os.stat_result]:
    made = Arrivals(lambda _: marked)
    what = path.stat()
    made.examining(what)
    made.examined(place(what), nothing=nothing)
    return made, what


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF")
    return path


def test_what_is_nothing_stays_it_whatever_it_is_called_and_who_may_start_it(program: Path) -> None:
    made, _ = examined(program)
    program.chmod(0o755)
    assert made.is_nothing(-1, program.rename(program.with_name("other")).stat())


@pytest.mark.parametrize(("nothing", "marked"), [(False, True), (True, False), (False, False)])
def test_what_may_be_something(program: Path, nothing: bool, marked: bool) -> None:
    made, what = examined(program, nothing=nothing, marked=marked)
    assert not made.is_nothing(-1, what)


def test_another_length_or_time_is_another_content(program: Path) -> None:
    made, what = examined(program)
    os.utime(program, ns=(0, what.st_mtime_ns + 1))
    assert not made.is_nothing(-1, program.stat())
    os.utime(program, ns=(0, what.st_mtime_ns))
    assert made.is_nothing(-1, program.stat())
    os.truncate(program, 9)
    os.utime(program, ns=(0, what.st_mtime_ns))
    assert not made.is_nothing(-1, program.stat())


def test_what_is_forgotten_while_it_is_examined_is_not_known(program: Path) -> None:
    made = Arrivals(lambda _: True)
    what = program.stat()
    made.examining(what)
    made.forget(place(what))
    made.examined(place(what), nothing=True)
    assert not made.is_nothing(-1, what)
    made, what = examined(program)
    made.clear()
    assert not made.is_nothing(-1, what)


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MOST", 2)
    made = Arrivals(lambda _: True)
    files = []
    for name in "abc":
        (tmp_path / name).write_text(name)
        files.append((tmp_path / name).stat())
    made.examining(files[0])
    made.examining(files[1])
    busy = made.busy
    for what in files[:2]:
        made.examined(place(what), nothing=True)
    assert (busy, made.busy) == (True, False)
    made.examining(files[2])
    made.examined(place(files[2]), nothing=True)
    assert [made.is_nothing(-1, what) for what in files] == [False, True, True]
