"""A scan and the guard tell the same of the same file: over everything that the scan's tests plant.

Every file of one host is judged three times: by the scan's visit at full depth, as the guard's examiner does while a
start waits, and as the tracker's background does afterwards. What the quick look leaves to the background is counted
and bounded; where both say something, it is the same.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from clearance.agent.tracker.background import deeply
from clearance.catalog.compiled import load_catalog
from clearance.model.enforcement import UNKNOWN_AGENT, KnownFile
from clearance.model.sighting import Sighting
from clearance.observe.host import HostView
from clearance.observe.identity.rules import compile_rules
from clearance.observe.identity.types import REPORTING_THRESHOLD
from clearance.observe.live.examination import Examination
from clearance.observe.packages import Packages
from clearance.observe.patterns import Index
from clearance.observe.probe import AgentTraits
from clearance.observe.scan.node_packages import without_platform
from clearance.observe.visit import Visitor
from tests.bench.planting import plant
from tests.e2e.command import LONG, scan
from tests.e2e.hosts import linux
from tests.enforcing import PERSON, WORK, Enforced, Room
from tests.observe.identity.published import AGENTS_NPM, AGENTS_PYPI, NPM, PYPI
from tests.observe.identity.published import fetch as published
from tests.real_tools import REAL_TOOLS, RealTool, Unavailable, fetch
from tests.real_tools import cache as cached

pytestmark = pytest.mark.long

PLANTED = 200
SMALL_ENOUGH = 420 << 20
"""Bytes of a program that is copied into memory to be started."""


class Said(NamedTuple):
    """What was told of a file: a tool and a version, or an unknown agent (no tool) and a score."""

    tool: str
    version: str | None
    score: float | None


Verdicts = dict[str, tuple[Said | None, Said | None, Said | None]]


@pytest.fixture(scope="module")
def host() -> Iterator[Path]:
    cached().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hosts-", dir=cached(), ignore_cleanup_errors=True) as room:
        root = Path(room)
        linux(root)
        for real in REAL_TOOLS:
            try:
                shutil.copytree(fetch(real.name), root / "opt" / real.name, symlinks=True, copy_function=os.link)
            except Unavailable:
                continue
        for ecosystem, specs in (("npm", (*NPM, *AGENTS_NPM)), ("pypi", (*PYPI, *AGENTS_PYPI))):
            for spec in specs:
                try:
                    source = published(ecosystem, spec)
                except Unavailable:
                    continue
                name = spec.rpartition("@")[0]
                inner, at = (
                    (source / "package", f"usr/lib/node_modules/{name}")
                    if ecosystem == "npm"
                    else (source, f"srv/{name}/lib/python3.12/site-packages")
                )
                shutil.copytree(inner, root / at, symlinks=True, copy_function=os.link)
        for number in range(60):
            (root / f"home/bo/{number % 7}/{number}").mkdir(parents=True)
        plant(root / "home/bo", PLANTED)
        yield root


@pytest.fixture(scope="module")
def verdicts(host: Path) -> Verdicts:
    """By path: what the scan says, what the guard's examiner says, and what the tracker's background says."""
    catalog = load_catalog()
    rules = compile_rules(catalog)
    view = HostView(str(host))
    visitor = Visitor(view, Index((), (), fold_case=False), catalog, rules, pruned=False)
    folders = [""]
    scanned: dict[str, Said] = {}
    while folders:
        folders += visitor.folder(folders.pop())
        for seen in visitor.take():
            if isinstance(seen, Sighting):
                scanned[seen.path] = Said(seen.tool, seen.version, None)
            elif isinstance(seen, AgentTraits) and seen.score >= REPORTING_THRESHOLD:
                scanned[seen.path] = Said("", None, seen.score)
    examination = Examination(view, rules)
    packages = Packages(view)
    found: Verdicts = {}
    for folder, _, names in os.walk(host):
        for name in names:
            real = f"{folder}/{name}"
            if os.path.islink(real):
                continue
            path = real[len(str(host)) :]
            fd = os.open(real, os.O_RDONLY)
            try:
                quick = examination.of(fd, path)
                late = quick if quick.tool is not None else deeply(fd, path, rules, packages)
            finally:
                os.close(fd)
            found[path] = (scanned.get(path), _said(quick), _said(late))
    return found


def _said(file: KnownFile) -> Said | None:
    """As the scan tells it: an unknown agent only from the score on that is reported."""
    if file.tool is None:
        return None
    if file.tool == UNKNOWN_AGENT:
        return Said("", None, file.score) if (file.score or 0) >= REPORTING_THRESHOLD else None
    return Said(file.tool, without_platform(file.version or "") or None, None)


@pytest.fixture(scope="module")
def installed(host: Path) -> set[tuple[str, str]]:
    """The tools that the command names, by the folder in /opt that they are installed in."""
    document = scan(host, "--json", "--deep", "/", seconds=LONG).json
    return {(seen["tool"], seen["path"].split("/")[2]) for seen in document["sightings"] if "/opt/" in seen["path"]}


def test_the_guard_names_no_tool_that_the_scan_does_not(verdicts: Verdicts, installed: set[tuple[str, str]]) -> None:
    """The scan passes over what is small, or long and says nothing, and names the package that it lies in."""
    for said in (1, 2):
        other = {
            path: (two[0], guard)
            for path, two in verdicts.items()
            if (guard := two[said]) is not None
            and (two[0] is None or two[0].tool != guard.tool)
            and not (two[0] is None and (guard.tool, path.split("/")[2]) in installed)
        }
        assert other == {}


def test_versions_are_the_same(verdicts: Verdicts) -> None:
    other = {
        path: (seen, guard)
        for path, (seen, guard, _) in verdicts.items()
        if guard is not None and seen is not None and guard.version != seen.version
    }
    assert other == {}


def test_what_the_quick_look_leaves_the_background_finds(
    verdicts: Verdicts,
) -> None:
    left = {path: (seen, late) for path, (seen, quick, late) in verdicts.items() if seen is not None and quick is None}
    print(f"\n{len(verdicts)} files; the scan names {sum(seen is not None for seen, _, _ in verdicts.values())}")
    print("left to the background:", Counter(seen.tool for seen, _ in left.values() if seen is not None))
    assert {path: both for path, both in left.items() if both[0] != both[1]} == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: questions of the kernel")
def test_programs_that_are_really_started() -> None:
    """The record of a start names the tool that the scan names."""
    rules = compile_rules(load_catalog())
    asked: dict[str, str] = {}
    with Room() as room, Enforced(room) as here:
        for real in REAL_TOOLS:
            program = _program(real)
            if program is None:
                continue
            first = here.next_record()
            room.must("cp", "--preserve=mode", str(program), f"{WORK}/program")
            room.path(f"{WORK}/program").chmod(0o755)
            done = room.run(f"{WORK}/program", "--version", uid=PERSON)
            found = here.await_record(first, lambda one: one.kind == "decision", 5)
            with program.open("rb") as file:
                said = _said(deeply(file.fileno(), "", rules, Packages(HostView("/"))))
            assert said is not None, real
            asked[real.name] = found.subject["tool"] if found else ""
            assert asked[real.name] == said.tool == real.tool, (real, done)
            room.must("rm", f"{WORK}/program")
    print(f"\n{len(asked)} programs were started: {', '.join(asked)}")
    assert len(asked) >= 8


def _program(real: RealTool) -> Path | None:
    """A native program of the tool that is not too large."""
    try:
        path = fetch(real.name) / real.programs[0]
    except Unavailable:
        return None
    with path.open("rb") as file:
        native = file.read(4) == b"\x7fELF"
    return path if native and path.stat().st_size < SMALL_ENOUGH else None
