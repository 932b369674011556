"""A machine of a developer who has no tool: Debian, what everybody installs, libraries, readers and scanners of tools.

Nothing is reported, and that is no blindness: a tool put beside each group of packages is found.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import debian
from tests.developer_packages import GROUPS, Group, fetch
from tests.e2e.command import LONG, Ran, scan
from tests.e2e.hosts import HostTree
from tests.real_tools import Unavailable, cache

pytestmark = pytest.mark.long

FEWEST_PACKAGES = 40


@dataclass(frozen=True)
class Machine:
    """The machine, why it lacks what could not be had, and its scan by default and by `--deep /`."""

    host: HostTree
    missing: dict[str, str]
    scans: dict[str, Ran]


def link(source: Path, target: Path) -> None:
    """A copy that takes no room. Its files are those of the cache: they may be replaced, never written to."""
    subprocess.run(["cp", "-al", "--", str(source), str(target)], check=True)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    try:
        system = debian.fetch()
    except Unavailable as reason:
        pytest.skip(str(reason))
    with tempfile.TemporaryDirectory(prefix="hosts-", dir=cache(), ignore_cleanup_errors=True) as room:
        link(system, Path(room) / "root")
        host = HostTree(Path(room) / "root")
        accounts = host.at("/etc/passwd").read_text()
        host.at("/etc/passwd").unlink()
        host.write("/etc/passwd", accounts + "ana:x:1000:1000::/home/ana:/bin/bash\n")
        missing = {}
        for group in GROUPS:
            try:
                link(fetch(group), host.at(group.place))
            except Unavailable as reason:
                missing[group.name] = str(reason)
        deep = scan(host.root, "--json", "--deep", "/", seconds=LONG)
        yield Machine(host, missing, {"default": scan(host.root, "--json", seconds=LONG), "deep": deep})


@pytest.fixture(params=["default", "deep"])
def ran(request: pytest.FixtureRequest, machine: Machine) -> Ran:
    return machine.scans[request.param]


def below(items: list[dict[str, Any]], folder: str) -> list[tuple[Any, ...]]:
    keys = ("tool", "surface", "path", "score", "evidence", "traits")
    return [tuple(one.get(key) for key in keys) for one in items if one["path"].startswith(f"{folder}/")]


def test_there_are_enough_packages() -> None:
    assert sum(len(group.packages) for group in GROUPS) >= FEWEST_PACKAGES


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_no_package_is_a_tool_or_an_agent(group: Group, machine: Machine, ran: Ran) -> None:
    if group.name in machine.missing:
        pytest.skip(machine.missing[group.name])
    assert below(ran.json["sightings"], group.place) == []
    assert below(ran.json["unknown"], group.place) == []


def test_nothing_at_all_is_reported(ran: Ran) -> None:
    assert ran.json["sightings"] == []
    assert ran.json["unknown"] == []
    assert ran.json["summary"]["tools"] == 0
    assert ran.code == 0, ran.err


def test_everything_was_looked_at(ran: Ran) -> None:
    assert [miss for miss in ran.json["skipped"] if miss["matters"]] == [], json.dumps(ran.json["skipped"])[:500]
    assert {one["state"] for one in ran.json["coverage"]} == {"nothing"}
    assert {one["user"] for one in ran.json["coverage"]} == {"ana", "root"}


def test_a_tool_beside_each_group_is_found(machine: Machine) -> None:
    """The same places, by default and by `--deep`: had a package been a tool, it would have been seen."""
    planted = {}
    for group in GROUPS:
        if group.name in machine.missing or group.manager == "wheels":
            continue
        if group.manager.startswith("npm"):
            modules = f"{group.place}/{'lib/' if group.manager == 'npm-global' else ''}node_modules"
            machine.host.npm(modules, "@qwen-code/qwen-code", "0.24.4", "qwen")
            planted[f"{modules}/@qwen-code/qwen-code"] = "qwen-code"
        else:
            (site,) = machine.host.at(group.place).glob("lib/python3*/site-packages")
            place = f"/{site.relative_to(machine.host.root)}"
            machine.host.pypi(place, "aider-chat", "0.86.2", "aider", "aider.main")
            planted[f"{place}/aider_chat-0.86.2.dist-info"] = "aider"
    assert planted
    try:
        for options in ((), ("--deep", "/")):
            seen = {
                one["path"]: one["tool"]
                for one in scan(machine.host.root, "--json", *options, seconds=LONG).json["sightings"]
            }
            assert seen == planted
    finally:
        for path in planted:
            shutil.rmtree(machine.host.at(path))
