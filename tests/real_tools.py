"""Real tools for tests: each is installed once, with lifecycle scripts off, into a cached prefix that tests share.

Guarantees: no program of a vendor is run; a prefix is either complete or absent, also when several test processes
ask for it at once or one of them dies; the same name and version are installed once and then only read. The cache
lies in `$CLEARANCE_TEST_CACHE`, else in `~/.cache/clearance-tests`.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import brotli

SECONDS_TO_INSTALL = 1800


class Unavailable(Exception):
    """The tool could not be installed here: no package manager, no registry, or not this version."""


@dataclass(frozen=True)
class RealTool:
    """A tool as a registry serves it.

    `tool` is its catalog id. `programs` are the files that run, relative to the prefix: the native program or bundle
    itself, not the launcher that looks for it. A prefix is laid out as `npm install --global --prefix` or
    `pip install --prefix` leave it; the dependencies of Python packages stay out, and so do an npm package's where
    `alone` says that the registry does not serve all of them. `packed` is a Brotli file and where the tool itself
    would unpack it on its first start.
    """

    name: str
    tool: str
    ecosystem: Literal["npm", "pypi"]
    package: str
    version: str
    programs: tuple[str, ...]
    alone: bool = False
    packed: tuple[str, str] | None = None

    @property
    def spec(self) -> str:
        """The package and version as the catalog names a source."""
        return f"{self.ecosystem}:{self.package}@{self.version}"


def _npm(
    name: str, tool: str, spec: str, *programs: str, alone: bool = False, packed: tuple[str, str] | None = None
) -> RealTool:
    package, _, version = spec.rpartition("@")
    inside = f"lib/node_modules/{package}/"
    if packed:
        return RealTool(name, tool, "npm", package, version, (packed[1],), alone, (inside + packed[0], packed[1]))
    return RealTool(name, tool, "npm", package, version, tuple(inside + program for program in programs), alone)


def _pypi(name: str, tool: str, spec: str, *programs: str) -> RealTool:
    package, _, version = spec.rpartition("@")
    return RealTool(name, tool, "pypi", package, version, tuple("bin/" + program for program in programs))


REAL_TOOLS: tuple[RealTool, ...] = (
    _npm(
        "claude-code", "claude-code", "@anthropic-ai/claude-code@2.1.329",
        "node_modules/@anthropic-ai/claude-code-linux-x64/claude",
    ),
    _npm(
        "codex", "codex", "@openai/codex@0.169.0",
        "node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
    ),
    _npm("gemini-cli", "gemini-cli", "@google/gemini-cli@0.61.0", "bundle/gemini.js"),
    _npm("qwen-code", "qwen-code", "@qwen-code/qwen-code@0.24.4", "cli-entry.js", "cli.js"),
    _npm("qoder-cli", "qoder", "@qoder-ai/qodercli@1.1.52", "bundle/qodercli.js"),
    _npm("copilot-cli", "copilot", "@github/copilot@1.0.102", "node_modules/@github/copilot-linux-x64/copilot"),
    _npm("opencode", "opencode", "opencode-ai@1.18.33", "node_modules/opencode-linux-x64/bin/opencode"),
    _npm("cline", "cline", "cline@3.0.65", "node_modules/@cline/cli-linux-x64/bin/cline"),
    _npm("amp", "amp", "@ampcode/cli@0.0.1790142911-g7618fb", "node_modules/@ampcode/cli-linux-x64/amp"),
    _npm("droid", "factory-droid", "droid@0.215.0", "node_modules/@factory/cli-linux-x64/bin/droid"),
    _npm("droid-native", "factory-droid", "@factory/cli-linux-x64@0.225.2", "bin/droid"),
    _npm("crush", "crush", "@charmland/crush@0.96.1", "run-crush.js"),
    _npm("auggie", "augment", "@augmentcode/auggie@0.36.0", "augment.mjs"),
    _npm("kilo", "kilo-code", "@kilocode/cli@7.7.7", "node_modules/@kilocode/cli-linux-x64/bin/kilo"),
    _npm(
        "grok", "grok-build", "@xai-official/grok@1.0.41",
        packed=("node_modules/@xai-official/grok-linux-x64/bin/grok.br", "home/.grok/bin/grok"),
    ),
    _npm("pi", "pi", "@earendil-works/pi-coding-agent@1.5.2", "dist/bundle/cli.js", alone=True),
    _npm("pi-former", "pi", "@mariozechner/pi-coding-agent@0.73.1", "dist/cli.js"),
    _npm("letta-code", "letta-code", "@letta-ai/letta-code@0.32.18", "letta.js", alone=True),
    _npm("command-code", "command-code", "command-code@1.64.0", "dist/index.mjs"),
    _npm("kimi-code", "kimi-code", "@moonshot-ai/kimi-code@2.1.0", "dist/main.mjs"),
    _npm("junie", "junie", "@jetbrains/junie@3110.7.0", "bin/index.js"),
    _npm("continue-cli", "continue", "@continuedev/cli@1.5.47", "dist/cn.js", "dist/index.js"),
    _npm("openclaw", "openclaw", "openclaw@2026.9.6", "openclaw.mjs"),
    _npm("qoder-cn", "qoder-cn", "@qodercn-ai/qoderclicn@1.1.52", "bundle/qoderclicn.js"),
    _npm("copilot-language-server", "copilot", "@github/copilot-language-server@1.539.0", "dist/language-server.js"),
    _pypi("aider", "aider", "aider-chat@0.86.2", "aider"),
    _pypi("mini-swe-agent", "mini-swe-agent", "mini-swe-agent@2.4.6", "mini"),
    _pypi("openhands", "openhands", "openhands@1.16.0", "openhands"),
    _pypi("mistral-vibe", "mistral-vibe", "mistral-vibe@2.25.5", "vibe"),
    _pypi("kimi-cli", "kimi-code", "kimi-cli@1.52.0", "kimi"),
    _pypi("gptme", "gptme", "gptme@0.35.1", "gptme"),
    _pypi("open-interpreter", "open-interpreter", "open-interpreter@0.4.3", "interpreter"),
    _npm("codebuff", "codebuff", "codebuff@1.0.685", "index.js"),
    _npm("oh-my-pi", "oh-my-pi", "@oh-my-pi/pi-coding-agent@18.3.4", "dist/cli.js", alone=True),
    _npm("claude-code-router", "claude-code-router", "@musistudio/claude-code-router@2.0.0", "dist/cli.js"),
    _pypi("hermes-agent", "hermes-agent", "hermes-agent@0.19.0", "hermes"),
    _npm("deepseek-harness", "deepseek-harness", "@deepseek-ai/dsh@0.1.5-rc.2", "lib/bin.js", alone=True),
    _npm("nanocoder", "nanocoder", "@nanocollective/nanocoder@1.30.0", "dist/cli.js"),
    _npm("jules", "jules", "@google/jules@0.1.42", "run.cjs"),
    _npm("copilot-api", "copilot-api", "copilot-api@0.7.0", "dist/main.js"),
    _pypi("deepagents-code", "deepagents-code", "deepagents-code@0.2.2", "dcode"),
    _pypi("ra-aid", "ra-aid", "ra-aid@0.30.2", "ra-aid"),
    _pypi("gpt-engineer", "gpt-engineer", "gpt-engineer@0.1.0", "gpt-engineer"),
    _pypi("cecli", "cecli", "cecli-dev@1.10.0", "cecli"),
    _pypi("shell-gpt", "shell-gpt", "shell-gpt@1.5.1", "sgpt"),
)  # fmt: skip
"""What the registries serve for Linux on x86-64. Where a tool has several programs, the first is the main one."""

BY_NAME = {real.name: real for real in REAL_TOOLS}


def cache() -> Path:
    """The folder that keeps downloads between runs."""
    return Path(os.environ.get("CLEARANCE_TEST_CACHE") or "~/.cache/clearance-tests").expanduser()


def fetch(name: str) -> Path:
    """The prefix that the tool of this name is installed in. Raises Unavailable where it cannot be installed."""
    real = BY_NAME[name]
    folder = cache() / "real-tools"
    folder.mkdir(parents=True, exist_ok=True)
    prefix = folder / f"{real.name}-{real.version}"
    if prefix.is_dir():
        return prefix
    with (folder / f".{prefix.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if prefix.is_dir():
            return prefix
        with tempfile.TemporaryDirectory(prefix=f".{real.name}-", dir=folder, ignore_cleanup_errors=True) as room:
            unfinished = Path(room) / "prefix"
            unfinished.mkdir()
            _install(real, unfinished)
            missing = [program for program in real.programs if not (unfinished / program).is_file()]
            if missing:
                raise Unavailable(f"{real.spec} came without {', '.join(missing)}")
            unfinished.rename(prefix)
    return prefix


def programs(name: str) -> tuple[Path, ...]:
    """The files of the tool that run, in its prefix."""
    prefix = fetch(name)
    return tuple(prefix / program for program in BY_NAME[name].programs)


def _install(real: RealTool, prefix: Path) -> None:
    if real.ecosystem == "pypi":
        fetching(
            real.spec, sys.executable, "-m", "pip", "install", "--quiet", "--prefix", str(prefix), "--no-deps",
            "--no-compile", "--only-binary=:all:", "--ignore-requires-python", "--ignore-installed",
            "--no-warn-script-location", "--disable-pip-version-check", f"{real.package}=={real.version}",
        )  # fmt: skip
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    quietly = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    spec = f"{real.package}@{real.version}"
    if real.alone:
        fetching(real.spec, npm, "pack", *quietly, "--pack-destination", str(prefix), spec)
        _lay_out(real, prefix)
    else:
        fetching(real.spec, npm, "install", "--global", "--prefix", str(prefix), *quietly, spec)
    if real.packed:
        _unpack(prefix / real.packed[0], prefix / real.packed[1])


def fetching(what: str, *command: str) -> None:
    """Run a command that fetches something. Raises Unavailable, with what it said, where it fails or does not end."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS_TO_INSTALL,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{what}: no end after {SECONDS_TO_INSTALL} s") from error
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if not line.startswith("WARNING:")]
        raise Unavailable(f"{what}: {' '.join(said).strip()[-500:]}")


def _lay_out(real: RealTool, prefix: Path) -> None:
    """Puts the one tarball in `prefix` where a global install has the package, with its commands linked."""
    (tarball,) = prefix.glob("*.tgz")
    package = prefix / "lib" / "node_modules" / real.package
    package.parent.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=prefix) as room, tarfile.open(tarball) as archive:
        archive.extractall(room, filter="data")
        next(Path(room).iterdir()).rename(package)
    tarball.unlink()
    bins = json.loads((package / "package.json").read_bytes()).get("bin") or {}
    if isinstance(bins, str):
        bins = {real.package.rpartition("/")[2]: bins}
    (prefix / "bin").mkdir()
    for command, program in bins.items():
        target = package / program
        target.chmod(0o755)
        (prefix / "bin" / command).symlink_to(os.path.relpath(target, prefix / "bin"))


def _unpack(packed: Path, program: Path) -> None:
    program.parent.mkdir(parents=True)
    decoder = brotli.Decompressor()
    with packed.open("rb") as source, program.open("wb") as target:
        while piece := source.read(1 << 20):
            target.write(decoder.process(piece))
    program.chmod(0o755)
