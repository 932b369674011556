from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.mounts import closed_mounts

MOUNTS = r"""22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:30 / /net rw - autofs auto rw
25 22 0:31 / /mnt/share\040one rw - nfs4 server:/ rw
26 22 0:32 / /home/ana/remote rw shared:1 - fuse.sshfs host: rw
27 22 0:33 / /misc rw - autofs auto rw
28 27 0:34 / /misc rw - ext4 /dev/sdb rw
"""


def test_what_is_stayed_out_of_and_why() -> None:
    closed = closed_mounts(MOUNTS, network=False)
    assert set(closed) == {"/proc", "/net", "/mnt/share one", "/home/ana/remote"}
    assert "would mount" in closed["/net"]
    assert "--network-filesystems" in closed["/mnt/share one"]


def test_network_file_systems_are_entered_where_asked() -> None:
    assert set(closed_mounts(MOUNTS, network=True)) == {"/proc", "/net"}


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    closed_mounts(text, network=False)
