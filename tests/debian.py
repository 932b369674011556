"""A Debian as its installer leaves it, made once by debootstrap and kept in the tests' cache as a folder.

Guarantees: the folder is complete or absent; no mount is left behind, also when the making is killed; it is only read
(whoever changes a file of a linked copy replaces the file). Nothing of it is run but what debootstrap itself runs.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from tests.real_tools import Unavailable, cache, fetching

SUITE = "bookworm"


def fetch(*packages: str) -> Path:
    """The root of a minimal Debian with these packages. Unavailable without root, debootstrap or a mirror."""
    folder = cache() / "debian"
    folder.mkdir(parents=True, exist_ok=True)
    tree = folder / "-".join((SUITE, *packages))
    if tree.is_dir():
        return tree
    debootstrap, unshare = shutil.which("debootstrap"), shutil.which("unshare")
    if os.geteuid() != 0:
        raise Unavailable("debootstrap needs root")
    if debootstrap is None or unshare is None:
        raise Unavailable("debootstrap is not installed")
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if tree.is_dir():
            return tree
        with tempfile.TemporaryDirectory(prefix=".debian-", dir=folder, ignore_cleanup_errors=True) as room:
            unfinished = Path(room) / "root"
            # What it mounts below the new root ends with its namespace.
            alone = (unshare, "--mount", "--pid", "--fork", "--kill-child")
            more = (f"--include={','.join(packages)}",) if packages else ()
            fetching("debootstrap", *alone, debootstrap, "--variant=minbase", *more, SUITE, str(unfinished))
            shutil.rmtree(unfinished / "var/cache/apt/archives", ignore_errors=True)
            unfinished.rename(tree)
    return tree
