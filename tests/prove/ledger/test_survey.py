from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.prove.ledger import parts
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.note import VerifierKey
from clearance.prove.ledger.survey import Damaged, Torn, survey
from tests.prove.ledger.making import filled


def look(folder: str, key: VerifierKey) -> object:
    disk = Disk(folder)
    try:
        return survey(disk, key)
    finally:
        disk.close()


def test_an_empty_folder(tmp_path: Path) -> None:
    _, key, _ = filled(tmp_path, 1)
    (tmp_path / "empty").mkdir()
    disk = Disk(str(tmp_path / "empty"))
    found = survey(disk, key)
    assert (found.frontier.size, found.newest, found.torn) == (0, None, None)
    disk.close()


def test_where_it_stands_and_what_is_torn(tmp_path: Path) -> None:
    folder, key, _ = filled(tmp_path, 9, segment_bytes=900)
    newest = parts.parts_of(os.listdir(folder))[-1]
    path = Path(folder, newest.name)
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b'{"n":10}\nrest')
    before = {each.name: each.read_bytes() for each in Path(folder).iterdir()}
    disk = Disk(folder)
    found = survey(disk, key)
    disk.close()
    assert (found.frontier.size, found.newest, found.good) == (9, newest, size)
    assert found.torn == Torn(newest.name, size, 13)
    assert {each.name: each.read_bytes() for each in Path(folder).iterdir()} == before


def test_a_dropped_file_that_is_still_there_is_superseded(tmp_path: Path) -> None:
    folder, key, _ = filled(tmp_path, 9, segment_bytes=900)
    Path(folder, parts.leaves_name(1)).write_bytes(b"")
    disk = Disk(folder)
    assert survey(disk, key).superseded == (parts.records_name(1),)
    disk.close()


@pytest.mark.parametrize("damage", ["short", "gone", "only hashes", "early end"])
def test_what_was_signed_and_is_not_there_is_damage(tmp_path: Path, damage: str) -> None:
    folder, key, _ = filled(tmp_path, 9, segment_bytes=900)
    found = parts.parts_of(os.listdir(folder))
    newest = Path(folder, found[-1].name)
    if damage == "short":
        newest.write_bytes(b"")
    elif damage == "gone":
        newest.unlink()
    elif damage == "only hashes":
        newest.rename(Path(folder, parts.leaves_name(found[-1].first)))
    else:
        os.unlink(os.path.join(folder, parts.start_name(found[-1].first)))
        first = Path(folder, found[0].name)
        first.write_bytes(first.read_bytes()[:-1])
    with pytest.raises(Damaged):
        look(folder, key)
