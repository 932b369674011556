from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.prove.ledger.disk import Disk, Locked, being_written


def test_what_is_written_can_be_read_cut_renamed_and_removed(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    disk.create("a")
    disk.append("a", b"one")
    disk.append("a", b"two")
    disk.sync("a")
    assert disk.size("a") == 6
    disk.truncate("a", 4)
    disk.append("a", b"!")
    disk.rename("a", "b")
    disk.append("b", b"?")
    with disk.reader("b") as file:
        assert file.read() == b"onet!?"
    disk.create("b")
    assert disk.size("b") == 0
    disk.replace("c", b"whole")
    disk.sync_folder()
    assert disk.names() == ["b", "c"]
    disk.remove("b")
    assert disk.names() == ["c"]
    disk.close()
    disk.close()


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"precious")
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "a").symlink_to(tmp_path / "elsewhere")
    disk = Disk(str(folder))
    for use in (
        lambda: disk.create("a"),
        lambda: disk.append("a", b"x"),
        lambda: disk.reader("a"),
        lambda: disk.lock("a"),
    ):
        with pytest.raises(OSError, match="symbolic"):
            use()
    disk.replace("a", b"its own")
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"
    disk.close()


def test_the_lock_is_held_until_it_is_closed_and_children_do_not_have_it(tmp_path: Path) -> None:
    disk, other = Disk(str(tmp_path)), Disk(str(tmp_path))
    disk.lock("lock")
    with pytest.raises(Locked):
        other.lock("lock")
    child = os.fork()
    if child == 0:
        try:
            Disk(str(tmp_path)).lock("lock")
        except Locked:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert being_written(str(tmp_path), "lock")
    with pytest.raises(Locked):
        other.lock("lock")
    disk.close()
    assert not being_written(str(tmp_path), "lock")
    other.lock("lock")
    other.close()


def test_asking_in_the_process_that_writes_does_not_give_the_lock_away(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    disk.lock("lock")
    assert being_written(str(tmp_path), "lock")
    child = os.fork()
    if child == 0:
        os._exit(7 if being_written(str(tmp_path), "lock") else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    disk.close()
    assert not being_written(str(tmp_path / "missing"), "lock")
