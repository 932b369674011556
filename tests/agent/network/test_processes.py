"""Which processes are cut off: those meant, and no others. The kernel's part is tried in `test_main.py`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from clearance.agent.network.processes import Group, Processes, group_of

SLEEP = ["sh", "-c", "sleep 600 & echo $!; wait"]


class NoDiagnosis:
    def end(self, inodes: set[int]) -> int:
        return len(inodes)

    def close(self) -> None:
        pass


def cutter(folder: Path) -> Processes:
    return Processes(str(folder), diagnosis=NoDiagnosis)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.procs").touch()
    return tmp_path


def test_a_process_and_what_it_started(folder: Path) -> None:
    with subprocess.Popen(SLEEP, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert cutter(folder).cut(parent.pid) == 2
        os.kill(child, 9)
        parent.kill()
    assert (folder / "cgroup.procs").read_text() in (str(parent.pid), str(child))


def test_one_that_only_has_the_number_is_left_alone(folder: Path) -> None:
    assert cutter(folder).cut(os.getpid(), started=1) == 0
    assert cutter(folder).cut(2**22 + 1) == 0
    assert (folder / "cgroup.procs").read_text() == ""


def test_groups_as_rules_name_them(tmp_path: Path) -> None:
    mounts = b"cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
    assert group_of(str(tmp_path), mounts) is None
    assert group_of("/sys/fs/cgroup/unified/not-there", mounts) is None
    assert group_of("/sys/fs/cgroup/unified", b"") is None
    if os.path.isdir("/sys/fs/cgroup/cpu"):
        inside = b"cgroup2 /sys/fs cgroup2 rw 0 0\n"
        assert group_of("/sys/fs/cgroup/cpu", inside) == Group("cpu", 2)
