"""A scan such as a company's shared development host gives: eight tools of three people, and what could not be seen."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from clearance.model.decision import Decision, PolicyRef, Replacement, ToolFacts, Upcoming
from clearance.model.sighting import (
    Changes,
    Coverage,
    Deviation,
    Endpoint,
    Evidence,
    Host,
    ScanResult,
    Sighting,
    Skipped,
    Summary,
    Suppressed,
    SwitchState,
    Unknown,
)
from clearance.observe.probe import sighting_id
from clearance.prove.formats.rendering import RenderOptions

CONTACT = "https://intranet.example.com/ai-tools"
GATEWAY = "llm.corp.example.com"
AT = "2026-11-21T09:30:00Z"

POLICY = PolicyRef(
    generation=3,
    sha256="8f2c41d0a5b7c9e1f3a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4",
    directives=("D-2026-07",),
    title="Approved AI coding tools",
)

HOMES = (("ana", "/home/ana"), ("bo", "/home/bo"), ("kai", "/home/kai"))
OPTIONS = RenderOptions(home_prefixes=HOMES)
QWEN = Replacement("qwen-code", "Qwen Code", "qwen")


def facts(tool: str, name: str, vendor: str, country: str, **fields: Any) -> ToolFacts:
    defaults: dict[str, Any] = {
        "kind": ("coding-agent",),
        "deployment": "cloud",
        "residency": ("us",),
        "retention": 30,
        "training": "opt-out",
        "risk": "medium",
    }
    return ToolFacts(tool, name, vendor, country, **(defaults | fields))


TOOLS = (
    facts("claude-code", "Claude Code", "Anthropic", "US", risk="high", command="claude", hosts=("api.anthropic.com",)),
    facts("cursor", "Cursor", "Anysphere", "US", command="cursor", hosts=("api2.cursor.sh",)),
    facts("github-copilot", "GitHub Copilot", "GitHub", "US", kind=("coding-agent", "code-completion")),
    facts("qwen-code", "Qwen Code", "Alibaba Cloud", "CN", deployment="hybrid", risk="low", command="qwen"),
    facts("codex", "Codex CLI", "OpenAI", "US", command="codex", hosts=("api.openai.com",)),
    facts("aider", "Aider", "Aider AI", "unknown", deployment="local", residency=("in-house",), risk="low"),
    facts("ollama", "Ollama", "Ollama", "US", kind=("model-server",), deployment="local", residency=("in-house",),
          training="never", risk="low"),
    facts("windsurf", "Windsurf", "Cognition", "US", risk="high", training="by-plan", retention="unknown"),
)  # fmt: skip


def decision(tool: str | None, effect: Any, **fields: Any) -> Decision:
    defaults: dict[str, Any] = {
        "enforce": {"block": "block", "warn": "warn"}.get(effect, "observe"),
        "rule": None,
        "waiver": None,
        "reason": "",
        "replacement": None,
        "message": "",
        "risk": None,
        "at": AT,
        "upcoming": None,
        "undetermined": (),
        "policy": POLICY,
        "contact": CONTACT,
    }
    return Decision(tool=tool, effect=effect, **(defaults | fields))


def blocked(tool: str, name: str, **fields: Any) -> Decision:
    given: dict[str, Any] = {
        "rule": "no-residency",
        "reason": "no in-house residency",
        "since": "2026-07-10",
        "replacement": QWEN,
        "risk": "high",
        "message": f"{name} is not cleared here. Use Qwen Code: qwen",
    }
    return decision(tool, "block", **(given | fields))


CLAUDE = blocked("claude-code", "Claude Code")
WINDSURF = blocked("windsurf", "Windsurf", enforce="observe")
CURSOR = decision(
    "cursor", "warn", rule="editors", reason="approved in review, not yet cleared", risk="medium", replacement=QWEN,
    upcoming=Upcoming("editors-barred", "block", "2027-01-01"),
)  # fmt: skip
COPILOT = decision(
    "github-copilot", "allow-with-settings", rule="copilot", reason="cleared without telemetry", risk="medium",
    settings={"telemetry.telemetryLevel": "off", "github.copilot.enable": True},
)  # fmt: skip
ALLOWED = decision("qwen-code", "allow", rule="in-house", reason="stays in house", endpoint_class="cleared-gateway")
WAIVED = decision("claude-code", "allow", waiver="W-1", reason="Red-team study")


def seen(tool: str, surface: Any, path: str, given: Decision | None, **fields: Any) -> Sighting:
    names = {known.id: known.name for known in TOOLS}
    values: dict[str, Any] = {"name": names.get(tool, tool), "confidence": "certain", "decision": given} | fields
    identity = sighting_id(tool, surface, path, fields.get("user"), str(fields.get("name", "")))
    return Sighting(id=identity, tool=tool, surface=surface, path=path, **values)


def switch(name: str, state: Any, value: str, stops: Any, where: str = "") -> SwitchState:
    return SwitchState(name, state, value, where, stops)


CLAUDE_SWITCHES = (
    switch("DISABLE_TELEMETRY", "default", "on", "telemetry"),
    switch("DISABLE_ERROR_REPORTING", "off", "1", "error-reports", "/home/ana/.bashrc:88 DISABLE_ERROR_REPORTING"),
    switch("consumer training", "default", "on", "training"),
)
CURSOR_SWITCHES = (
    switch("privacy mode", "on", "false", "training", "/home/ana/.config/Cursor/User/settings.json privacyMode"),
    switch("codebase index", "default", "on", "indexing"),
    switch("telemetry", "default", "unknown", "telemetry"),
)


LEVEL = "telemetry.telemetryLevel"
SETTINGS = "/home/ana/.config/Code/User/settings.json telemetry.telemetryLevel"
LEVEL_ON = Deviation(
    LEVEL, "off", switch(LEVEL, "on", "all", "telemetry", SETTINGS), "ana", f"set {LEVEL} to off there"
)
LEVEL_UNSET = Deviation(
    LEVEL, "off", switch(LEVEL, "default", "on", "telemetry"), "kai",
    f"set {LEVEL} to off in ~/.config/Code/User/settings.json",
)  # fmt: skip


def _sightings() -> tuple[Sighting, ...]:
    ev = Evidence
    relay = Endpoint("relay.example.net", "relay")
    gateway = Endpoint(GATEWAY, "cleared-gateway")
    return (
        seen("claude-code", "binary", "/home/ana/.local/bin/claude", CLAUDE, user="ana", version="2.1.329",
             running=True, pid=4121, switches=CLAUDE_SWITCHES,
             evidence=(ev("bun-entry", "/$bunfs/root/cli.js"), ev("version", "2.1.329"))),
        seen("claude-code", "credential", "/home/ana/.claude/.credentials.json", CLAUDE, user="ana",
             confidence="strong", evidence=(ev("credential", "OAuth, mode 0600"),)),
        seen("claude-code", "base-url", "/home/ana/src/shop/.env", CLAUDE, user="ana", confidence="strong",
             repository="/home/ana/src/shop", endpoint=relay,
             evidence=(ev("variable", "ANTHROPIC_BASE_URL = https://relay.example.net"), ev("line", "3"))),
        seen("claude-code", "session-store", "/home/ana/.claude/projects", CLAUDE, user="ana", confidence="strong",
             evidence=(ev("store", "214 files, 81230221 bytes, 2026-03-03 to 2026-11-20"),)),
        seen("claude-code", "config", "/home/ana/.claude/settings.json", CLAUDE, user="ana", confidence="strong",
             switches=CLAUDE_SWITCHES),
        seen("claude-code", "mcp-server", "/home/ana/src/shop/.mcp.json", CLAUDE, user="ana", confidence="strong",
             name="payments-db", repository="/home/ana/src/shop",
             evidence=(ev("mcp-server", "mcpServers.payments-db"), ev("launches", "npx -y @example/payments-mcp"))),
        seen("claude-code", "mcp-server", "/home/ana/src/shop/.mcp.json", CLAUDE, user="ana", confidence="strong",
             name="docs", repository="/home/ana/src/shop", endpoint=Endpoint("docs.example.com"),
             evidence=(ev("mcp-server", "mcpServers.docs"), ev("connects", "https://docs.example.com/mcp"))),
        seen("claude-code", "instructions", "/home/ana/src/shop/CLAUDE.md", CLAUDE, user="ana", confidence="weak"),
        seen("claude-code", "instructions", "/home/ana/src/web/CLAUDE.md", CLAUDE, user="ana", confidence="weak"),
        seen("claude-code", "instructions", "/home/ana/src/infra/CLAUDE.md", CLAUDE, user="ana", confidence="weak"),
        seen("claude-code", "package", "/home/kai/.npm-global/lib/node_modules/@anthropic-ai/claude-code", WAIVED,
             user="kai", version="2.1.196", evidence=(ev("package.json", "@anthropic-ai/claude-code 2.1.196"),)),
        seen("claude-code", "credential", "/home/kai/.bashrc", WAIVED, user="kai", confidence="strong",
             evidence=(ev("variable", "ANTHROPIC_API_KEY is set"), ev("line", "112"))),
        seen("cursor", "binary", "/opt/cursor/cursor", CURSOR, version="2.4.1",
             evidence=(ev("product.json", "Cursor 2.4.1"),)),
        seen("cursor", "config", "/home/ana/.config/Cursor/User/settings.json", CURSOR, user="ana",
             confidence="strong", switches=CURSOR_SWITCHES),
        seen("cursor", "session-store", "/home/ana/.cursor/chats", CURSOR, user="ana", confidence="strong",
             evidence=(ev("store", "41 files, 9120332 bytes, 2026-08-01 to 2026-11-19"),)),
        seen("windsurf", "editor-extension", "/home/kai/.vscode/extensions/codeium.codeium-1.48.2", WINDSURF,
             user="kai", version="1.48.2", evidence=(ev("package.json", "Codeium.codeium 1.48.2"),)),
        seen("windsurf", "config", "/home/kai/.codeium/config.json", WINDSURF, user="kai", confidence="strong"),
        seen("github-copilot", "editor-extension", "/home/kai/.vscode/extensions/github.copilot-1.388.0", COPILOT,
             user="kai", version="1.388.0", evidence=(ev("package.json", "GitHub.copilot 1.388.0"),),
             deviations=(LEVEL_UNSET,)),
        seen("github-copilot", "editor-extension", "/home/ana/.vscode-server/extensions/github.copilot-1.388.0",
             COPILOT, user="ana", version="1.388.0", deviations=(LEVEL_ON,)),
        seen("github-copilot", "credential", "/home/kai/.config/github-copilot/apps.json", COPILOT, user="kai",
             confidence="strong", evidence=(ev("credential", "OAuth, mode 0644"),
                                            ev("exposed", "other users of this machine may read it"))),
        seen("codex", "package", "/usr/local/lib/node_modules/@openai/codex", decision(
             "codex", "warn", reason="no rule names it", risk="medium", undetermined=("codex-old",)),
             evidence=(ev("package.json", "@openai/codex"),)),
        seen("codex", "instructions", "/srv/docs/AGENTS.md", decision(
             "codex", "warn", reason="no rule names it", risk="medium"), confidence="weak",
             suppressed=Suppressed("a style guide, read by people", "security@example.com", "2027-03-31")),
        seen("qwen-code", "package", "/home/ana/.npm-global/lib/node_modules/@qwen-code/qwen-code", ALLOWED, user="ana",
             version="0.24.4", endpoint=gateway, evidence=(ev("package.json", "@qwen-code/qwen-code 0.24.4"),)),
        seen("qwen-code", "base-url", "/etc/environment", ALLOWED, confidence="strong", endpoint=gateway,
             evidence=(ev("variable", f"OPENAI_BASE_URL = https://{GATEWAY}/v1"), ev("line", "4"))),
        seen("qwen-code", "config", "/home/ana/.qwen/settings.json", ALLOWED, user="ana", confidence="strong",
             endpoint=gateway),
        seen("qwen-code", "session-store", "/home/ana/.qwen/tmp", ALLOWED, user="ana", confidence="strong",
             evidence=(ev("store", "12 files, 220113 bytes, 2026-11-02 to 2026-11-20"),)),
        seen("aider", "package", "/home/kai/.local/share/uv/tools/aider-chat", decision(
             "aider", "allow", rule="in-house", reason="stays in house"), user="kai", version="0.89.2",
             evidence=(ev("dist-info", "aider-chat 0.89.2"),)),
        seen("aider", "instructions", "/home/kai/src/web/.aider.conf.yml", decision(
             "aider", "allow", rule="in-house", reason="stays in house"), user="kai", confidence="weak"),
        seen("ollama", "binary", "/usr/local/bin/ollama", decision(
             "ollama", "allow", rule="in-house", reason="stays in house"), version="0.19.1",
             evidence=(ev("go-buildinfo", "github.com/ollama/ollama"),)),
        seen("ollama", "process", "/usr/local/bin/ollama", decision(
             "ollama", "allow", rule="in-house", reason="stays in house"), running=True, pid=880),
        seen("ollama", "socket", "127.0.0.1:11434", decision(
             "ollama", "allow", rule="in-house", reason="stays in house"), running=True, pid=880),
    )  # fmt: skip


def _coverage() -> tuple[Coverage, ...]:
    found = {(s.tool, s.user) for s in SIGHTINGS}
    rows = []
    for tool in TOOLS:
        for user in ("ana", "kai"):
            rows.append(Coverage(tool.id, user, "found" if (tool.id, user) in found else "nothing"))
        rows.append(Coverage(tool.id, "bo", "not-readable", "permission denied"))
    return tuple(rows)


SIGHTINGS = _sightings()

AGENTS = (
    Unknown("6b1d0c9f2a7e4455", "/home/ana/bin/notes", 0.86, ("LLM SDK", "3 model hosts", "tool-use prompt"), "ana",
            decision(None, "warn", rule="unknown-agents", reason="acts like an agent and is in no catalog")),
    Unknown("6b1d0c9f2a7e4456", "/srv/ci/node_modules/@example/fixer", 0.81, ("LLM SDK", "agent protocol strings"),
            None, decision(None, "warn", rule="unknown-agents", reason="acts like an agent and is in no catalog")),
)  # fmt: skip

SKIPPED = (
    Skipped("walk", "/home/bo", "permission denied"),
    Skipped("configuration", "/home/kai/.config/zed/settings.json", "not valid json: line 4, column 18"),
    Skipped("walk", "/mnt/nas", "network filesystem", matters=False),
    Skipped("walk", "/proc/sys/fs/binfmt_misc", "automount point", matters=False),
)


def sample() -> ScanResult:
    return ScanResult(
        started="2026-11-21T09:30:00Z",
        finished="2026-11-21T09:30:00.712Z",
        host=Host("lab-7", "linux", "/"),
        policy=POLICY,
        sightings=SIGHTINGS,
        unknown=AGENTS,
        coverage=_coverage(),
        skipped=SKIPPED,
        changes=Changes("2026-11-14T09:30:00Z", (SIGHTINGS[2].id, AGENTS[0].id), ("00ff00ff00ff00ff",)),
        summary=Summary(
            tools=8, sightings=len(SIGHTINGS), blocked=2, warned=2, files_seen=212_408, seconds=0.7123, homes=3,
            processes=141, allowed=4, unknown=2, deviating=1,
        ),
        tools=TOOLS,
    )  # fmt: skip


def nothing_found(**fields: Any) -> ScanResult:
    """A machine without any tool, all of which could be read."""
    return structs.replace(
        sample(),
        **(
            {
                "host": Host("build-2", "linux", "/"),
                "policy": structs.replace(POLICY, generation=0, example=True),
                "sightings": (),
                "unknown": (),
                "coverage": tuple(Coverage(tool.id, "bo", "nothing") for tool in TOOLS),
                "skipped": (),
                "changes": None,
                "summary": Summary(0, 0, 0, 0, files_seen=41_870, seconds=0.2, homes=1, processes=96),
                "tools": (),
            }
            | fields
        ),
    )


if __name__ == "__main__":
    import sys

    from clearance.prove.formats.scan.json import render

    sys.stdout.write(render(sample(), OPTIONS))
