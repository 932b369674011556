from __future__ import annotations

import pytest

from clearance.observe.scan.claims import called, fits, named, package, public, vendor_sign
from tests.observe.scan.tools import CATALOG


@pytest.mark.parametrize(
    ("ecosystem", "name", "tool"),
    [
        ("npm", "@openai/codex", "codex"),
        ("npm", "@OpenAI/codex", None),
        ("pypi", "Aider_Chat", "aider"),
        ("pypi", "aider..chat", "aider"),
        ("winget", "anthropic.claudecode", "claude-code"),
        ("npm", "aider-chat", None),
        ("npm", "@anthropic-ai/claude-agent-sdk", None),
    ],
)
def test_a_package_is_named_as_its_ecosystem_compares_names(ecosystem: str, name: str, tool: str | None) -> None:
    found = package(CATALOG, ecosystem, name)
    assert (found.id if found else None) == tool


@pytest.mark.parametrize(
    ("name", "signs", "tool"),
    [
        ("Goose", ["https://block.github.io/goose"], "goose"),
        ("goose", ["https://github.com/pressly/goose", "Database migrations"], None),
        ("Cursor", ["com.todesktop.230313", "© Anysphere, Inc."], "cursor"),
        ("cursor", ["https://notcursor.com"], None),
        ("cursor", ["https://forum.cursor.com/x"], "cursor"),
        ("Zed", ["dev.zed.Zed"], "zed"),
        ("Zed", ["dev.zedious.Zed", "org.zed"], None),
        ("LM Studio", ["ai.elementlabs.lmstudio"], "lmstudio"),
        ("lm-studio", ["https://lmstudio.ai"], "lmstudio"),
        ("Ollama", ["Ollama makes models run"], None),
        ("unheard", ["Anysphere"], None),
        ("copilot", ["https://github.com/somebody/copilot"], None),
        ("copilot", ["https://github.com/github/copilot"], "copilot"),
        ("cursor", [], None),
    ],
)
def test_a_plain_name_needs_a_sign_of_the_vendor(name: str, signs: list[str], tool: str | None) -> None:
    found = named(CATALOG, name, signs)
    assert (found[0].id if found else None) == tool


def test_of_two_tools_of_one_name_the_application_is_the_application() -> None:
    signs = ["com.anthropic.claudefordesktop"]
    assert [tool.id for tool in called(CATALOG, "Claude")] == ["claude-code", "claude-desktop"]
    desktop, program = named(CATALOG, "Claude", signs, application=True), named(CATALOG, "claude", signs)
    assert desktop is not None
    assert program is not None
    assert (desktop[0].id, program[0].id) == ("claude-desktop", "claude-code")


def test_the_sign_is_said() -> None:
    assert vendor_sign(CATALOG.tools["codex"], ["nobody", "OpenAI <x@openai.com>"]) == "OpenAI <x@openai.com>"
    assert vendor_sign(CATALOG.tools["copilot"], ["GitHub, Inc."]) == "GitHub, Inc."


def test_what_is_kept_of_a_sign_holds_no_secret() -> None:
    signs = ["git+https://ana:token@forge.example/OpenAI/x?key=secret#a"]
    sign = vendor_sign(CATALOG.tools["codex"], signs)
    assert sign == "git+https://forge.example/OpenAI/x"
    assert public("OpenAI? Yes") == "OpenAI? Yes"


def test_programs_that_fit_are_the_catalogs() -> None:
    assert fits(CATALOG.tools["claude-desktop"], ["claude.exe", "other", "Claude.app"]) == ("Claude.app", "claude.exe")
