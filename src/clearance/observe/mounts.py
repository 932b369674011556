"""Which mount points a scan stays out of.

Pseudo file systems hold no files of anybody. Automounts would be triggered, network file systems may hang and belong to
another machine's scan. Source: proc_pid_mountinfo(5).
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
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs",
        "fuse.rclone", "fuse.s3fs", "fuse.davfs", "davfs", "lustre", "gpfs", "beegfs", "ocfs2", "ncpfs", "drvfs",
        "fuse.google-drive-ocamlfuse", "fuse.gcsfuse", "fuse.mergerfs", "virtiofs", "vboxsf", "prl_fs",
    }
)  # fmt: skip

_OCTAL = re.compile(r"\\([0-7]{3})")


def closed_mounts(mountinfo: str, network: bool) -> dict[str, str]:
    """Mount point to reason, for every mount that is not to be entered. `network` allows network file systems."""
    closed = {}
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        kind = right.split(" ", 1)[0]
        if len(fields) < 5 or not kind:
            continue
        point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
        if kind in PSEUDO:
            closed[point] = f"{kind} holds no files"
        elif kind == "autofs":
            closed[point] = "an automount; entering it would mount something"
        elif kind in NETWORK and not network:
            closed[point] = f"a network file system ({kind}); scan it with --network-filesystems"
        else:
            # What is mounted over an automount or a network share is what a path leads to.
            closed.pop(point, None)
    return closed
