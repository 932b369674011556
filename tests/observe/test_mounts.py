from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.mounts import Mounts

MOUNTS = r"""22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:30 / /net rw - autofs auto rw
25 22 0:31 / /mnt/share\040one rw - nfs4 server:/ rw
26 22 0:32 / /home/ana/remote rw shared:1 - fuse.sshfs host: rw
27 22 0:33 / /misc rw - autofs auto rw
28 27 0:34 / /misc/disk rw - ext4 /dev/sdb rw
29 22 0:35 / /over rw - autofs auto rw
30 29 0:36 / /over rw - ext4 /dev/sdc rw
31 22 0:37 / /vault rw - fuse.gocryptfs x rw
32 22 0:38 / /odd rw - fuse.something x rw
"""


def test_what_is_stayed_out_of_and_why() -> None:
    closed = Mounts(MOUNTS, network=False).closed
    assert set(closed) == {"/proc", "/net", "/mnt/share one", "/home/ana/remote", "/misc", "/odd"}
    assert "would mount" in closed["/net"]
    assert "--network-filesystems" in closed["/mnt/share one"]
    assert "a program serves" in closed["/odd"]


def test_network_file_systems_are_entered_where_asked() -> None:
    assert set(Mounts(MOUNTS, network=True).closed) == {"/proc", "/net", "/misc"}


@pytest.mark.parametrize(
    ("path", "closed"),
    [
        ("/net", True), ("/net/host/x", True), ("/network", False), ("/misc/other", True), ("/misc/disk/x", False),
        ("/over/x", False), ("/", False), ("/home/ana", False), ("/home/ana/remote/src/", True),
    ],
)  # fmt: skip
def test_the_innermost_mount_counts(path: str, closed: bool) -> None:
    assert (Mounts(MOUNTS, network=False).why_closed(path) is not None) is closed


def test_a_folder_scanned_as_a_host_has_the_mounts_below_it() -> None:
    inside = Mounts(MOUNTS, network=False).below("/home/ana/")
    assert list(inside.closed) == ["/remote"]
    assert inside.why_closed("/remote/x")
    assert inside.why_closed("/net") is None


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert Mounts(text, network=False).why_closed(text) is None or text
