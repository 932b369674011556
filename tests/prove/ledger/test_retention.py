from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from clearance.prove.ledger import merkle, parts, retention
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.survey import Damaged
from tests.prove.ledger.making import BEGIN, Clock, draft, filled, opened

LATER = BEGIN + dt.timedelta(days=1)


def test_only_whole_old_files_and_never_the_newest(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock, segment_bytes=900) as ledger:
        for n in range(9):
            clock.forward(days=1)
            ledger.append([draft(n, clock.now)])
        ledger.append([draft("the clock was set back", BEGIN)])
        key = ledger.key
    disk = Disk(str(tmp_path / "ledger"))
    found = parts.parts_of(disk.names())
    second = found[1].first
    newest = found[-1].first
    assert retention.last_to_drop(disk, BEGIN, newest, key) == 0
    # All but the last record of the first file are older.
    assert retention.last_to_drop(disk, BEGIN + dt.timedelta(days=second - 1), newest, key) == 0
    assert retention.last_to_drop(disk, BEGIN + dt.timedelta(days=second), newest, key) == second - 1
    assert retention.last_to_drop(disk, BEGIN + dt.timedelta(days=900), found[0].first, key) == 0
    disk.close()


def test_what_is_dropped_leaves_its_hashes_and_a_second_call_goes_on(tmp_path: Path) -> None:
    folder, key, _ = filled(tmp_path, 9, segment_bytes=900)
    disk = Disk(folder)
    found = parts.parts_of(disk.names())
    lines = Path(folder, found[0].name).read_bytes().splitlines()
    # Stopped after the hashes were written and before the records went.
    Path(folder, parts.leaves_name(1)).write_bytes(b"half")
    assert retention.drop(disk, found[1].first - 1) == len(lines)
    assert Path(folder, parts.leaves_name(1)).read_bytes() == b"".join(map(merkle.leaf_hash, lines))
    assert not Path(folder, found[0].name).exists()
    assert retention.drop(disk, found[1].first - 1) == 0
    assert retention.last_to_drop(disk, LATER, found[-1].first, key) == found[2].first - 1
    disk.close()


@pytest.mark.parametrize("damage", ["flip", "no start", "not a record"])
def test_what_is_not_as_it_was_signed_is_kept(tmp_path: Path, damage: str) -> None:
    folder, key, _ = filled(tmp_path, 9, segment_bytes=900)
    disk = Disk(folder)
    found = parts.parts_of(disk.names())
    path = Path(folder, found[0].name)
    if damage == "flip":
        path.write_bytes(path.read_bytes().replace(b'"word":0', b'"word":1'))
    elif damage == "not a record":
        path.write_bytes(b"x" + path.read_bytes())
    else:
        os.unlink(os.path.join(folder, parts.start_name(found[1].first)))
    with pytest.raises(Damaged):
        retention.last_to_drop(disk, LATER, found[-1].first, key)
    disk.close()
