from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from clearance.act import journal
from clearance.act.changes import GroupMade, TableMade, written
from clearance.act.journal import Journal
from clearance.errors import Error

CHANGE = TableMade("inet", "clearance")


def begun(folder: Path) -> Journal:
    return Journal.begin(str(folder), clock=lambda: "2026-11-21T00:00:00Z")


def test_a_change_stands_on_disk_when_it_is_acknowledged(tmp_path: Path) -> None:
    kept = begun(tmp_path / "state")
    assert [kept.record(CHANGE, "why"), kept.record(GroupMade(written("/g")))] == [1, 2]
    lines = [json.loads(line) for line in (tmp_path / "state" / "journal.jsonl").read_text().splitlines()]
    assert [line["type"] for line in lines] == ["opened", "change", "change"]
    assert lines[1]["why"] == "why"
    assert [planned.n for planned in kept.pending()] == [1, 2]
    kept.settle(1, "undone")
    assert [planned.n for planned in kept.pending()] == [2]
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / "journal.jsonl").stat().st_mode & 0o777 == 0o600


def test_two_that_have_it_open_share_the_numbers(tmp_path: Path) -> None:
    one, other = begun(tmp_path), begun(tmp_path)
    assert [one.record(CHANGE), other.record(CHANGE), one.record(CHANGE)] == [1, 2, 3]


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_was_cut_short_was_never_acknowledged(tmp_path: Path, cut: int) -> None:
    kept = begun(tmp_path)
    kept.record(CHANGE)
    kept.record(CHANGE)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    again = begun(tmp_path)
    assert [planned.n for planned in again.pending()] == [1]
    assert again.record(CHANGE) == 2


def test_a_damaged_line_is_said_and_nothing_is_undone(tmp_path: Path) -> None:
    kept = begun(tmp_path)
    kept.record(CHANGE)
    kept.record(CHANGE)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":"'))
    with pytest.raises(Error, match="damaged") as caught:
        kept.pending()
    assert caught.value.place is not None
    assert caught.value.place.line == 2


def test_a_journal_of_another_version_is_refused(tmp_path: Path) -> None:
    begun(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    with pytest.raises(Error, match="version 2"):
        begun(tmp_path)


def test_it_shrinks_when_nothing_is_left_to_undo(tmp_path: Path) -> None:
    kept = begun(tmp_path)
    empty = (tmp_path / "journal.jsonl").read_bytes()
    for _ in range(3):
        kept.settle(kept.record(CHANGE), "nothing")
    assert kept.shrink()
    assert (tmp_path / "journal.jsonl").read_bytes() == empty


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = begun(tmp_path)
    before = (tmp_path / "journal.jsonl").read_bytes()

    class Full:
        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def write(self, fd: int, data: bytes) -> int:
            if len(data) < 20:
                raise OSError(28, "No space left on device")
            return os.write(fd, data[:-10])

    monkeypatch.setattr(journal, "os", Full())
    with pytest.raises(OSError, match="No space"):
        kept.record(CHANGE)
    assert (tmp_path / "journal.jsonl").read_bytes() == before


def test_what_others_put_beside_it_stays(tmp_path: Path) -> None:
    kept = begun(tmp_path / "var" / "lib" / "clearance")
    (tmp_path / "var" / "lib" / "other").mkdir()
    kept.forget()
    assert sorted(os.listdir(tmp_path / "var" / "lib")) == ["other"]


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("x")
    begun(tmp_path).forget()
    assert os.listdir(tmp_path) == ["theirs"]


def test_no_journal_no_folder(tmp_path: Path) -> None:
    assert Journal.find(str(tmp_path / "nowhere")) is None
    assert os.listdir(tmp_path) == []
    (tmp_path / "file").write_text("x")
    with pytest.raises(Error, match="cannot keep an undo journal"):
        begun(tmp_path / "file" / "state")
