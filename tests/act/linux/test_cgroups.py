from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clearance.act.changes import GroupMade, written
from clearance.act.journal import Journal
from clearance.act.linux import cgroups


@pytest.mark.parametrize(
    ("mounts", "place"),
    [
        (b"proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", "/sys/fs/cgroup"),
        (b"cgroup2 /a\\040b cgroup2 rw 0 0\n", "/a b"),
        (b"cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n\xff\n", None),
        (b"", None),
    ],
)
def test_where_groups_are(mounts: bytes, place: str | None) -> None:
    assert cgroups.mount_point(mounts) == place


def test_a_group_that_was_there_is_not_ours(tmp_path: Path) -> None:
    journal = Journal.begin(str(tmp_path / "state"))
    (tmp_path / "group").mkdir()
    assert not cgroups.make(journal, str(tmp_path / "group"))
    assert journal.pending() == ()
    assert not cgroups.dissolve(GroupMade(written(str(tmp_path / "gone"))))


REAL = """
import os, signal, sys
from clearance.act.journal import Journal
from clearance.act.linux import cgroups
from clearance.act.undo import undo
root = sys.argv[1]
journal = Journal.begin(sys.argv[2])
group = root + "/clearance-test-" + str(os.getpid())
assert cgroups.make(journal, group)
cgroups.make(journal, group + "/inner")
child = os.fork()
if child == 0:
    signal.pause()
open(group + "/inner/cgroup.procs", "w").write(str(child))
report = undo(journal)
assert not report.failed, report
assert not os.path.exists(group)
assert "clearance-test" not in open(f"/proc/{child}/cgroup").read().split("0::")[1].split()[0]
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
"""


@pytest.mark.long
def test_what_is_in_a_group_moves_up_when_it_is_undone(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root")
    mount = tmp_path / "cgroup2"
    mount.mkdir()
    # Its own mount and control group namespaces: the groups below this process's own are all that it sees.
    script = f'mount -t cgroup2 none {mount} && exec "$@"'
    done = subprocess.run(
        ["unshare", "-mC", "sh", "-c", script, "sh", sys.executable, "-c", REAL, str(mount), str(tmp_path / "state")],
        timeout=60, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
