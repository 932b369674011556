"""The shipped catalog: how much there is, that it is sourced, and that it holds what its readers rely on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from clearance.catalog import load_catalog, tool_facts
from clearance.catalog.compiled import FOLDER
from clearance.model.terms import RISKS, UNKNOWN
from clearance.model.tool import Fact, Tool

CATALOG = load_catalog()
TOOLS = pytest.mark.parametrize("tool", CATALOG.tools.values(), ids=list(CATALOG.tools))
PRESS = ("claude-code", "qoder", "qwen-code", "copilot", "cursor")
SERVERS = {"ollama": 11434, "lmstudio": 1234, "llama-cpp": 8080, "vllm": 8000}

OBSERVERS = (
    "pypi:harnesswatch@", "pypi:ranwhat@", "third-party", "agentsview ", "AgentDFIR ", "github:step-security/",
    "commits in public", "public issue", "lists of installed", "state and storage", "https://github.com/Homebrew/",
    "https://github.com/microsoft/winget-pkgs/",
)  # fmt: skip
"""Sources that are nobody's of the catalog: scanners and readers of the tools, package indexes, public code."""


def facts(tool: Tool) -> Iterator[tuple[str, Fact[Any]]]:
    for holder in (tool, tool.data, tool.surfaces):
        for name, value in structs.asdict(holder).items():
            if isinstance(value, Fact):
                yield name, value


def test_every_file_is_a_tool_and_there_are_enough() -> None:
    files = {path.stem for path in Path(FOLDER, "tools").glob("*.yaml")}
    assert files == set(CATALOG.tools)
    assert len(files) >= 48
    assert set(PRESS) <= files


def test_model_servers_have_their_port() -> None:
    for name, port in SERVERS.items():
        tool = CATALOG.tools[name]
        assert "model-server" in tool.kind.value
        assert tool in CATALOG.by_port[port]


@TOOLS
def test_every_fact_has_a_source_and_the_day_it_was_checked(tool: Tool) -> None:
    for name, fact in facts(tool):
        assert fact.source or fact.value in (UNKNOWN, (UNKNOWN,), ()), name
        assert dt.date(2026, 1, 1) <= fact.checked <= dt.datetime.now(dt.UTC).date(), name
        assert all(source.strip() == source and source for source in fact.source), name


@TOOLS
def test_what_only_others_say_is_marked_so(tool: Tool) -> None:
    for name, fact in facts(tool):
        if fact.third_party and all(source.startswith(OBSERVERS) for source in fact.source):
            assert fact.indirect, name


@TOOLS
def test_a_tool_shows_on_a_host_and_has_facts_to_judge(tool: Tool) -> None:
    surfaces = tool.surfaces
    assert surfaces.binaries or surfaces.packages or surfaces.extensions or surfaces.config
    facts = tool_facts(tool)
    assert facts.risk in RISKS
    assert facts.vendor
    assert facts.kind


def test_what_belongs_to_nobody_is_shared() -> None:
    assert CATALOG.shared is not None
    assert "./AGENTS.md" in CATALOG.shared.instructions.value
    assert CATALOG.hosts["bedrock-runtime.*.amazonaws.com"] == "cloud-provider"
    assert CATALOG.hosts["openrouter.ai"] == "relay"
