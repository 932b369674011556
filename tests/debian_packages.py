"""Debian packages for tests, as apt fetches them from wherever this machine has them; nothing of them is installed.

Each is fetched once into the tests' cache (`tests.real_tools.cache`) and unpacked without running its scripts.
"""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

from tests.real_tools import Unavailable, cache, fetching

__all__ = ["Unavailable", "fetch", "unpack"]


def fetch(name: str) -> Path:
    """The package's file. Unavailable without apt or without a mirror."""
    folder = cache() / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = sorted(folder.glob(f"{name}_*.deb"))
        if not found:
            fetching(name, "/bin/sh", "-c", 'cd "$1" && exec apt-get download -q "$2"', "sh", str(folder), name)
            found = sorted(folder.glob(f"{name}_*.deb"))
    if not found:
        raise Unavailable(f"{name}: nothing was fetched")
    return found[-1]


def unpack(target: Path, *names: str) -> Path:
    """Lay the files of packages out below `target`."""
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        subprocess.run(["dpkg-deb", "-x", str(fetch(name)), str(target)], check=True)
    return target
