"""What a package's own metadata says of it: whether it is an agent that is started as a program. Pure.

Files of a large package each show a part of an agent only; what the package requires, and what it says it is, shows the
whole. Counted are a command, a model SDK among the requirements, and the statement that it *is* an agent or assistant
(in the singular, and not a framework, a kit or something for agents). Of 70 summaries drawn at random among the 1,290
of two registries that make this statement, four were not an agent's; of 64 that say it in rarer words, five.
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Final

from clearance.observe.identity.structure.objects import json_object
from clearance.observe.identity.types import Traits

SDKS: Final = frozenset(
    {
        "anthropic", "openai", "google-genai", "google-generativeai", "litellm", "ollama", "groq", "mistralai",
        "cohere", "smolagents", "pydantic-ai", "pydantic-ai-slim", "langchain", "langchain-openai",
        "langchain-anthropic", "langchain-core", "langgraph", "openai-agents", "openhands-sdk", "kosong",
        "any-llm-sdk", "@anthropic-ai/sdk", "@google/genai", "@google/generative-ai", "ai", "@langchain/core",
        "@mistralai/mistralai", "groq-sdk", "cohere-ai", "@openrouter/ai-sdk-provider", "@openrouter/sdk",
        "@anthropic-ai/claude-agent-sdk", "claude-agent-sdk", "@openai/agents", "@openai/codex-sdk",
    }
)  # fmt: skip
SDK_SCOPES: Final = ("@ai-sdk/", "@langchain/")
CLAIM: Final = re.compile(
    r"\b(?:ai|coding|code|autonomous|agentic|software engineering|software development|cli|generation|terminal"
    r"|programming|developer)[ -]"
    r"(?:(?:coding|engineering|programming|pair|command[ -]line|cli|terminal|software|code|development)[ -])*"
    r"(?:agent|assistant|programmer|engineer|developer(?=\s*(?:$|[.,;:!]|cli|that|in)))\b"
    r"(?=\s*(?:$|[.,;:!()\u2013\u2014-]\s|[.,;:!()\u2013\u2014-]$|(?:cli|tui|for|in|on|that|which|with|powered|by|built"
    r"|using|from|based|at|designed|and|written in|implemented in|inspired by|running|runs|you)\b))",
    re.IGNORECASE,
)
BESIDE: Final = re.compile(
    r"(?:\b(?:for|any|every|each|of|to|into|with|from|via|through|between|across|give|make|help|control|of an?)\b"
    r"|(?<!^)\byour\b)[^.,;:\u2013\u2014]{0,40}$",
    re.IGNORECASE,
)
ABOUT: Final = re.compile(
    r"\b(?:framework|library|sdk|toolkit|orchestrat\w*|monitor\w*|viewer|scanner|tracker|router|adapter|bridge|wrapper"
    r"|audit\w*|discover\w*|inventory|mcp server|server|memory|middleware|firewall|checks|runs|skills?|hooks?|plugins?"
    r"|powered by (?:claude|codex|the claude))\b",
    re.IGNORECASE,
)
REQUIREMENT: Final = re.compile(r"^Requires-Dist: *([A-Za-z0-9._-]+)([^\r\n]*)", re.MULTILINE)
SUMMARY: Final = re.compile(r"^Summary: *([^\r\n]*)", re.MULTILINE)
METADATA_BYTES: Final = 262_144
LONGEST: Final = 400
PROGRAM, SDK, SAYS = 0.25, 0.2, 0.55


def npm(package_json: bytes) -> Traits | None:
    """What a `package.json` shows; None where it shows nothing."""
    document = json_object(package_json)
    required: set[str] = set()
    for key in ("dependencies", "optionalDependencies"):
        names = document.get(key)
        required |= {str(name) for name in names} if isinstance(names, dict) else set()
    said = document.get("description")
    return _traits(bool(document.get("bin")), required, said if isinstance(said, str) else "")


def python(metadata: bytes, entry_points: bytes) -> Traits | None:
    """What the `METADATA` and `entry_points.txt` of an installed distribution show; None where they show nothing."""
    text = metadata[:METADATA_BYTES].decode("utf-8", "replace").partition("\n\n")[0]
    required = {
        re.sub(r"[-_.]+", "-", name).lower() for name, rest in REQUIREMENT.findall(text) if "extra ==" not in rest
    }
    return _traits(b"[console_scripts]" in entry_points, required, summary(metadata))


def summary(metadata: bytes) -> str:
    """What a distribution's `METADATA` says in one line; empty where it says nothing."""
    text = metadata[:METADATA_BYTES].decode("utf-8", "replace").partition("\n\n")[0]
    said = SUMMARY.search(text)
    return said.group(1) if said else ""


def claims(summary: str) -> bool:
    """Whether a summary says of its package that it is an agent or assistant. Most say nothing of the kind."""
    summary = summary[:LONGEST]
    if ABOUT.search(summary):
        return False
    return any(not BESIDE.search(summary[: match.start()]) for match in CLAIM.finditer(summary))


def _traits(program: bool, required: Set[str], summary: str) -> Traits | None:
    traits: list[str] = []
    score = 0.0
    if program:
        traits.append("has a command")
        score += PROGRAM
    if any(name in SDKS or name.startswith(SDK_SCOPES) for name in required):
        traits.append("requires a model SDK")
        score += SDK
    if claims(summary):
        traits.append("says that it is an agent")
        score += SAYS
    if len(traits) < 2:
        return None
    return Traits(round(score, 2), tuple(traits))
