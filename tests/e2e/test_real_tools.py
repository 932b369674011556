"""Every real tool of the tests, installed as its package manager does it, and hidden alone: one scan each tells all.

Unlike `tests/observe/identity/test_real_tools.py`, which asks identity about open files, this is the command as a
person types it, over a whole host: places, packages, content and what is merged.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import LONG, scan
from tests.e2e.hosts import HostTree
from tests.real_tools import BY_NAME, REAL_TOOLS, RealTool, Unavailable, cache, fetch

pytestmark = pytest.mark.long

NPM_PLACES = (".npm-global", ".nvm/versions/node/v22.21.0", ".local", ".volta/tools/image/node/22.21.0", "n")
PYTHON_PLACES = (".local/share/pipx/venvs/{0}", ".local/share/uv/tools/{0}", ".local", "src/shop/.venv")
"""Where the prefix of an installation lies in a home."""

CARRIES_TOO = {"copilot-language-server": {"1.0.79"}}
"""Other releases of the same tool that a package brings along, each a program of its own."""

LAUNCHERS = frozenset(
    {"gemini-cli", "crush", "pi", "pi-former", "command-code", "junie", "codebuff", "copilot-language-server",
     "deepseek-harness", "jules"}
)  # fmt: skip
"""Their main program is a few lines that start what lies beside it: alone it is nothing, and starts nothing."""

FETCHED_LATER = frozenset({"crush", "codebuff", "jules"})
"""Their package holds a launcher only, which fetches the program when it is installed or started."""

OF_SMALL_MODULES = frozenset({"pi-former", "deepseek-harness"})
"""Packages of small modules, no one of which shows the tool: copied elsewhere, their own description tells them. They
do not start without it.
"""

VERSION_ELSEWHERE = frozenset(
    {"kimi-code", "continue-cli", "openclaw", "nanocoder", "claude-code-router", "copilot-api"}
)
"""Programs that read their version from their package.json: alone they show none."""

HIDING_PLACES = (
    "/home/ana/bin", "/opt/stuff", "/tmp/x", "/home/ana/Downloads/old", "/usr/local/lib/zz", "/srv/share", "/var/tmp",
    "/home/ana/.cache/fonts", "/home/ana/Pictures/2024/Été", "/root", "/home/ana/.config/autostart",
)  # fmt: skip
SUFFIXES = ("", ".png", ".dat", ".txt", ".so.1", ".bak", ".log", ".csv", ".min.css", ".~1~")


@dataclass(frozen=True)
class Hidden:
    """What lies at which place of the host."""

    real: RealTool
    path: str


def login(real: RealTool) -> str:
    """The home of a tool: one each, so that nothing of one explains another."""
    return f"u-{real.name}"


def place(real: RealTool) -> str:
    """The prefix that a tool is installed in."""
    number = REAL_TOOLS.index(real)
    if real.ecosystem == "npm":
        return f"/home/{login(real)}/{NPM_PLACES[number % len(NPM_PLACES)]}"
    return f"/home/{login(real)}/{PYTHON_PLACES[number % len(PYTHON_PLACES)].format(real.package)}"


def available() -> Iterator[tuple[RealTool, Path]]:
    for real in REAL_TOOLS:
        try:
            yield real, fetch(real.name)
        except Unavailable:
            continue


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A folder on the disk of the cache, so that four gigabytes of programs can be linked instead of copied."""
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hosts-", dir=cache(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def installed(room: Path) -> Any:
    """The scan of a host on which every tool is installed, each by its own person."""
    host = HostTree(room / "installed")
    host.people(*(login(real) for real in REAL_TOOLS))
    for real, prefix in available():
        shutil.copytree(prefix, host.at(place(real)), symlinks=True, copy_function=os.link, dirs_exist_ok=True)
    return scan(host.root, "--json", seconds=LONG).json


def main_program(real: RealTool, prefix: Path) -> Path:
    """The largest of its programs: of several, the smaller ones start it."""
    return max(((prefix / program).resolve() for program in real.programs), key=lambda path: path.stat().st_size)


@pytest.fixture(scope="module")
def hidden(room: Path) -> tuple[dict[str, Hidden], Any]:
    """The scan of a host on which every main program lies alone, and whole packages under other names."""
    host = HostTree(room / "hidden")
    host.people("ana")
    planted = {}
    for number, (real, prefix) in enumerate(available()):
        folder = HIDING_PLACES[number % len(HIDING_PLACES)]
        if real.name in LAUNCHERS:
            path = f"{folder}/thing{number}"
            package = prefix / "lib/node_modules" / real.package
            shutil.copytree(package, host.at(path), symlinks=True, copy_function=os.link)
            if real.name not in OF_SMALL_MODULES:
                (host.at(path) / "package.json").unlink()
        else:
            path = f"{folder}/thing{number}{SUFFIXES[number % len(SUFFIXES)]}"
            os.link(main_program(real, prefix), host.at(path))
        planted[real.name] = Hidden(real, path)
    return planted, scan(host.root, "--json", seconds=LONG).json


def named(real: RealTool) -> str:
    return real.name


def told(document: Any, below: str) -> list[dict[str, Any]]:
    return [one for one in document["sightings"] if one["path"] == below or one["path"].startswith(f"{below}/")]


@pytest.mark.parametrize("real", REAL_TOOLS, ids=named)
def test_it_is_found_where_it_is_installed(real: RealTool, installed: Any) -> None:
    _must_be_here(real)
    seen = told(installed, f"/home/{login(real)}")
    assert {one["tool"] for one in seen} == {real.tool}, [(one["tool"], one["path"]) for one in seen]
    assert {one["version"] for one in seen} - CARRIES_TOO.get(real.name, set()) == {real.version}
    assert {one["user"] for one in seen} == {login(real)}
    package = next(one for one in seen if one["surface"] == "package")
    assert package["confidence"] == "certain"
    assert package["path"].startswith(place(real))
    assert len(seen) <= 2, "a package and at most the one native program in it"
    assert package["decision"]["effect"]


@pytest.mark.parametrize("real", REAL_TOOLS, ids=named)
def test_what_belongs_to_it_is_no_unknown_agent(real: RealTool, installed: Any) -> None:
    _must_be_here(real)
    assert [one["path"] for one in installed["unknown"] if one["path"].startswith(f"/home/{login(real)}/")] == []


@pytest.mark.parametrize("real", [real for real in REAL_TOOLS if real.name not in FETCHED_LATER], ids=named)
def test_it_is_found_alone_under_another_name(real: RealTool, hidden: tuple[dict[str, Hidden], Any]) -> None:
    _must_be_here(real)
    planted, document = hidden
    seen = told(document, planted[real.name].path)
    assert {one["tool"] for one in seen} == {real.tool}, [(one["tool"], one["path"]) for one in seen]
    assert all(one["confidence"] in ("certain", "strong") for one in seen)
    versions = {one["version"] for one in seen} - {None}
    if real.name in VERSION_ELSEWHERE or real.ecosystem == "pypi":
        assert versions == set()
    elif real.name not in LAUNCHERS:
        assert versions == {real.version}
    else:
        # One of a bundle's files may have none, or have been built before the others.
        assert not versions or real.version in versions or versions == CARRIES_TOO.get(real.name)


PACKED = {"amp": ("zip", "tar.gz", "tar", "gz"), "auggie": ("zip", "tar.gz", "tar.xz", "tar")}
"""A large native program and a bundle, packed as releases are, and where nothing says what it is."""


@pytest.fixture(scope="module")
def packed(room: Path) -> Any:
    """The scan of a home in which archives lie that hold a program each."""
    host = HostTree(room / "packed")
    host.people("ana")
    for name, formats in PACKED.items():
        try:
            program = main_program(BY_NAME[name], fetch(name))
        except Unavailable:
            continue
        for form in formats:
            _pack(program, host.at(f"/home/ana/Downloads/{name}.{form}"), form)
    return scan(host.root, "--json", seconds=LONG).json


def _pack(program: Path, target: Path, form: str) -> None:
    if form == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(program, f"release/{program.name}")
    elif form == "gz":
        with program.open("rb") as source, gzip.open(target, "wb", compresslevel=1) as packing:
            shutil.copyfileobj(source, packing)
    else:
        mode = f"w:{form.removeprefix('tar').lstrip('.')}"
        level: dict[str, Any] = {"tar.gz": {"compresslevel": 1}, "tar.xz": {"preset": 0}}.get(form, {})
        with tarfile.open(target, mode, **level) as bundle:  # type: ignore[call-overload]
            bundle.add(program, f"release/{program.name}")


@pytest.mark.parametrize(("name", "form"), [(name, form) for name, forms in PACKED.items() for form in forms])
def test_it_is_found_in_an_archive(name: str, form: str, packed: Any) -> None:
    real = BY_NAME[name]
    _must_be_here(real)
    seen = told(packed, f"/home/ana/Downloads/{name}.{form}")
    assert [(one["tool"], one["version"]) for one in seen] == [(real.tool, real.version)]


def test_both_hosts_were_looked_at_whole(installed: Any, hidden: tuple[dict[str, Hidden], Any]) -> None:
    for document in (installed, hidden[1]):
        assert [miss for miss in document["skipped"] if miss["matters"]] == [], json.dumps(document["skipped"])[:500]
        assert {one["state"] for one in document["coverage"]} <= {"found", "nothing"}


def _must_be_here(real: RealTool) -> None:
    try:
        fetch(real.name)
    except Unavailable as reason:
        pytest.skip(str(reason))
