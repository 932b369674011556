from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.act import files
from clearance.act.changes import Absent, Folder, Link, Other, RegularFile

ME = (os.getuid(), os.getgid())


def test_what_lies_at_a_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "file").chmod(0o4711)
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "pipe").parent.chmod(0o751)
    os.mkfifo(tmp_path / "pipe")
    seen = files.state_of(str(tmp_path / "file"))
    assert isinstance(seen, RegularFile)
    assert (seen.mode, seen.uid, seen.content) == (0o4711, ME[0], b"abc")
    assert files.state_of(str(tmp_path / "link")) == Link("file", *ME)
    assert files.state_of(str(tmp_path)) == Folder(0o751, *ME)
    assert isinstance(files.state_of(str(tmp_path / "pipe")), Other)
    assert files.state_of(str(tmp_path / "none")) == Absent()
    assert files.state_of(str(tmp_path / "file" / "none")) == Absent()


def test_what_is_put_there_is_what_was_seen(tmp_path: Path) -> None:
    path, scratch = str(tmp_path / "file"), str(tmp_path / "scratch")
    Path(path).write_bytes(b"abc")
    os.utime(path, ns=(1_000_000_007, 1_000_000_007))
    before = files.state_of(path)
    files.put(path, files.file_state(b"else", 0o600, *ME), scratch)
    assert not files.same(files.state_of(path), before)
    files.put(path, before, scratch)
    assert files.state_of(path) == before
    files.put(path, Absent(), "")
    assert os.listdir(tmp_path) == []


def test_attributes_come_back(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    Path(path).write_bytes(b"abc")
    os.setxattr(path, "user.note", b"\x00kept")
    before = files.state_of(path)
    files.put(path, Absent(), "")
    files.put(path, before, str(tmp_path / "scratch"))
    assert os.getxattr(path, "user.note") == b"\x00kept"


def test_what_fails_leaves_no_scratch_file(tmp_path: Path) -> None:
    (tmp_path / "folder" / "in").mkdir(parents=True)
    with pytest.raises(OSError, match=r"."):
        files.put(str(tmp_path / "folder"), files.file_state(b"x", 0o600, *ME), str(tmp_path / "scratch"))
    with pytest.raises(OSError, match="neither"):
        files.put(str(tmp_path / "new"), Other(0), str(tmp_path / "scratch"))
    assert os.listdir(tmp_path) == ["folder"]


def test_a_file_too_large_to_be_kept_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 10)
    (tmp_path / "file").write_bytes(b"x" * 11)
    with pytest.raises(OSError, match="File too large"):
        files.state_of(str(tmp_path / "file"))
