"""What developers have on their machines that is no tool of the catalog, installed as package managers do.

Libraries that talk to models, what everybody uses, and published programs that read, count or look for the tools: each
group in a prefix of its own, with dependencies and without lifecycle scripts, once, in the cache of `real_tools`.
Nothing of it is run.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.real_tools import Unavailable, cache, fetching


@dataclass(frozen=True)
class Group:
    """Packages that are installed together. `place` is where a developer's machine has them.

    Of programs for newer Pythons only the package itself is installed (`pip-alone`): they are read, not run. `wheels`
    are downloaded and stay packed.
    """

    name: str
    manager: Literal["npm", "npm-global", "pip", "pip-alone", "wheels"]
    place: str
    packages: tuple[str, ...]


GROUPS = (
    Group(
        "project", "npm", "/home/ana/src/app",
        (
            "typescript@7.0.2", "eslint@10.15.0", "prettier@3.10.1", "webpack@5.112.2", "vite@8.3.8", "react@19.3.1",
            "react-dom@19.3.1", "express@5.3.0", "axios@1.21.1", "lodash@4.18.1", "vitest@5.1.0", "jest@30.5.2",
            "zod@4.6.7", "openai@6.49.0", "@anthropic-ai/sdk@1.12.0", "@google/genai@2.32.0", "langchain@1.5.14",
            "@langchain/core@1.4.0", "ai@6.0.326", "@ai-sdk/openai@4.0.118", "@ai-sdk/anthropic@4.0.105",
            "@modelcontextprotocol/sdk@1.32.2", "ollama@0.6.4", "playwright-core@1.58.0",
        ),
    ),
    Group(
        "npm-programs", "npm-global", "/home/ana/.npm-global",
        (
            "ccusage@20.0.26", "@tokscale/cli@1.4.3", "ccstatusline@2.2.30", "repomix@1.18.1", "secretlint@13.0.6",
            "nodemon@3.1.14", "npm-check-updates@23.1.1", "http-server@14.1.1", "skills@1.5.18",
        ),
    ),
    Group(
        "libraries", "pip", "/home/ana/src/app/.venv",
        (
            "requests@2.34.2", "numpy@2.4.6", "flask@3.1.3", "django@5.2.19", "fastapi@0.165.0", "pytest@9.2.0",
            "black@26.10.1", "mypy@2.4.1", "httpx@0.28.1", "langchain@1.4.7", "langchain-openai@1.7.3",
            "litellm@1.106.2", "openai@2.54.0", "anthropic@2.12.0", "openai-agents@0.20.0", "tiktoken@0.14.0",
            "ipython@9.18.1",
        ),
    ),
    Group(
        "pip-programs", "pip-alone", "/home/ana/.local/share/pipx/venvs/readers",
        (
            "detect-secrets@1.5.0", "agentsview@0.46.1", "ranwhat@0.7.0", "harnesswatch@0.1.0", "ai-bom@3.6.0",
            "agentmesh-discovery@5.0.0", "claude-code-log@1.7.0", "claude-monitor@4.0.0", "trufflehog3@3.0.10",
            "lm-eval@0.4.13",
        ),
    ),
    Group(
        "wheels", "wheels", "/home/ana/src/app/wheels",
        ("dspy@3.4.1", "instructor@1.17.0", "pydantic-ai-slim@2.68.0", "openai@2.54.0"),
    ),
)  # fmt: skip


def fetch(group: Group) -> Path:
    """The prefix that a group is installed in. Unavailable where it cannot be installed."""
    folder = cache() / "developer-packages"
    folder.mkdir(parents=True, exist_ok=True)
    prefix = folder / group.name
    wanted = json.dumps([group.manager, *group.packages])
    with (folder / f".{group.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Whether the prefix is this very group's is told beside it, so that nothing strange lies in it.
        note = folder / f"{group.name}.json"
        if prefix.is_dir() and note.is_file() and note.read_text() == wanted:
            return prefix
        with tempfile.TemporaryDirectory(prefix=f".{group.name}-", dir=folder, ignore_cleanup_errors=True) as room:
            unfinished = Path(room) / "prefix"
            unfinished.mkdir()
            _install(group, unfinished)
            shutil.rmtree(prefix, ignore_errors=True)
            unfinished.rename(prefix)
        note.write_text(wanted)
    return prefix


def _install(group: Group, prefix: Path) -> None:
    if group.manager == "wheels":
        fetching(
            group.name, sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(prefix), "--no-deps",
            "--only-binary=:all:", "--ignore-requires-python", "--disable-pip-version-check",
            *(package.replace("@", "==") for package in group.packages),
        )  # fmt: skip
        return
    if group.manager.startswith("pip"):
        alone = ("--no-deps", "--ignore-requires-python") if group.manager == "pip-alone" else ()
        python = f"python{sys.version_info.major}.{sys.version_info.minor}"
        fetching(
            group.name, sys.executable, "-m", "pip", "install", "--quiet", "--target",
            str(prefix / "lib" / python / "site-packages"), "--no-compile", "--only-binary=:all:",
            "--no-warn-script-location", "--disable-pip-version-check", *alone,
            *(package.replace("@", "==") for package in group.packages),
        )  # fmt: skip
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    quietly = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    scope = ("--global",) if group.manager == "npm-global" else ()
    if not scope:
        (prefix / "package.json").write_text('{"name": "app", "version": "1.0.0", "private": true}')
    fetching(group.name, npm, "install", *scope, "--prefix", str(prefix), *quietly, *group.packages)
