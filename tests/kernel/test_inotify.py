from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.kernel.inotify import Folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "watched"
    made.mkdir()
    return made


def test_what_happens_in_a_folder_is_heard(folder: Path, tmp_path: Path) -> None:
    folders = Folders()
    assert folders.watch(str(folder))
    assert folders.changed() == set()
    (folder / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    (tmp_path / "b").rename(folder / "b")
    (folder / os.fsdecode(b"\xff")).touch()
    assert folders.changed() == {f"{folder}/a", f"{folder}/b", f"{folder}/" + os.fsdecode(b"\xff")}
    (folder / "a").unlink()
    assert folders.changed() == {f"{folder}/a"}
    folders.close()


def test_reading_is_no_change(folder: Path) -> None:
    (folder / "a").write_text("x")
    folders = Folders()
    folders.watch(str(folder))
    (folder / "a").read_text()
    assert folders.changed() == set()
    folders.close()


def test_what_cannot_be_watched(folder: Path) -> None:
    folders = Folders()
    (folder / "file").touch()
    assert not folders.watch(str(folder / "none"))
    assert not folders.watch(str(folder / "file"))
    folders.close()


def test_a_folder_that_is_watched_twice_is_heard_once(folder: Path) -> None:
    folders = Folders()
    assert folders.watch(str(folder))
    assert folders.watch(str(folder))
    (folder / "a").touch()
    assert folders.changed() == {f"{folder}/a"}
    folders.close()
