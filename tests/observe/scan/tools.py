"""A small catalog of tools for the tests of the package probes: the surfaces that real ones have."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from clearance.catalog.index import Catalog
from clearance.model.tool import Tool, Vendor
from tests.builders import fact, tool


def named(tool_id: str, name: str, vendor: str, **surfaces: Any) -> Tool:
    return replace(tool(tool_id, **surfaces), name=name, vendor=fact(Vendor(vendor, "US")))


CATALOG = Catalog(
    (
        named(
            "claude-code", "Claude Code", "Anthropic",
            binaries=("claude",),
            packages=("npm:@anthropic-ai/claude-code", "cask:claude-code", "winget:Anthropic.ClaudeCode"),
            libraries=("npm:@anthropic-ai/claude-agent-sdk",),
            extensions=("vscode:anthropic.claude-code", "jetbrains:com.anthropic.code.plugin"),
            hosts=("api.anthropic.com",),
        ),
        named(
            "claude-desktop", "Claude Desktop", "Anthropic",
            binaries=("Claude.app", "Claude.exe", "claude-desktop"),
            packages=("cask:claude", "deb:claude-desktop"),
            extensions=("chrome:fcoeoabgfenejglbffodgkkbkcdhcgfn",),
            hosts=("claude.ai", "api.anthropic.com"),
        ),
        named(
            "codex", "Codex", "OpenAI",
            binaries=("codex",),
            packages=("npm:@openai/codex", "cask:codex"),
            extensions=("vscode:openai.chatgpt",),
            hosts=("chatgpt.com", "api.openai.com"),
        ),
        named(
            "copilot", "GitHub Copilot", "GitHub (Microsoft)",
            binaries=("copilot", "copilot-language-server"),
            packages=("npm:@github/copilot", "npm:@github/copilot-language-server"),
            extensions=(
                "vscode:github.copilot", "vscode:github.copilot-chat", "jetbrains:com.github.copilot",
                "vim:github/copilot.vim", "vim:zbirenbaum/copilot.lua", "emacs:copilot",
            ),
            hosts=("api.githubcopilot.com",),
        ),
        named(
            "cursor", "Cursor", "Anysphere",
            binaries=("cursor", "cursor-agent", "agent"),
            packages=("winget:Anysphere.Cursor", "deb:cursor", "rpm:cursor", "cask:cursor"),
            hosts=("api2.cursor.sh", "www.cursor.com"),
        ),
        named("crush", "Crush", "Charm", binaries=("crush",),
              packages=("npm:@charmland/crush", "brew:charmbracelet/tap/crush")),
        named("continue", "Continue", "Continue", binaries=("cn",), packages=("npm:@continuedev/cli",),
              extensions=("vscode:continue.continue",)),
        named("cline", "Cline", "Cline Bot", binaries=("cline",), packages=("npm:cline",),
              extensions=("vscode:saoudrizwan.claude-dev",)),
        named("aider", "Aider", "Aider AI", binaries=("aider",), packages=("pypi:aider-chat", "pypi:aider-install")),
        named("mini-swe-agent", "mini-SWE-agent", "SWE-agent", binaries=("mini", "mini-swe-agent"),
              packages=("pypi:mini-swe-agent",)),
        named("goose", "Goose", "Block", binaries=("goose",), packages=("brew:block-goose-cli", "cargo:goose-cli")),
        named("ollama", "Ollama", "Ollama", binaries=("ollama", "Ollama.app"),
              packages=("brew:ollama", "snap:ollama"),
              hosts=("ollama.com",), extensions=("firefox:side@ollama.example",)),
        named("zed", "Zed", "Zed Industries", binaries=("zed", "zeditor", "Zed.app"),
              packages=("flatpak:dev.zed.Zed",),
              hosts=("cloud.zed.dev",), extensions=("zed:agent-panel",)),
        named("lmstudio", "LM Studio", "Element Labs", binaries=("lms", "lm-studio"), hosts=("lmstudio.ai",)),
        named("windsurf", "Windsurf", "Cognition", binaries=("windsurf",),
              hosts=("server.codeium.com", "windsurf.com")),
    )
)  # fmt: skip
