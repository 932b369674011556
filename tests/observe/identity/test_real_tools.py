"""Real tools, as the registries serve them: told with their version, renamed, moved, patched and stripped."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from clearance.catalog.compiled import load_catalog
from clearance.observe.identity import deep, quick
from clearance.observe.identity.candidate import classify
from clearance.observe.identity.rules import compile_rules
from clearance.observe.identity.types import Identification, Package
from clearance.observe.reader import BudgetReader, FdReader, Reader
from tests.real_tools import REAL_TOOLS, RealTool, Unavailable, fetch, programs

pytestmark = pytest.mark.long

RULES = compile_rules(load_catalog())
LAUNCHES = 20_000
"""Bytes. A smaller program only starts what lies beside it: its package tells what it is."""

VERSION_IN_THE_PACKAGE_ONLY = frozenset(
    {"kimi-code", "continue-cli", "openclaw", "nanocoder", "claude-code-router", "copilot-api"}
)
"""Programs that read their version from their package.json when they run: their own bytes do not hold it."""

PATCHES = 20
CASES = [(real, number) for real in REAL_TOOLS for number in range(len(real.programs))]
LARGE = [
    case
    for case in CASES
    if case[0].ecosystem == "npm" and not case[0].programs[case[1]].endswith(("cn.js", "cli-entry.js"))
]
PYTHON = {
    "aider": "aider", "mini-swe-agent": "minisweagent", "openhands": "openhands_cli", "mistral-vibe": "vibe",
    "kimi-cli": "kimi_cli", "gptme": "gptme", "open-interpreter": "interpreter",
}  # fmt: skip
BUNDLES = {
    "gemini-cli": "bundle/chunk-*.js", "qwen-code": "chunks/chunk-*.js", "pi": "dist/bundle/chunks/chunk-*.js",
    "command-code": "dist/cli.mjs",
}  # fmt: skip


class Patched:
    """A reader with some bytes changed."""

    def __init__(self, inner: Reader, changes: dict[int, bytes]) -> None:
        self.inner = inner
        self.size = inner.size
        self.changes = changes

    def read(self, offset: int, length: int) -> bytes:
        data = self.inner.read(offset, length)
        for at, new in self.changes.items():
            if offset <= at < offset + len(data):
                place = at - offset
                data = data[:place] + new[: len(data) - place] + data[place + len(new) :]
        return data


def name(case: tuple[RealTool, int]) -> str:
    real, number = case
    return f"{real.name}-{real.programs[number].rpartition('/')[2]}"


def program(case: tuple[RealTool, int]) -> Path:
    try:
        return programs(case[0].name)[case[1]]
    except Unavailable as reason:
        pytest.skip(str(reason))


@contextmanager
def opened(path: Path) -> Iterator[FdReader]:
    fd = os.open(path, os.O_RDONLY)
    try:
        yield FdReader(fd)
    finally:
        os.close(fd)


def package_of(real: RealTool, path: Path) -> Package | None:
    """The package that a caller would have found, and that names this program."""
    if real.ecosystem == "pypi":
        return Package("pypi", real.package, real.version, "METADATA", program=True)
    for folder in path.parents:
        if (manifest := folder / "package.json").is_file():
            document = msgspec.json.decode(manifest.read_bytes())
            if "name" in document:
                return Package("npm", document["name"], document.get("version"), str(manifest), program=True)
    return None


def tool_of(reader: Reader) -> str | None:
    """What quick says of a program that was tampered with; deep says the same, or more where quick says nothing."""
    short = quick.identify(BudgetReader(reader, quick.MOST_BYTES), RULES)
    long = deep.identify(reader, RULES)
    assert isinstance(long, Identification)
    assert short is None or (short.tool == long.tool and short.version in (None, long.version))
    return short.tool if short is not None else None


def both(reader: Reader, package: Package | None = None) -> Identification | None:
    """What both depths say, quick within its budget."""
    short = quick.identify(BudgetReader(reader, quick.MOST_BYTES), RULES, package)
    long = deep.identify(reader, RULES, package)
    if short is None:
        assert not isinstance(long, Identification), long
        return None
    assert isinstance(long, Identification)
    assert (long.tool, long.version) == (short.tool, short.version)
    return short


@pytest.mark.parametrize("case", CASES, ids=name)
def test_where_it_is_installed(case: tuple[RealTool, int]) -> None:
    real, path = case[0], program(case)
    with opened(path) as reader:
        assert classify(reader.read(0, 4096), reader.size) is not None or reader.size < LAUNCHES
        verdict = both(reader, package_of(real, path))
    assert verdict is not None
    assert verdict.tool == real.tool
    assert verdict.version is not None
    assert real.version.startswith(verdict.version.partition("-linux")[0]) or verdict.version.startswith(real.version)
    assert verdict.confidence in ("certain", "strong")


@pytest.mark.parametrize("case", LARGE, ids=name)
def test_alone_under_another_name(case: tuple[RealTool, int], tmp_path: Path) -> None:
    real, path = case[0], program(case)
    if path.stat().st_size < LAUNCHES:
        return
    moved = tmp_path / "holiday.dat"
    moved.symlink_to(path.resolve())
    with opened(moved) as reader:
        assert classify(reader.read(0, 4096), reader.size) is not None
        verdict = both(reader)
    assert verdict is not None
    assert verdict.tool == real.tool
    if real.name in VERSION_IN_THE_PACKAGE_ONLY:
        assert verdict.version is None
    else:
        assert verdict.version == real.version


@pytest.mark.parametrize("case", LARGE, ids=name)
def test_with_a_byte_patched_anywhere(case: tuple[RealTool, int]) -> None:
    real, path = case[0], program(case)
    if path.stat().st_size < LAUNCHES:
        return
    draw = random.Random(name(case))
    with opened(path) as reader:
        for _ in range(PATCHES):
            at = draw.randrange(4, reader.size)
            assert tool_of(Patched(reader, {at: bytes([reader.read(at, 1)[0] ^ 0x55])})) == real.tool, at


@pytest.mark.parametrize("case", LARGE, ids=name)
def test_with_the_places_patched_that_told_it(case: tuple[RealTool, int]) -> None:
    """Whoever breaks one marker leaves the others."""
    real, path = case[0], program(case)
    if path.stat().st_size < LAUNCHES:
        return
    with opened(path) as reader:
        verdict = both(reader)
        assert verdict is not None
        for evidence in verdict.evidence:
            marker = evidence.detail.partition(": ")[2].strip("\n").encode()
            places = list(_places(reader, marker))
            again = both(Patched(reader, dict.fromkeys(places, b"#")))
            if evidence.kind not in ("bun-entry", "bun-arguments"):
                assert again is not None, marker
                assert again.tool == real.tool


def _places(reader: Reader, marker: bytes) -> Iterator[int]:
    for needle, step in ((marker, 1), (marker.decode("latin-1").encode("utf-16-le"), 2)):
        at = 0
        while at < reader.size:
            data = reader.read(at, (1 << 22) + len(needle))
            place = data.find(needle)
            while place >= 0:
                yield at + place + 2 * step
                place = data.find(needle, place + 1)
            at += 1 << 22


@pytest.mark.parametrize("case", LARGE, ids=name)
def test_stripped_of_its_section_table(case: tuple[RealTool, int]) -> None:
    real, path = case[0], program(case)
    with opened(path) as reader:
        if reader.read(0, 4) != b"\x7fELF":
            return
        assert tool_of(Patched(reader, {0x28: bytes(8), 0x3A: bytes(6)})) == real.tool


@pytest.mark.parametrize("real", [real for real in REAL_TOOLS if real.name in PYTHON], ids=lambda real: real.name)
def test_python_packages_copied_elsewhere_as_text(real: RealTool, tmp_path: Path) -> None:
    try:
        prefix = fetch(real.name)
    except Unavailable as reason:
        pytest.skip(str(reason))
    (source,) = prefix.glob(f"lib/python3*/site-packages/{PYTHON[real.name]}")
    modules = sorted(source.rglob("*.py"), key=lambda path: -path.stat().st_size)[:40]
    told = []
    for number, module in enumerate(modules):
        copy = tmp_path / f"{number}.txt"
        shutil.copyfile(module, copy)
        with opened(copy) as reader:
            if classify(reader.read(0, 4096), reader.size) is None:
                continue
            verdict = both(reader)
        if verdict is not None:
            told.append(verdict.tool)
    assert set(told) == {real.tool}
    assert len(told) >= 3


@pytest.mark.parametrize("real", [real for real in REAL_TOOLS if real.name in BUNDLES], ids=lambda real: real.name)
def test_bundles_of_several_files(real: RealTool) -> None:
    try:
        prefix = fetch(real.name)
    except Unavailable as reason:
        pytest.skip(str(reason))
    chunks = [one for one in (prefix / "lib/node_modules" / real.package).glob(BUNDLES[real.name]) if one.is_file()]
    told = []
    for chunk in sorted(chunks, key=lambda path: -path.stat().st_size)[:6]:
        with opened(chunk) as reader:
            if (verdict := both(reader)) is not None:
                told.append(verdict.tool)
    assert set(told) == {real.tool}


def test_packed_as_it_is_shipped() -> None:
    real = next(one for one in REAL_TOOLS if one.packed)
    try:
        prefix = fetch(real.name)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert real.packed is not None
    with opened(prefix / real.packed[0]) as reader:
        assert classify(reader.read(0, 4096), reader.size) == "packed"
        verdict = deep.identify(reader, RULES)
    assert isinstance(verdict, Identification)
    assert (verdict.tool, verdict.version) == (real.tool, real.version)
