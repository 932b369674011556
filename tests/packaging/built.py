"""The Debian package of this checkout: built anew, or as it was built from the very same files before."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from tests import real_tools
from tests.real_tools import Unavailable

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = ("src", "packaging", "requirements", "examples/directives", "pyproject.toml", "hatch_build.py",
                  "README.md", "LICENSE", "CHANGELOG.md")  # fmt: skip
"""What the package is made of."""

LEFT_OUT: Final = ("__pycache__", "catalog.msgpack")
LONGEST: Final = 1800
KEPT: Final = 3
"""Packages that are kept: another run may be about to use one."""


def build(folder: Path) -> Path:
    """The package, built anew into a folder."""
    done = subprocess.run(
        [ROOT / "packaging/debian/build", folder], capture_output=True, text=True, check=False, timeout=LONGEST
    )
    assert done.returncode == 0, done.stderr
    (package,) = folder.iterdir()
    return package


@cache
def package() -> Path:
    """The package of the files as they were when it was asked for first. Unavailable where none can be built."""
    if not shutil.which("dpkg-deb") or not os.access("/usr/bin/python3", os.X_OK):
        raise Unavailable("needs a Debian")
    folder = real_tools.cache() / "own-package"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = folder / _digest()
        if not kept.is_dir():
            made = sorted((one for one in folder.iterdir() if one.is_dir()), key=lambda one: one.stat().st_mtime)
            for old in made[: -KEPT + 1]:
                shutil.rmtree(old, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as room:
                build(Path(room) / "made")
                (Path(room) / "made").rename(kept)
        (found,) = kept.iterdir()
    return found


def _digest() -> str:
    digest = hashlib.sha256()
    for top in SOURCES:
        inside = sorted((ROOT / top).rglob("*")) if (ROOT / top).is_dir() else [ROOT / top]
        for path in inside:
            if path.is_file() and not set(path.parts) & set(LEFT_OUT):
                said = f"{path.relative_to(ROOT)} {path.stat().st_mode & 0o111:o} {path.stat().st_size}\n"
                digest.update(os.fsencode(said) + path.read_bytes())
    return digest.hexdigest()[:32]
