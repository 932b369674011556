"""Tables of packet rules (nftables) that this program makes, each announced in the undo journal first.

Undoing removes the whole table in one transaction of the kernel. A table belongs to a network namespace: one that was
made in another namespace is gone with it, and is never looked for in this one.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from typing import Final

from clearance.act.changes import TableMade
from clearance.act.journal import Journal
from clearance.act.linux.commands import run

SO_ORIGINAL_DST: Final = 80


def namespace() -> str:
    """Which network namespace this is."""
    found = os.stat("/proc/self/ns/net")
    return f"{found.st_dev}:{found.st_ino}"


def announce(journal: Journal, change: TableMade) -> None:
    """To be called before the table is made."""
    journal.record(TableMade(change.family, change.name, namespace()))


def remove(change: TableMade) -> bool:
    """Undo the making of a table. False where it is gone."""
    if change.namespace not in ("", namespace()) or not present(change):
        return False
    run(["nft", "delete", "table", change.family, change.name])
    return True


def present(change: TableMade) -> bool:
    """Whether the table is there."""
    listed = json.loads(run(["nft", "-j", "list", "tables"]))["nftables"]
    return any(
        table["family"] == change.family and table["name"] == change.name
        for table in (entry.get("table") for entry in listed)
        if table
    )


def original_destination_known() -> None:
    """Returns where the kernel can say where a redirected connection wanted to go. OSError where it cannot."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as own:
        try:
            own.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
        except OSError as error:
            # Nothing was redirected here, so there is nothing to be told: but the question was understood.
            if error.errno not in (errno.ENOENT, errno.ENOTCONN, errno.EINVAL):
                raise
