"""What developers do all day, on real open-source projects: fetched once, then built and tested without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.real_tools import Unavailable, cache, fetching

C_SOURCE: Final = "zlib"
NPM_PROJECT: Final = "minimist@1.2.8"
NPM_TESTS: Final = "tape@5.9.0"
PYPI_PROJECT: Final = "markupsafe==3.0.2"
WHEELS: Final = ("pip", "setuptools", "wheel", "pytest")
SOURCES: Final = "/mnt/sources"
"""Where they lie in a room."""

SCRIPTS: Final = {path.stem: path.read_text() for path in sorted(Path(__file__).with_name("workloads").glob("*.sh"))}
"""Each is run by `sh -e` with $SOURCES set, and prints what must be the same wherever it runs."""


def sources() -> Path:
    """The sources and all that building and testing them needs."""
    folder = cache() / "workloads"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".workloads-", dir=folder.parent) as room:
        made = Path(room) / "made"
        for name, fetch in (("c", _debian), ("npm", _npm), ("pypi", _pypi)):
            (made / name).mkdir(parents=True)
            fetch(made / name)
        made.rename(folder)
    return folder


def _debian(folder: Path) -> None:
    """The upstream source as Debian keeps it, by this machine's own sources with `deb-src` added."""
    own = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    lists = folder / "lists"
    (lists / "parts").mkdir(parents=True)
    for number, source in enumerate(path for path in own if path.is_file()):
        text = source.read_text()
        text = text.replace("Types: deb\n", "Types: deb-src\n").replace("deb https", "deb-src https")
        if "debian" in text:
            (lists / "parts" / f"{number}{source.suffix}").write_text(text)
    options = (
        "-o", f"Dir::Etc::sourceparts={lists}/parts", "-o", "Dir::Etc::sourcelist=/dev/null",
        "-o", f"Dir::State::lists={lists}", "-o", "APT::Sandbox::User=root",
    )  # fmt: skip
    apt = shutil.which("apt-get")
    if apt is None:
        raise Unavailable("needs apt-get")
    fetching("Debian", apt, "-q", *options, "update")
    done = subprocess.run(
        [apt, "-q", *options, "source", "--download-only", C_SOURCE], cwd=folder, capture_output=True, text=True
    )  # fmt: skip
    if done.returncode:
        raise Unavailable(f"Debian: {done.stderr[-300:]}")
    shutil.rmtree(lists)


def _npm(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    quietly = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", f"--cache={folder}/cache")
    fetching("npm", npm, "pack", *quietly, "--pack-destination", str(folder), NPM_PROJECT)
    next(folder.glob("*.tgz")).rename(folder / "project.tgz")
    fetching("npm", npm, "install", *quietly, "--prefix", str(folder / "tests"), NPM_TESTS)
    shutil.rmtree(folder / "tests")
    _readable(folder)


def _pypi(folder: Path) -> None:
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "-d", str(folder))
    fetching("PyPI", *pip, "--no-deps", "--no-binary=:all:", PYPI_PROJECT)
    fetching("PyPI", *pip, "--only-binary=:all:", "--python-version", "3.11", *WHEELS)


def _readable(folder: Path) -> None:
    for inner, _, names in os.walk(folder):
        os.chmod(inner, 0o755)
        for name in names:
            os.chmod(f"{inner}/{name}", 0o644)
