"""What packages say of themselves."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.identity import manifests
from clearance.observe.identity.types import REPORTING_THRESHOLD


def npm(summary: str, *requires: str, program: bool = True) -> float:
    document = {"name": "x", "description": summary, "dependencies": dict.fromkeys(requires, "1")}
    traits = manifests.npm(json.dumps(document | ({"bin": {"x": "x.js"}} if program else {})).encode())
    return traits.score if traits else 0.0


def python(summary: str, *requires: str, program: bool = True) -> float:
    lines = ["Metadata-Version: 2.1", "Name: x", f"Summary: {summary}", *(f"Requires-Dist: {one}" for one in requires)]
    text = "\n".join(lines) + "\n\nThe Description: a coding agent, requires openai\n"
    traits = manifests.python(text.encode(), b"[console_scripts]\nx = x:main\n" if program else b"")
    return traits.score if traits else 0.0


@pytest.mark.parametrize("score", [npm, python])
@pytest.mark.parametrize(
    ("summary", "requires"),
    [
        ("A minimal CLI agent", ("openai",)),
        ("An autonomous coding agent that lives in your terminal", ()),
        ("AI coding assistant on your command line", ("openai>=1",)),
        ("Local coding agent CLI.", ()),
        ("Mini X - a simple AI software engineering agent", ("litellm", "openai")),
        ("A terminal coding agent written in Python", ("openai",)),
        ("An AI command-line assistant", ("litellm",)),
        ("Your agentic CLI developer.", ()),
        ("AI Software Engineer CLI", ()),
    ],
)
def test_agents(score: object, summary: str, requires: tuple[str, ...]) -> None:
    names = tuple(one.split(">")[0] for one in requires) if score is npm else requires
    assert score(summary, *names) >= REPORTING_THRESHOLD  # type: ignore[operator]


@pytest.mark.parametrize("score", [npm, python])
@pytest.mark.parametrize(
    ("summary", "requires"),
    [
        ("Library to easily interface with LLM API providers", ("openai", "litellm")),
        ("A framework for orchestrating autonomous AI agents", ("openai",)),
        ("Sync the settings of your AI coding agent", ("openai",)),
        ("Local web viewer for AI agent sessions", ()),
        ("MCP server that gives any coding agent a memory", ()),
        ("AI coding agent security: reports risky actions", ()),
        ("A coding agent CLI hook - block destructive commands", ()),
        ("A fast bundler", ()),
        ("Resume your coding agent", ()),
        ("Telling sentences of an AI agent written or not", ()),
        ("Contributions of an AI developer and agents", ()),
        ("Audit toolkit for AI coding-agent harnesses", ("anthropic",)),
    ],
)
def test_what_is_about_agents_or_serves_them(score: object, summary: str, requires: tuple[str, ...]) -> None:
    assert score(summary, *requires) < REPORTING_THRESHOLD  # type: ignore[operator]


@pytest.mark.parametrize("score", [npm, python])
def test_a_library_is_no_agent(score: object) -> None:
    assert score("An autonomous coding agent", "openai", program=False) < REPORTING_THRESHOLD  # type: ignore[operator]


def test_optional_requirements_do_not_count() -> None:
    assert python("A tool", 'openai; extra == "ai"') == 0.0


@given(st.binary(max_size=300))
def test_any_bytes_never_fail(data: bytes) -> None:
    manifests.npm(data)
    manifests.python(data, data)


KEYS = st.sampled_from(["name", "description", "bin", "dependencies", "optionalDependencies"])
DOCUMENTS = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.dictionaries(KEYS, inner) | st.lists(inner)
)


@given(DOCUMENTS)
def test_any_document_never_fails(document: object) -> None:
    manifests.npm(json.dumps(document).encode())
