"""Which mount points a scan stays out of.

Pseudo file systems hold no files of anybody. Automounts would be triggered, network file systems may hang and belong to
another machine's scan, and a file system that a program serves (FUSE) can be endless or never answer.
Source: proc_pid_mountinfo(5).
"""

from __future__ import annotations

import re
from typing import Final

PSEUDO: Final = frozenset(
    {
        "proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "pstore", "bpf",
        "mqueue", "hugetlbfs", "configfs", "fusectl", "efivarfs", "binfmt_misc", "rpc_pipefs", "nsfs", "selinuxfs",
        "fuse.gvfsd-fuse", "fuse.portal", "fuse.lxcfs",
    }
)  # fmt: skip
NETWORK: Final = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "ocfs2", "gfs2",
        "ncpfs", "drvfs", "davfs", "coda", "orangefs", "pvfs2", "panfs", "virtiofs", "vboxsf", "prl_fs", "vmhgfs",
    }
)  # fmt: skip
LOCAL_FUSE: Final = frozenset(
    {
        "fuseblk", "fuse.ntfs", "fuse.ntfs-3g", "fuse.exfat", "fuse.ext2", "fuse.fuse-overlayfs", "fuse.squashfuse",
        "fuse.squashfuse_ll", "fuse.gocryptfs", "fuse.encfs", "fuse.ecryptfs", "fuse.bindfs", "fuse.unionfs",
        "fuse.mergerfs",
    }
)  # fmt: skip
"""FUSE file systems whose files lie on this machine's own disks. Any other may lead anywhere."""

_OCTAL = re.compile(r"\\([0-7]{3})")


class Mounts:
    """The mount points of a host. `closed` are those to stay out of, with the reason."""

    def __init__(self, mountinfo: str, network: bool) -> None:
        kinds: dict[str, str] = {}
        for line in mountinfo.splitlines():
            left, _, right = line.partition(" - ")
            fields = left.split(" ")
            kind = right.split(" ", 1)[0]
            if len(fields) >= 5 and kind:
                # What was mounted last over a path is what the path leads to.
                kinds[_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])] = kind
        self._points = {point.rstrip("/"): reason(kind, network) for point, kind in kinds.items()}
        self.closed = {point: why for point, why in self._points.items() if why is not None}

    def below(self, root: str) -> Mounts:
        """The same mounts as a host sees them whose root is this folder."""
        inside = Mounts("", network=False)
        start = f"{root.rstrip('/')}/"
        inside._points = {
            point[len(start) - 1 :]: why for point, why in self._points.items() if point.startswith(start)
        }
        inside.closed = {point: why for point, why in inside._points.items() if why is not None}
        return inside

    def why_closed(self, path: str) -> str | None:
        """Why this path is not to be touched, not even to see whether it is there; None where it may be.

        What counts is the innermost mount point: a disk that is mounted below an automount is open.
        """
        if not self.closed:
            return None
        path = path.rstrip("/")
        while path:
            if path in self._points:
                return self._points[path]
            path = path.rpartition("/")[0]
        return None


def reason(kind: str, network: bool) -> str | None:
    """Why a file system of this kind is not entered; None where it is. `network` allows network file systems."""
    if kind in PSEUDO:
        return f"{kind} holds no files"
    if kind == "autofs":
        return "an automount; entering it would mount something"
    if network or kind in LOCAL_FUSE:
        return None
    if kind in NETWORK:
        return f"a network file system ({kind}); scan it with --network-filesystems"
    if kind == "fuse" or kind.startswith("fuse."):
        return f"a file system that a program serves ({kind}); scan it with --network-filesystems"
    return None
