"""What is known of a file holds as long as its change time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.agent.guard import known
from clearance.agent.guard.known import Known, place
from clearance.model.enforcement import KnownFile


def file(path: Path, tool: str | None = "tool", *, runtime: bool = False) -> KnownFile:
    what = path.stat()
    return KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, tool, path=str(path), runtime=runtime)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_text("x")
    return path


def test_a_file_is_known_until_it_changes(program: Path) -> None:
    files = Known()
    assert files.file(program.stat()) is None
    files.remember(file(program))
    assert files.file(program.stat()) == file(program)
    old = program.stat().st_ctime_ns
    while program.stat().st_ctime_ns == old:
        os.utime(program, ns=(1, 1))
    assert files.file(program.stat()) is None
    assert len(files) == 1


def test_what_was_written_and_what_another_catalog_tells_is_forgotten(program: Path) -> None:
    files = Known()
    files.remember(file(program))
    assert list(files.files()) == [file(program)]
    files.forget(place(program.stat()))
    assert files.file(program.stat()) is None
    files.remember(file(program))
    files.clear()
    assert files.file(program.stat()) is None


def test_runtimes_stay_known(program: Path) -> None:
    files = Known()
    files.learn_runtime(file(program))
    assert not files.is_runtime(program.stat())
    files.learn_runtime(file(program, None, runtime=True))
    files.clear()
    assert files.is_runtime(program.stat())


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST", 2)
    files = Known()
    for name in "abc":
        (tmp_path / name).write_text(name)
        files.remember(file(tmp_path / name))
    assert [Path(one.path).name for one in files.files()] == ["b", "c"]
