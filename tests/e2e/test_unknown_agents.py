"""Published agents that the catalog lacks, where package managers put them: listed under `unknown`, once each."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import scan
from tests.e2e.hosts import HostTree
from tests.observe.identity.published import AGENTS_NPM, AGENTS_PYPI, fetch
from tests.real_tools import Unavailable, cache

pytestmark = pytest.mark.long

PROJECT_ONLY_BY_CONTENT = frozenset({"@qodo/command"})
"""What does not say that it is an agent; and the default scan does not go into the packages of projects."""


@pytest.fixture(scope="module")
def host() -> Iterator[HostTree]:
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hosts-", dir=cache(), ignore_cleanup_errors=True) as room:
        host = HostTree(Path(room))
        host.people("ana", "bo", "cy")
        for spec in AGENTS_NPM:
            name, source = spec.rpartition("@")[0], unpacked("npm", spec)
            if source is not None:
                link(source / "package", host.at(f"/home/ana/.npm-global/lib/node_modules/{name}"))
                link(source / "package", host.at(f"/home/ana/src/shop/node_modules/{name}"))
                stored = f"node_modules/.pnpm/{name.replace('/', '+')}@1/node_modules/{name}"
                link(source / "package", host.at(f"/home/ana/src/bank/{stored}"))
                at = host.at(f"/home/ana/src/bank/node_modules/{name}")
                at.symlink_to(os.path.relpath(host.at(f"/home/ana/src/bank/{stored}"), at.parent))
        asked = {spec.rpartition("@")[0]: "*" for spec in AGENTS_NPM}
        host.write("/home/ana/src/shop/package.json", {"name": "shop", "dependencies": asked})
        host.write("/home/ana/src/bank/package.json", {"name": "bank", "devDependencies": asked})
        for spec in AGENTS_PYPI:
            name, source = spec.rpartition("@")[0], unpacked("pypi", spec)
            if source is not None:
                site = "lib/python3.12/site-packages"
                link(source, host.at(f"/home/bo/.local/share/pipx/venvs/{name}/{site}"))
                link(source, host.at(f"/home/cy/.local/share/uv/tools/{name}/{site}"))
                link(source, host.at(f"/home/cy/.cache/uv/archive-v0/{name.encode().hex()}"))
        yield host


def unpacked(ecosystem: str, spec: str) -> Path | None:
    try:
        return fetch(ecosystem, spec)
    except Unavailable:
        return None


def link(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, copy_function=os.link)


def below(document: Any, *folders: str) -> list[list[str]]:
    """The entries in each folder."""
    return [[one["path"] for one in document["unknown"] if f"{one['path']}/".startswith(f"{f}/")] for f in folders]


@pytest.fixture(scope="module", params=["default", "deep"])
def document(request: pytest.FixtureRequest, host: HostTree) -> Any:
    return scan(host.root, "--json", *(["--deep", "/"] if request.param == "deep" else [])).json | {"of": request.param}


@pytest.mark.parametrize("spec", AGENTS_NPM)
def test_npm(spec: str, document: Any) -> None:
    if unpacked("npm", spec) is None:
        pytest.skip(f"{spec} cannot be had here")
    name = spec.rpartition("@")[0]
    prefix, shop, bank = "/home/ana/.npm-global/lib", "/home/ana/src/shop", "/home/ana/src/bank"
    stored = f"{bank}/node_modules/.pnpm/{name.replace('/', '+')}@1"
    alone, asked, linked, kept = below(
        document, f"{prefix}/node_modules/{name}", f"{shop}/node_modules/{name}", f"{bank}/node_modules/{name}", stored
    )
    assert len(alone) == 1
    if name in PROJECT_ONLY_BY_CONTENT and document["of"] == "default":
        assert [asked, linked, kept] == [[], [], []]
    else:
        assert [len(asked), len(linked + kept)] == [1, 1]


@pytest.mark.parametrize("spec", AGENTS_PYPI)
def test_python(spec: str, document: Any) -> None:
    if unpacked("pypi", spec) is None:
        pytest.skip(f"{spec} cannot be had here")
    name = spec.rpartition("@")[0]
    pipx, tool, cached = below(
        document,
        f"/home/bo/.local/share/pipx/venvs/{name}",
        f"/home/cy/.local/share/uv/tools/{name}",
        f"/home/cy/.cache/uv/archive-v0/{name.encode().hex()}",
    )
    assert [len(pipx), len(tool), len(cached)] == [1, 1, 0]
    assert pipx[0].endswith(".dist-info")


def test_no_tool_is_claimed(document: Any) -> None:
    assert document["sightings"] == [], json.dumps(document["sightings"])[:500]
