"""The layouts that the probes know are those that the real package managers make: small tools, installed by each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clearance.model.sighting import Sighting
from clearance.observe.probe import Home
from clearance.observe.scan.merge import merge
from tests.observe.scan.tools import CATALOG
from tests.observe.scan.tree import PACKAGE_PROBES, observe, sightings, skipped
from tests.real_tools import cache

pytestmark = pytest.mark.long

NODE_TOOL, NODE_VERSION = "@charmland/crush", "0.96.1"
PYTHON_TOOL, PYTHON_VERSION = "aider-install", "0.2.0"
UNSCRIPTED_TOOL, UNSCRIPTED_VERSION = "@continuedev/cli", "1.5.47"
"""Yarn 1 runs lifecycle scripts of global packages whatever it is told: it gets a tool that has none."""

MANAGERS = {
    "pnpm10": ("pnpm@10", "node_modules/pnpm/bin/pnpm.cjs"),
    "pnpm12": ("pnpm@12", "node_modules/pnpm/pnpm"),
    "yarn1": ("yarn@1.22", "node_modules/yarn/bin/yarn.js"),
    "yarn4": ("@yarnpkg/cli-dist@4", "node_modules/@yarnpkg/cli-dist/bin/yarn.js"),
    "bun": ("@oven/bun-linux-x64@1", "node_modules/@oven/bun-linux-x64/bin/bun"),
}
SECONDS = 600


def manager(name: str) -> list[str]:
    """The command of a package manager, installed once by npm or pip into the tests' cache."""
    if name in ("uv", "pipx"):
        folder = cache() / "package-managers" / "python"
        if not (folder / "bin" / name).exists():
            _run([sys.executable, "-m", "venv", str(folder)])
            _run([str(folder / "bin" / "pip"), "install", "--quiet", "uv", "pipx"])
        return [str(folder / "bin" / name)]
    package, program = MANAGERS[name]
    folder = cache() / "package-managers" / name
    if not (folder / program).exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run([_npm(), "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder), package])
    runner = {"pnpm12": ["/bin/sh"], "bun": []}.get(name, [shutil.which("node") or "node"])
    return [*runner, str(folder / program)]


def _npm() -> str:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    return npm


def _run(command: list[str], **options: object) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=SECONDS, stdin=subprocess.DEVNULL, **options
    )  # type: ignore[call-overload]
    if done.returncode:
        pytest.skip(f"{' '.join(command[:4])}…: {(done.stderr or done.stdout).strip()[-400:]}")


class Machine:
    """A home of its own to install into, and what the probes see there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home" / "ana"
        self.project = self.home / "src" / "shop"
        self.project.mkdir(parents=True)
        (self.project / "package.json").write_text('{"name": "shop", "version": "1.0.0"}')
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "npm_", "UV_", "PIPX_"))
        } | {
            "HOME": str(self.home),
            "PNPM_HOME": str(self.home / ".local/share/pnpm"),
            "npm_config_ignore_scripts": "true",
            "YARN_ENABLE_SCRIPTS": "false",
            "YARN_ENABLE_TELEMETRY": "0",
            "YARN_ENABLE_IMMUTABLE_INSTALLS": "false",
        }
        bins = (self.home / ".local/share/pnpm", self.home / ".local/share/pnpm/bin", self.home / ".local/bin")
        self.environment["PATH"] = os.pathsep.join([*map(str, bins), os.environ.get("PATH", "")])
        bins[1].mkdir(parents=True)

    def run(self, *command: str, at: Path | None = None) -> None:
        _run(list(command), cwd=at or self.home, env=self.environment)

    def seen(self) -> list[Sighting]:
        observations = observe(self.root, CATALOG, [Home("ana", "/home/ana")], probes=PACKAGE_PROBES)
        assert [one for one in skipped(observations) if one.matters] == []
        return list(merge(sightings(observations)))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def npm_global(machine: Machine) -> None:
    machine.run(_npm(), "install", "-g", "--prefix", str(machine.home / ".npm-global"), f"{NODE_TOOL}@{NODE_VERSION}")


def npm_project(machine: Machine) -> None:
    machine.run(_npm(), "install", f"{NODE_TOOL}@{NODE_VERSION}", at=machine.project)


def npm_alias(machine: Machine) -> None:
    machine.run(_npm(), "install", f"harmless@npm:{NODE_TOOL}@{NODE_VERSION}", at=machine.project)


def npx(machine: Machine) -> None:
    machine.run(_npm(), "exec", "--yes", f"--package={NODE_TOOL}@{NODE_VERSION}", "--", "true")


def pnpm10_global(machine: Machine) -> None:
    machine.run(*manager("pnpm10"), "add", "-g", "--ignore-scripts", f"{NODE_TOOL}@{NODE_VERSION}")


def pnpm10_project(machine: Machine) -> None:
    machine.run(*manager("pnpm10"), "add", "--ignore-scripts", f"{NODE_TOOL}@{NODE_VERSION}", at=machine.project)


def pnpm12_global(machine: Machine) -> None:
    machine.run(*manager("pnpm12"), "add", "-g", "--ignore-scripts", f"{NODE_TOOL}@{NODE_VERSION}")


def pnpm12_project(machine: Machine) -> None:
    machine.run(*manager("pnpm12"), "add", "--ignore-scripts", f"{NODE_TOOL}@{NODE_VERSION}", at=machine.project)


def yarn1_global(machine: Machine) -> None:
    folders = ("--global-folder", str(machine.home / ".config/yarn/global"), "--prefix", str(machine.home / ".yarn"))
    package = f"{UNSCRIPTED_TOOL}@{UNSCRIPTED_VERSION}"
    cached = ("--cache-folder", str(machine.home / ".cache/yarn"))
    machine.run(*manager("yarn1"), "global", "add", "--ignore-scripts", *folders, *cached, package)


def yarn4_pnp(machine: Machine) -> None:
    (machine.project / "yarn.lock").touch()
    machine.run(*manager("yarn4"), "add", f"{NODE_TOOL}@{NODE_VERSION}", at=machine.project)


def bun_global(machine: Machine) -> None:
    machine.run(*manager("bun"), "add", "-g", "--ignore-scripts", f"{NODE_TOOL}@{NODE_VERSION}")


def bun_project(machine: Machine) -> None:
    machine.run(*manager("bun"), "add", "--ignore-scripts", f"{NODE_TOOL}@{NODE_VERSION}", at=machine.project)


def uv_tool(machine: Machine) -> None:
    machine.run(*manager("uv"), "tool", "install", "--quiet", f"{PYTHON_TOOL}=={PYTHON_VERSION}")


def uvx(machine: Machine) -> None:
    package = f"{PYTHON_TOOL}=={PYTHON_VERSION}"
    machine.run(*manager("uv"), "tool", "run", "--quiet", "--from", package, "python", "-c", "pass")


def pipx(machine: Machine) -> None:
    machine.run(*manager("pipx"), "install", "--quiet", f"{PYTHON_TOOL}=={PYTHON_VERSION}")


def pip_venv(machine: Machine) -> None:
    environment = machine.project / ".venv"
    machine.run(sys.executable, "-m", "venv", str(environment))
    machine.run(str(environment / "bin/pip"), "install", "--quiet", "--no-deps", f"{PYTHON_TOOL}=={PYTHON_VERSION}")


LAYOUTS: list[tuple[Callable[[Machine], None], str, str | None, int]] = [
    (npm_global, "/home/ana/.npm-global/lib/node_modules/@charmland/crush", None, 1),
    (npm_project, "/home/ana/src/shop/node_modules/@charmland/crush", "/home/ana/src/shop", 1),
    (npm_alias, "/home/ana/src/shop/node_modules/harmless", "/home/ana/src/shop", 1),
    (npx, "/home/ana/.npm/_npx/", None, 1),
    (pnpm10_global, "/home/ana/.local/share/pnpm/global/", None, 1),
    (pnpm10_project, "/home/ana/src/shop/node_modules/.pnpm/", "/home/ana/src/shop", 1),
    (pnpm12_global, "/home/ana/.local/share/pnpm/", None, 1),
    (pnpm12_project, "/home/ana/src/shop/node_modules/.pnpm/", "/home/ana/src/shop", 1),
    (yarn1_global, "/home/ana/.config/yarn/global/node_modules/@continuedev/cli", None, 1),
    (yarn4_pnp, "/home/ana/src/shop/.pnp.cjs", "/home/ana/src/shop", 1),
    (bun_global, "/home/ana/.bun/install/global/node_modules/@charmland/crush", None, 1),
    (bun_project, "/home/ana/src/shop/node_modules/@charmland/crush", "/home/ana/src/shop", 1),
    (uv_tool, "/home/ana/.local/share/uv/tools/aider-install", None, 1),
    (uvx, "/home/ana/.cache/uv/archive-v0/", None, 2),
    (pipx, "/home/ana/.local/share/pipx/venvs/aider-install", None, 1),
    (pip_venv, "/home/ana/src/shop/.venv/lib/", "/home/ana/src/shop", 1),
]


@pytest.mark.parametrize(("install", "path", "project", "most"), LAYOUTS, ids=[row[0].__name__ for row in LAYOUTS])
def test_an_installation_is_seen_once_and_whole(
    machine: Machine, install: Callable[[Machine], None], path: str, project: str | None, most: int
) -> None:
    install(machine)
    versions = {"crush": NODE_VERSION, "aider": PYTHON_VERSION, "continue": UNSCRIPTED_VERSION}
    seen = machine.seen()
    (tool,) = {one.tool for one in seen}
    assert 1 <= len(seen) <= most, [(one.surface, one.path) for one in seen]
    installed = next(one for one in seen if one.path.startswith(path))
    assert (installed.version, installed.user, installed.repository) == (versions[tool], "ana", project)
    assert installed.confidence in ("certain", "strong")
    assert installed.surface == "package"
