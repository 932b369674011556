from __future__ import annotations

from pathlib import Path

from clearance.act.journal import Journal
from clearance.agent import network_group


def test_a_group_is_announced_before_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text(f"none {tmp_path / 'cgroup'} cgroup2 rw 0 0\n")
    (tmp_path / "cgroup").mkdir()
    path = network_group.make(str(tmp_path / "state"), str(tmp_path / "mounts"))
    assert Path(path).parent == tmp_path / "cgroup"
    assert Path(path).is_dir()
    journal = Journal.find(str(tmp_path / "state"))
    assert journal is not None
    assert [path in str(entry) for entry in journal.pending()] == [True]


def test_no_groups_of_version_2_are_no_group(tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text("none /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n")
    assert network_group.make(str(tmp_path / "state"), str(tmp_path / "mounts")) == ""
    assert not (tmp_path / "state").exists()


def test_groups_that_cannot_be_changed_are_no_group(tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text(f"none {tmp_path / 'not-there'} cgroup2 rw 0 0\n")
    assert network_group.make(str(tmp_path / "state"), str(tmp_path / "mounts")) == ""


def test_a_group_goes_with_its_service(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    (tmp_path / "mounts").write_text(f"none {tmp_path / 'cgroup'} cgroup2 rw 0 0\n")
    (tmp_path / "cgroup").mkdir()
    path = network_group.make(state, str(tmp_path / "mounts"))
    # What a real group has by itself.
    Path(path).rmdir()
    network_group.remove(state, path)
    journal = Journal.find(state)
    assert journal is not None
    assert journal.pending() == ()


def test_the_next_service_settles_what_a_killed_one_left(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    (tmp_path / "mounts").write_text(f"none {tmp_path / 'cgroup'} cgroup2 rw 0 0\n")
    (tmp_path / "cgroup").mkdir()
    left = network_group.make(state, str(tmp_path / "mounts"))
    Path(left).rmdir()
    path = network_group.make(state, str(tmp_path / "mounts"))
    assert path != left
    journal = Journal.find(state)
    assert journal is not None
    assert [path in str(entry) for entry in journal.pending()] == [True]


def test_removing_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    network_group.remove(str(tmp_path), "")
    network_group.remove(str(tmp_path), str(tmp_path / "gone"))
