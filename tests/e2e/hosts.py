"""Hosts in a folder, built file by file: what an installer, an editor or a person leaves, without the programs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class HostTree:
    """A host below `root`. Paths are as the host names them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def at(self, path: str) -> Path:
        """Where a path of the host really lies; its folder is made."""
        real = self.root / path.lstrip("/")
        real.parent.mkdir(parents=True, exist_ok=True)
        return real

    def write(self, path: str, content: str | bytes | Mapping[str, Any] = "", mode: int = 0o644) -> Path:
        """A file. A mapping is written as JSON."""
        real = self.at(path)
        if isinstance(content, bytes):
            real.write_bytes(content)
        else:
            real.write_text(content if isinstance(content, str) else json.dumps(content))
        real.chmod(mode)
        return real

    def people(self, *logins: str) -> None:
        """Linux accounts with homes below /home."""
        lines = [f"{name}:x:{1000 + n}:{1000 + n}::/home/{name}:/bin/bash" for n, name in enumerate(logins)]
        self.write("/etc/passwd", "\n".join([*lines, ""]))
        for name in logins:
            self.at(f"/home/{name}/.profile").touch()

    def npm(self, modules: str, name: str, version: str, command: str, program: str = "cli.js") -> None:
        """A package as npm lays it out in a `node_modules`."""
        self.write(f"{modules}/{name}/package.json", {"name": name, "version": version, "bin": {command: program}})
        self.write(f"{modules}/{name}/{program}", "#!/usr/bin/env node\n" + "// nothing to see here\n" * 8, 0o755)

    def pypi(self, site: str, name: str, version: str, command: str, module: str) -> None:
        """A distribution in a `site-packages`, with its console script beside it."""
        info = f"{site}/{name.replace('-', '_')}-{version}.dist-info"
        self.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nAbout.\n")
        self.write(f"{info}/entry_points.txt", f"[console_scripts]\n{command} = {module}:main\n")

    def extension(self, folder: str, publisher: str, name: str, version: str) -> None:
        """An extension of the VS Code family."""
        root = f"{folder}/{publisher}.{name}-{version}"
        manifest = {"publisher": publisher, "name": name, "version": version, "engines": {"vscode": "^1.100.0"}}
        self.write(f"{root}/package.json", {**manifest, "main": "./main.js"})
        self.write(f"{root}/main.js", "module.exports = {}\n")

    def jetbrains(self, plugins: str, folder: str, identifier: str, version: str) -> None:
        """A plug-in of JetBrains' editors: a folder with jars, one of which says what it is."""
        with zipfile.ZipFile(self.at(f"{plugins}/{folder}/lib/{folder}.jar"), "w", zipfile.ZIP_DEFLATED) as jar:
            jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
            said = f"<idea-plugin><id>{identifier}</id><name>x</name><version>{version}</version></idea-plugin>"
            jar.writestr("META-INF/plugin.xml", said)
        with zipfile.ZipFile(self.at(f"{plugins}/{folder}/lib/library.jar"), "w") as jar:
            jar.writestr("x.txt", "x")

    def chromium(self, profile: str, identifier: str, version: str) -> None:
        """An extension in a profile of a Chromium-family browser."""
        manifest = {"name": "__MSG_name__", "version": version, "manifest_version": 3}
        self.write(f"{profile}/Extensions/{identifier}/{version}_0/manifest.json", manifest)

    def firefox(self, profile: str, identifier: str, version: str) -> None:
        """An extension in a profile of a Firefox-family browser: its list and its archive."""
        self.write(f"{profile}/extensions.json", {"addons": [{"id": identifier, "version": version, "active": True}]})
        with zipfile.ZipFile(self.at(f"{profile}/extensions/{identifier}.xpi"), "w") as archive:
            gecko = {"browser_specific_settings": {"gecko": {"id": identifier}}, "version": version}
            archive.writestr("manifest.json", json.dumps(gecko))


RELAY, GATEWAY, UNKNOWN_HOST = "relay.example.net", "llm.corp.example.com", "somewhere.example.org"

DIRECTIVE = f"""\
apiVersion: clearance/v1
kind: Directive
metadata: {{id: D-1, title: A test, owner: security@example.com, review: 2030-01-01, timezone: UTC}}
contact: https://intranet.example.com/ai-tools
endpoints:
  - {{host: {GATEWAY}, class: cleared-gateway, residency: [in-house]}}
  - {{host: {RELAY}, class: relay}}
rules:
  - {{id: here, match: {{residency: in-house}}, effect: allow, reason: It stays here.}}
  - {{id: no-claude-code, match: {{tool: claude-code}}, effect: block, reason: A test., replacement: qwen-code}}
  - {{id: no-unknown, match: {{known: false}}, effect: block, reason: Nobody knows it.}}
  - {{id: fine, match: {{tool: [qwen-code, aider]}}, effect: allow, reason: Fine.}}
default: {{effect: warn}}
"""
"""Blocks one tool, allows two and whatever is sent to the company's own gateway, and warns of the rest."""


def linux(root: Path) -> HostTree:
    """A workstation of two people: ana with most shapes of tools, bo with few."""
    host = HostTree(root)
    host.write("/etc/hostname", "lab-7\n")
    host.write("/etc/passwd", "ana:x:1000:1000::/home/ana:/bin/bash\nbo:x:1001:1001::/home/bo:/bin/bash\n")
    host.npm("/usr/lib/node_modules", "@openai/codex", "0.169.0", "codex", "bin/codex.js")
    ana = "/home/ana"
    host.npm(f"{ana}/.nvm/versions/node/v22.4.0/lib/node_modules", "@anthropic-ai/claude-code", "2.1.196", "claude")
    host.extension(f"{ana}/.vscode/extensions", "github", "copilot-chat", "0.48.1")
    host.extension(f"{ana}/.vscode-oss/extensions", "continue", "continue", "1.2.3")
    host.extension(f"{ana}/.cursor-server/extensions", "anthropic", "claude-code", "2.1.90")
    host.extension(f"{ana}/.windsurf/extensions", "saoudrizwan", "claude-dev", "3.0.0")
    host.jetbrains(f"{ana}/.local/share/JetBrains/IdeaIC2026.2", "copilot", "com.github.copilot", "1.5.40")
    host.write(f"{ana}/.claude/settings.json", {"env": {"DISABLE_TELEMETRY": "1"}, "model": "opus"})
    host.write(f"{ana}/.claude/.credentials.json", {"claudeAiOauth": {"accessToken": SECRET}}, 0o600)
    host.write(f"{ana}/.claude.json", {"mcpServers": {"files": {"command": "npx", "args": ["-y", "files-server"]}}})
    host.write(f"{ana}/.claude/projects/-home-ana-src-shop/a.jsonl", '{"type":"user"}\n')
    host.write(
        f"{ana}/.cursor/mcp.json", {"mcpServers": {"db": {"url": f"https://user:{SECRET}@{RELAY}/x?k={SECRET}"}}}
    )
    host.write(f"{ana}/.codex/config.toml", "[analytics]\nenabled = false\n")
    host.write(f"{ana}/.codex/auth.json", {"OPENAI_API_KEY": SECRET}, 0o644)
    host.write(f"{ana}/.codex/sessions/2026/07/01/rollout-1.jsonl", "{}\n")
    host.write(f"{ana}/src/shop/.env", f"A=1\nANTHROPIC_BASE_URL=https://{RELAY}/v1\nANTHROPIC_API_KEY={SECRET}\n")
    host.write(f"{ana}/src/shop/CLAUDE.md", "Be kind.\n")
    bo = "/home/bo"
    host.npm(f"{bo}/.npm-global/lib/node_modules", "@qwen-code/qwen-code", "0.24.4", "qwen")
    host.write(f"{bo}/.zshrc", f'# mine\nexport OPENAI_BASE_URL="https://{GATEWAY}/v1"\n')
    host.pypi(
        f"{bo}/.local/share/pipx/venvs/aider-chat/lib/python3.12/site-packages", "aider-chat", "0.86.2", "aider",
        "aider.main",
    )  # fmt: skip
    return host


def macos(root: Path) -> HostTree:
    """A Mac of one person."""
    host = HostTree(root)
    for folder in ("Applications", "Library", "System", "Users/Shared"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    host.npm("/opt/homebrew/lib/node_modules", "@google/gemini-cli", "0.61.0", "gemini", "bundle/gemini.js")
    app = "/Applications/Cursor.app/Contents"
    host.write(
        f"{app}/Info.plist",
        '<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict>'
        "<key>CFBundleName</key><string>Cursor</string><key>CFBundleIdentifier</key><string>com.cursor.app</string>"
        "<key>CFBundleShortVersionString</key><string>2.4.1</string>"
        "<key>NSHumanReadableCopyright</key><string>Copyright Anysphere Inc</string></dict></plist>",
    )
    ana = "/Users/ana"
    support = f"{ana}/Library/Application Support"
    host.npm(
        f"{ana}/.volta/tools/image/packages/@github/copilot/lib/node_modules", "@github/copilot", "1.0.102", "copilot"
    )
    host.extension(f"{ana}/.vscode-insiders/extensions", "openai", "chatgpt", "0.5.0")
    host.jetbrains(f"{support}/JetBrains/PyCharm2026.1/plugins", "copilot", "com.github.copilot", "1.5.40")
    host.write(f"{support}/Cursor/User/settings.json", '{\n  // mine\n  "telemetry.telemetryLevel": "off",\n}\n')
    host.write("/Library/Application Support/ClaudeCode/managed-settings.json", {"env": {"DISABLE_TELEMETRY": "1"}})
    host.write(f"{ana}/.claude/settings.json", {"env": {"ANTHROPIC_BASE_URL": f"https://{RELAY}"}})
    host.npm(f"{ana}/.npm-global/lib/node_modules", "@anthropic-ai/claude-code", "2.1.90", "claude")
    return host


def windows(root: Path) -> HostTree:
    """A Windows machine of one person."""
    host = HostTree(root)
    for folder in ("Windows/System32", "Program Files", "ProgramData", "Users/Public", "Users/Default"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    ana = "/Users/ana"
    host.npm(f"{ana}/AppData/Roaming/npm/node_modules", "@anthropic-ai/claude-code", "2.1.90", "claude")
    host.write(
        f"{ana}/AppData/Roaming/npm/claude.cmd", '@"%~dp0\\node_modules\\@anthropic-ai\\claude-code\\cli.js" %*\r\n'
    )
    host.extension(f"{ana}/.vscode/extensions", "GitHub", "copilot", "1.388.0")
    host.jetbrains(f"{ana}/AppData/Roaming/JetBrains/Rider2026.1/plugins", "copilot", "com.github.copilot", "1.5.40")
    product = {"nameShort": "Cursor", "applicationName": "cursor", "cursorVersion": "2.4.1"}
    signs = {"licenseUrl": "https://www.cursor.com/license.txt", "reportIssueUrl": "https://cursor.sh/x"}
    programs = f"{ana}/AppData/Local/Programs"
    host.write(f"{programs}/cursor/resources/app/product.json", {**product, **signs, "version": "1.105.0"})
    host.write(f"{ana}/AppData/Roaming/Cursor/User/settings.json", {"telemetry.telemetryLevel": "off"})
    host.pypi(
        f"{ana}/AppData/Roaming/uv/tools/aider-chat/Lib/site-packages", "aider-chat", "0.86.2", "aider", "aider.main"
    )
    host.write("/Program Files/ClaudeCode/managed-settings.json", {"env": {"ANTHROPIC_BASE_URL": f"https://{GATEWAY}"}})
    return host


SECRET = "sk-" + "x7Qp" * 8
"""Stands for a token wherever one would be: it must appear in no output."""
