"""Where an interpreter finds modules."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.agent.tracker.modules import customized, find, search_path
from clearance.agent.tracker.place import Place
from tests.agent.tracker.child import sleeping

NONE: frozenset[str] = frozenset()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with sleeping(cwd=tmp_path) as child:
        one = Place(child.pid)
        yield one
        one.close()


def folder(path: Path, *files: str) -> Path:
    for name in files:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("x")
    return path


def test_a_virtual_environment_by_its_own_link(place: Place, tmp_path: Path) -> None:
    site = folder(tmp_path / "venv/lib/python3.11/site-packages", "tool/__main__.py")
    folder(tmp_path / "venv", "bin/python", "pyvenv.cfg")
    for started in (f"{tmp_path}/venv/bin/python", "venv/bin/python"):
        found = search_path(place, "/usr/bin/python3.11", (started,), {}, NONE)
        assert str(site) in found
        assert next(find(place, found, "tool", run=True)) == (str(site), "tool/__main__.py")


def test_an_interpreter_by_path_variable(place: Place, tmp_path: Path) -> None:
    site = folder(tmp_path / "p/lib/python3.12/site-packages", "tool.py")
    folder(tmp_path / "p", "bin/python3")
    found = search_path(place, "/usr/bin/python3.11", ("python3",), {"PATH": f"/none:{tmp_path}/p/bin"}, NONE)
    assert str(site) in found


def test_variables_and_flags(place: Place, tmp_path: Path) -> None:
    user = folder(tmp_path / "home/.local/lib/python3.11/site-packages", "x.py")
    environment = {"PYTHONPATH": f"lib::{tmp_path}/other", "HOME": f"{tmp_path}/home"}
    found = search_path(place, "/usr/bin/python3", (), environment, NONE)
    assert found[:3] == (str(tmp_path), f"{tmp_path}/lib", f"{tmp_path}/other")
    assert str(user) in found
    found = search_path(place, "/usr/bin/python3", (), environment, frozenset("I"))
    assert not {str(tmp_path), f"{tmp_path}/other", str(user)} & set(found)
    assert str(tmp_path) not in search_path(place, "/usr/bin/python3", (), environment, frozenset("P"))


def test_folders_that_are_added_by_path_files(place: Place, tmp_path: Path) -> None:
    site = folder(tmp_path / "v/lib/python3.11/site-packages", "other.txt")
    (site / "e.pth").write_text("# no\nimport sys\n/opt/src\nnear\n\n")
    found = search_path(place, f"{tmp_path}/v/bin/python", (), {}, NONE)
    assert found[-2:] == ("/opt/src", f"{site}/near")


def test_programs_and_imports_are_other_files(place: Place, tmp_path: Path) -> None:
    folder(tmp_path, "a/__main__.py", "a/__init__.py", "a/b.py")
    folders = (str(tmp_path),)
    assert [one.path for one in find(place, folders, "a", run=True)] == ["a/__main__.py", "a/__init__.py"]
    assert [one.path for one in find(place, folders, "a", run=False)] == ["a/__init__.py"]
    assert [one.path for one in find(place, folders, "a.b", run=True)] == ["a/b.py", "a/__init__.py"]
    for name in ("", "..", "a/b", "a.", "none", "x" * 300, "a\0"):
        assert list(find(place, folders, name, run=True)) == []


def test_compiled_modules_without_their_text(place: Place, tmp_path: Path) -> None:
    folder(tmp_path, "a/__main__.pyc", "a/__init__.pyc", "b.pyc", "both.py", "both.pyc")
    folders = (str(tmp_path),)
    assert [one.path for one in find(place, folders, "a", run=True)] == ["a/__main__.pyc", "a/__init__.pyc"]
    assert [one.path for one in find(place, folders, "b", run=False)] == ["b.pyc"]
    assert [one.path for one in find(place, folders, "both", run=False)] == ["both.py"]


def test_an_archive_on_the_search_path(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a/__main__.py", "x")
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4")
    folders = (str(tmp_path / "broken.zip"), str(path))
    assert list(find(place, folders, "a", run=True)) == [(str(path), "")]
    assert list(find(place, folders, "b", run=True)) == []


def test_what_runs_before_all_else(place: Place, tmp_path: Path) -> None:
    site = folder(tmp_path / "home/.local/lib/python3.11/site-packages", "usercustomize.py", "x.pth", "y.py")
    folder(tmp_path / "lib", "sitecustomize/__init__.py")
    environment = {"PYTHONPATH": "lib", "HOME": f"{tmp_path}/home"}
    by_path = f"{tmp_path}/lib/sitecustomize/__init__.py"
    own = [f"{site}/usercustomize.py", f"{site}/x.pth"]
    assert list(customized(place, environment, NONE)) == [by_path, *own]
    assert list(customized(place, environment, frozenset("E"))) == own
    assert list(customized(place, environment, frozenset("s"))) == [by_path]
    assert list(customized(place, environment, frozenset("I"))) == list(customized(place, environment, frozenset("S")))
    assert list(customized(place, {}, NONE)) == []
