from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.act.changes import Absent, PathChanged, written
from clearance.act.files import file_state, state_of, without_content
from clearance.act.journal import Journal
from clearance.act.restoring import Kept, Paths, restore, shown

ME = {"uid": os.getuid(), "gid": os.getgid()}


def test_nothing_is_announced_where_nothing_is_to_do(tmp_path: Path) -> None:
    journal = Journal.begin(str(tmp_path / "state"))
    paths = Paths(journal)
    assert paths.file(str(tmp_path / "f"), b"x", 0o600, **ME)
    assert not paths.file(str(tmp_path / "f"), b"x", 0o600, **ME)
    assert not paths.folder(str(tmp_path))
    assert not paths.removed(str(tmp_path / "none"))
    assert len(journal.pending()) == 1


def test_a_change_that_was_only_announced_is_none(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("as it was")
    before = state_of(str(path))
    change = PathChanged(written(str(path)), before, without_content(file_state(b"new", 0o600, 0, 0)), "")
    assert not restore(change)


def test_a_mode_that_somebody_changed_is_theirs(tmp_path: Path) -> None:
    path = tmp_path / "f"
    after = file_state(b"new", 0o600, os.getuid(), os.getgid())
    path.write_bytes(b"new")
    path.chmod(0o666)
    with pytest.raises(Kept, match="mode or owner"):
        restore(PathChanged(written(str(path)), Absent(), after, ""))
    path.unlink()
    path.mkdir()
    with pytest.raises(Kept, match="something else"):
        restore(PathChanged(written(str(path)), Absent(), after, ""))


def test_a_name_is_shown_whatever_its_bytes_are() -> None:
    assert shown(written("/é/\udcff")) == "/é/\\xff"
