"""Programs about tools are not tools; agents that nobody knows look like agents; libraries do not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from clearance.catalog.compiled import load_catalog
from clearance.observe.identity import deep, manifests
from clearance.observe.identity.candidate import classify
from clearance.observe.identity.rules import compile_rules
from clearance.observe.identity.types import REPORTING_THRESHOLD, Identification, Package, Traits
from clearance.observe.reader import FdReader
from tests.observe.identity.published import AGENTS_NPM, AGENTS_PYPI, NPM, PYPI, fetch
from tests.real_tools import Unavailable

pytestmark = pytest.mark.long

RULES = compile_rules(load_catalog())
OTHERS = [("npm", spec) for spec in NPM] + [("pypi", spec) for spec in PYPI]
AGENTS = [("npm", spec) for spec in AGENTS_NPM] + [("pypi", spec) for spec in AGENTS_PYPI]


def folder(case: tuple[str, str]) -> Path:
    try:
        return fetch(*case)
    except Unavailable as reason:
        pytest.skip(str(reason))


def verdicts(root: Path, package: Package | None) -> Iterator[tuple[str, Identification | Traits]]:
    """What a scan would be told of each file that could be a program."""
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        fd = os.open(path, os.O_RDONLY)
        try:
            reader = FdReader(fd)
            if classify(reader.read(0, 4096), reader.size) is not None and (
                verdict := deep.identify(reader, RULES, package)
            ):
                yield str(path.relative_to(root)), verdict
        finally:
            os.close(fd)


def package_of(case: tuple[str, str]) -> Package:
    name, _, version = case[1].rpartition("@")
    return Package(case[0], name, version, "metadata")


def says(root: Path) -> Traits | None:
    """What the package's own metadata shows."""
    for manifest in root.glob("package/package.json"):
        return manifests.npm(manifest.read_bytes())
    for metadata in root.glob("*.dist-info/METADATA"):
        points = metadata.parent / "entry_points.txt"
        return manifests.python(metadata.read_bytes(), points.read_bytes() if points.is_file() else b"")
    return None


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case[1])
def test_libraries_readers_and_scanners(case: tuple[str, str]) -> None:
    root = folder(case)
    reported = [
        (path, verdict)
        for path, verdict in verdicts(root, package_of(case))
        if isinstance(verdict, Identification) or verdict.score >= REPORTING_THRESHOLD
    ]
    assert reported == []
    traits = says(root)
    assert traits is None or traits.score < REPORTING_THRESHOLD


@pytest.mark.parametrize("case", AGENTS, ids=lambda case: case[1])
def test_agents_that_the_catalog_does_not_know(case: tuple[str, str]) -> None:
    root = folder(case)
    name = case[1].rpartition("@")[0]
    assert RULES.tool_of_package(case[0], name) is None
    best = max((verdict.score for _, verdict in verdicts(root, None) if isinstance(verdict, Traits)), default=0.0)
    traits = says(root)
    assert max(best, traits.score if traits else 0.0) >= REPORTING_THRESHOLD


def test_an_sdk_that_carries_the_real_program() -> None:
    root = folder(("npm", "@anthropic-ai/claude-agent-sdk-linux-x64@0.3.330"))
    found = dict(verdicts(root, package_of(("npm", "@anthropic-ai/claude-agent-sdk-linux-x64@0.3.330"))))
    (verdict,) = found.values()
    assert isinstance(verdict, Identification)
    assert (verdict.tool, verdict.confidence) == ("claude-code", "certain")
    manifest = msgspec.json.decode((root / "package/package.json").read_bytes())
    assert verdict.version != manifest["version"]


def test_this_program_itself() -> None:
    import clearance

    root = Path(clearance.__file__).parent
    reported = [
        path
        for path, verdict in verdicts(root, None)
        if isinstance(verdict, Identification) or verdict.score >= REPORTING_THRESHOLD
    ]
    assert reported == []
