"""`clearance scan` from the command line to its output and exit code, over hosts in folders."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.e2e.command import Ran, scan
from tests.e2e.hosts import DIRECTIVE, GATEWAY, RELAY, SECRET, HostTree, linux, macos, windows

REPOSITORY = Path(__file__).parents[2]
LAPTOP = REPOSITORY / "examples" / "laptop"
FORMATS = ("text", "json", "sarif", "cyclonedx", "ocsf", "html")


@pytest.fixture
def directive(tmp_path: Path) -> str:
    path = tmp_path / "directive.yaml"
    path.write_text(DIRECTIVE)
    return str(path)


@pytest.fixture
def bare(tmp_path: Path) -> HostTree:
    """A host of one person without any tool."""
    host = HostTree(tmp_path / "bare")
    host.people("ana")
    host.write("/home/ana/notes.txt", "Buy milk.\n")
    return host


def seen(ran: Ran, *, weak: bool = False) -> set[tuple[Any, ...]]:
    """(tool, surface, path, user, version) of what was seen for sure."""
    return {
        (s["tool"], s["surface"], s["path"], s["user"], s["version"])
        for s in ran.json["sightings"]
        if weak or s["confidence"] != "weak"
    }


def steady(text: str) -> str:
    """An output without what differs from run to run: times and durations."""
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "TIME", text)
    text = re.sub(r"\bin \d+\.\d s\b", "in TIME", text)
    text = re.sub(r'"(seconds|start_time|end_time|time|created_time|logged_time|duration)": ?[\d.]+', r'"\1": 0', text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID", text)


# What is found


def test_a_linux_workstation(tmp_path: Path, directive: str) -> None:
    linux(tmp_path / "host")
    ran = scan(tmp_path / "host", "--json", "--directive", directive)
    assert ran.code == 1, ran.err
    assert ran.json["host"] == {"name": "lab-7", "os": "linux", "root": str(tmp_path / "host")}
    ana, bo = "/home/ana", "/home/bo"
    assert seen(ran) == {
        ("codex", "package", "/usr/lib/node_modules/@openai/codex", None, "0.169.0"),
        ("codex", "config", f"{ana}/.codex/config.toml", "ana", None),
        ("codex", "credential", f"{ana}/.codex/auth.json", "ana", None),
        ("codex", "session-store", f"{ana}/.codex/sessions/2026/07/01/rollout-1.jsonl", "ana", None),
        ("codex", "base-url", f"{bo}/.zshrc", "bo", None),
        ("claude-code", "package", f"{ana}/.nvm/versions/node/v22.4.0/lib/node_modules/@anthropic-ai/claude-code",
         "ana", "2.1.196"),
        ("claude-code", "editor-extension", f"{ana}/.cursor-server/extensions/anthropic.claude-code-2.1.90", "ana",
         "2.1.90"),
        ("claude-code", "config", f"{ana}/.claude/settings.json", "ana", None),
        ("claude-code", "config", f"{ana}/.claude.json", "ana", None),
        ("claude-code", "mcp-server", f"{ana}/.claude.json", "ana", None),
        ("claude-code", "credential", f"{ana}/.claude/.credentials.json", "ana", None),
        ("claude-code", "credential", f"{ana}/src/shop/.env", "ana", None),
        ("claude-code", "base-url", f"{ana}/src/shop/.env", "ana", None),
        ("claude-code", "session-store", f"{ana}/.claude/projects/-home-ana-src-shop/a.jsonl", "ana", None),
        ("copilot", "editor-extension", f"{ana}/.vscode/extensions/github.copilot-chat-0.48.1", "ana", "0.48.1"),
        ("copilot", "editor-extension", f"{ana}/.local/share/JetBrains/IdeaIC2026.2/copilot", "ana", "1.5.40"),
        ("continue", "editor-extension", f"{ana}/.vscode-oss/extensions/continue.continue-1.2.3", "ana", "1.2.3"),
        ("cline", "editor-extension", f"{ana}/.windsurf/extensions/saoudrizwan.claude-dev-3.0.0", "ana", "3.0.0"),
        ("cursor", "mcp-server", f"{ana}/.cursor/mcp.json", "ana", None),
        ("qwen-code", "package", f"{bo}/.npm-global/lib/node_modules/@qwen-code/qwen-code", "bo", "0.24.4"),
        ("qwen-code", "base-url", f"{bo}/.zshrc", "bo", None),
        ("aider", "package",
         f"{bo}/.local/share/pipx/venvs/aider-chat/lib/python3.12/site-packages/aider_chat-0.86.2.dist-info", "bo",
         "0.86.2"),
    }  # fmt: skip
    assert ("claude-code", "instructions", f"{ana}/src/shop/CLAUDE.md", "ana", None) in seen(ran, weak=True)
    assert ran.json["skipped"] == ran.json["unknown"] == []
    assert {entry["state"] for entry in ran.json["coverage"]} == {"found", "nothing"}


def test_a_mac(tmp_path: Path, directive: str) -> None:
    macos(tmp_path / "host")
    ran = scan(tmp_path / "host", "--json", "--directive", directive)
    assert ran.json["host"]["os"] == "macos"
    ana = "/Users/ana"
    support = f"{ana}/Library/Application Support"
    assert seen(ran) == {
        ("gemini-cli", "package", "/opt/homebrew/lib/node_modules/@google/gemini-cli", None, "0.61.0"),
        ("cursor", "package", "/Applications/Cursor.app", None, "2.4.1"),
        ("cursor", "config", f"{support}/Cursor/User/settings.json", "ana", None),
        ("copilot", "package", f"{ana}/.volta/tools/image/packages/@github/copilot/lib/node_modules/@github/copilot",
         "ana", "1.0.102"),
        ("copilot", "editor-extension", f"{support}/JetBrains/PyCharm2026.1/plugins/copilot", "ana", "1.5.40"),
        ("codex", "editor-extension", f"{ana}/.vscode-insiders/extensions/openai.chatgpt-0.5.0", "ana", "0.5.0"),
        ("claude-code", "package", f"{ana}/.npm-global/lib/node_modules/@anthropic-ai/claude-code", "ana", "2.1.90"),
        ("claude-code", "config", "/Library/Application Support/ClaudeCode/managed-settings.json", None, None),
        ("claude-code", "config", f"{ana}/.claude/settings.json", "ana", None),
        ("claude-code", "base-url", f"{ana}/.claude/settings.json", "ana", None),
    }  # fmt: skip
    assert len(ran.sightings(tool="claude-code", surface="base-url")) == 1
    (package,) = ran.sightings(tool="claude-code", surface="package")
    assert package["endpoint"] == {"host": RELAY, "class": "relay"}
    switches = {switch["name"]: switch for switch in package["switches"]}
    assert switches["telemetry"]["state"] == "off"
    assert "managed-settings.json" in switches["telemetry"]["where"]


def test_a_windows_machine(tmp_path: Path, directive: str) -> None:
    windows(tmp_path / "host")
    ran = scan(tmp_path / "host", "--json", "--directive", directive)
    assert ran.json["host"]["os"] == "windows"
    roaming = "/Users/ana/AppData/Roaming"
    managed = "/Program Files/ClaudeCode/managed-settings.json"
    assert seen(ran) == {
        ("claude-code", "package", f"{roaming}/npm/node_modules/@anthropic-ai/claude-code", "ana", "2.1.90"),
        ("claude-code", "config", managed, None, None),
        ("claude-code", "base-url", managed, None, None),
        ("copilot", "editor-extension", "/Users/ana/.vscode/extensions/GitHub.copilot-1.388.0", "ana", "1.388.0"),
        ("copilot", "editor-extension", f"{roaming}/JetBrains/Rider2026.1/plugins/copilot", "ana", "1.5.40"),
        ("cursor", "package", "/Users/ana/AppData/Local/Programs/cursor", "ana", "2.4.1"),
        ("cursor", "config", f"{roaming}/Cursor/User/settings.json", "ana", None),
        ("aider", "package", f"{roaming}/uv/tools/aider-chat/Lib/site-packages/aider_chat-0.86.2.dist-info", "ana",
         "0.86.2"),
    }  # fmt: skip
    (package,) = ran.sightings(tool="claude-code", surface="package")
    assert package["endpoint"] == {"host": GATEWAY, "class": "cleared-gateway"}
    assert package["decision"]["effect"] == "allow"
    (cursor,) = ran.sightings(tool="cursor", surface="package")
    states = {switch["name"]: switch["state"] for switch in cursor["switches"]}
    assert states["telemetry-level"] == states["error-reports"] == "off"
    assert states["codebase-index"] == "default"


def test_where_tools_send_and_what_is_switched_off(tmp_path: Path, directive: str) -> None:
    linux(tmp_path / "host")
    ran = scan(tmp_path / "host", "--json", "--directive", directive)
    (relay,) = ran.sightings(tool="claude-code", surface="base-url")
    assert (relay["endpoint"], relay["repository"]) == ({"host": RELAY, "class": "relay"}, "/home/ana/src/shop")
    assert {"kind": "line", "detail": "2"} in relay["evidence"]
    # A project's override does not move the tool of the whole home; the home's own does.
    (claude,) = ran.sightings(tool="claude-code", surface="package")
    (qwen,) = ran.sightings(tool="qwen-code", surface="package")
    assert claude["endpoint"] is None
    assert qwen["endpoint"] == {"host": GATEWAY, "class": "cleared-gateway"}
    assert (claude["decision"]["effect"], qwen["decision"]["effect"]) == ("block", "allow")
    assert claude["decision"]["replacement"]["tool"] == "qwen-code"
    states = {switch["name"]: switch["state"] for switch in claude["switches"]}
    assert states["telemetry"] == "off"
    assert states["error-reports"] == "default"
    (settings,) = ran.sightings(tool="codex", surface="config", path="/home/ana/.codex/config.toml")
    assert {switch["name"]: switch["state"] for switch in settings["switches"]}["analytics"] == "off"
    (exposed,) = ran.sightings(tool="codex", surface="credential")
    assert any(piece["kind"] == "exposed" for piece in exposed["evidence"])


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_holds_a_token(tmp_path: Path, directive: str, form: str) -> None:
    linux(tmp_path / "host")
    ran = scan(tmp_path / "host", "--format", form, "--directive", directive, "-v")
    assert len(ran.out) > 500
    assert SECRET not in ran.out + ran.err
    assert SECRET[5:20] not in ran.out + ran.err


# What is written


def test_the_document_has_its_schema(tmp_path: Path, directive: str) -> None:
    schema = json.loads((REPOSITORY / "schemas" / "scan-v1.json").read_text())
    validator = jsonschema_rs.validator_for(schema)
    for make in (linux, macos, windows):
        make(tmp_path / make.__name__)
        document = scan(tmp_path / make.__name__, "--json", "--directive", directive).json
        assert document["schema"] == "clearance/scan/v1"
        assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("form", "check"),
    [
        ("text", lambda text: "BLOCK" in text and "Claude Code 2.1.196" in text and "UNKNOWN" in text),
        ("json", lambda text: json.loads(text)["schema"] == "clearance/scan/v1"),
        ("sarif", lambda text: json.loads(text)["version"] == "2.1.0" and json.loads(text)["runs"][0]["results"]),
        ("cyclonedx", lambda text: json.loads(text)["bomFormat"] == "CycloneDX"),
        ("ocsf", lambda text: all(json.loads(line) for line in text.splitlines())),
        ("html", lambda text: text.lstrip().lower().startswith("<!doctype html") and "Claude Code" in text),
    ],
)
def test_the_example_in_every_format(form: str, check: Callable[[str], bool], directive: str, tmp_path: Path) -> None:
    ran = scan(LAPTOP, "--format", form, "--directive", directive)
    assert ran.code == (0 if form == "sarif" else 1), ran.err
    assert check(ran.out)
    written = tmp_path / "out"
    again = scan(LAPTOP, "--format", form, "--directive", directive, "-o", str(written))
    assert (again.code, again.out) == (ran.code, "")
    assert steady(written.read_text("utf-8")) == steady(ran.out)


def test_the_example_with_the_shipped_directive() -> None:
    ran = scan(LAPTOP)
    assert ran.code in (0, 1), ran.err
    for tool in ("Claude Code 2.1.196", "Qwen Code 0.24.4", "GitHub Copilot 0.48.1", "Aider 0.86.1"):
        assert tool in ran.out
    assert "bin/notes" in ran.out


def test_groupings(directive: str) -> None:
    texts = {
        group: scan(LAPTOP, "--group-by", group, "--directive", directive).out for group in ("decision", "tool", "user")
    }
    assert len(set(texts.values())) == 3
    assert all("Claude Code" in text and "Qwen Code" in text for text in texts.values())


def test_two_runs_say_the_same(tmp_path: Path, directive: str) -> None:
    linux(tmp_path / "host")
    for form in FORMATS:
        first, second = (scan(tmp_path / "host", "--format", form, "--directive", directive) for _ in range(2))
        assert steady(first.out) == steady(second.out)
    shutil.copytree(tmp_path / "host", tmp_path / "elsewhere", symlinks=True)
    ids = [
        [s["id"] for s in scan(tmp_path / name, "--json", "--directive", directive).json["sightings"]]
        for name in ("host", "elsewhere")
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0])


def test_a_machine_without_any_tool(bare: HostTree) -> None:
    ran = scan(bare.root)
    assert ran.code == 0, ran.err
    said = " ".join(ran.out.split())
    assert "· no directive (shipped example" in said
    assert re.search(
        r"Looked at 1 home and 2 files in \d+\.\d s\. No AI coding tool found; everything could be read\.", said
    )
    assert said.endswith(
        "See what a finding looks like: clearance scan --root examples/laptop · "
        "search the whole disk: clearance scan --deep /"
    )


def test_colour_is_never_needed(directive: str) -> None:
    plain = scan(LAPTOP, "--directive", directive)
    assert "\x1b" not in plain.out + plain.err
    assert "\x1b" not in scan(LAPTOP, "--directive", directive, env={"NO_COLOR": "1", "TERM": "xterm-256color"}).out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_any_encoding_of_the_output_will_do(directive: str, encoding: str, form: str) -> None:
    ran = scan(LAPTOP, "--directive", directive, "--format", form, env={"PYTHONIOENCODING": encoding})
    assert ran.code == 1, ran.err
    assert "Claude Code" in ran.out
    assert "�" not in ran.out or (form, encoding) == ("text", "latin-1")


# Exit codes


def test_exit_codes_in_their_order(tmp_path: Path, bare: HostTree, directive: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert scan(bare.root, "--directive", directive).code == 0
    assert scan(empty, "--directive", directive).code == 3
    # Findings below --fail-on are none.
    bare.npm("/home/ana/.npm-global/lib/node_modules", "@openai/codex", "0.169.0", "codex")
    assert scan(bare.root, "--directive", directive).code == 0
    assert scan(bare.root, "--directive", directive, "--fail-on", "warn").code == 1
    bare.npm("/home/ana/.npm-global/lib/node_modules", "@anthropic-ai/claude-code", "2.1.90", "claude")
    assert scan(bare.root, "--directive", directive).code == 1
    assert scan(bare.root, "--directive", directive, "--fail-on", "never").code == 0
    assert scan(bare.root, "--directive", directive, "--format", "sarif").code == 0
    # What could not be read outweighs what was found, and SARIF does not hide it.
    bare.write("/home/ana/.claude/settings.json", "{ broken")
    assert scan(bare.root, "--directive", directive).code == 4
    assert scan(bare.root, "--directive", directive, "--fail-on", "never").code == 4
    assert scan(bare.root, "--directive", directive, "--format", "sarif").code == 4
    # A mistake in the call outweighs both.
    assert scan(bare.root, "--directive", directive, "--fail-on", "always").code == 2
    assert scan(bare.root, "--directive", str(tmp_path / "none.yaml")).code == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "pdf"), "format"),
        (("--group-by", "colour"), "group-by"),
        (("--workers", "many"), "workers"),
        (("--nonsense",), "nonsense"),
        (("--since", "/nowhere.json"), "/nowhere.json"),
        (("--suppressions", "/nowhere.yaml"), "/nowhere.yaml"),
        (("-o", "/nowhere/out.json"), "/nowhere/out.json"),
        (("--deep", "/nowhere"), "/nowhere"),
    ],
)
def test_a_mistake_is_one_paragraph(options: tuple[str, ...], said: str, directive: str) -> None:
    ran = scan(LAPTOP, "--directive", directive, *options)
    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("root", ["/nowhere", "/etc/passwd", ""])
def test_a_root_that_is_no_folder(root: str, directive: str) -> None:
    ran = scan(root, "--directive", directive)
    assert ran.code == 2
    assert ran.err.startswith("error: ")


@pytest.mark.parametrize("number", ["0", "-1"])
def test_there_is_always_somebody_to_walk(number: str, bare: HostTree, directive: str) -> None:
    ran = scan(bare.root, "--workers", number, "--directive", directive)
    assert ran.code == 2
    assert "workers" in ran.err


# Since, suppressions


def test_what_is_new_and_gone(tmp_path: Path, bare: HostTree, directive: str) -> None:
    modules = "/home/ana/.npm-global/lib/node_modules"
    bare.npm(modules, "@openai/codex", "0.169.0", "codex")
    earlier = tmp_path / "earlier.json"
    assert scan(bare.root, "--json", "--directive", directive, "-o", str(earlier)).code == 0
    unchanged = scan(bare.root, "--json", "--directive", directive, "--since", str(earlier)).json["changes"]
    assert (unchanged["new"], unchanged["gone"]) == ([], [])
    shutil.rmtree(bare.root / modules.lstrip("/") / "@openai")
    bare.npm(modules, "@qwen-code/qwen-code", "0.24.4", "qwen")
    ran = scan(bare.root, "--json", "--directive", directive, "--since", str(earlier))
    (qwen,) = ran.json["sightings"]
    assert ran.json["changes"]["new"] == [qwen["id"]]
    assert ran.json["changes"]["gone"] == [s["id"] for s in json.loads(earlier.read_text())["sightings"]]
    text = scan(bare.root, "--directive", directive, "--since", str(earlier)).out
    assert re.search(r"1 new|new", text)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff\xfe", b'{"schema":"clearance/scan/v9","finished":"","sightings":[]}',
     b'{"schema":"clearance/audit/v1"}', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_earlier_scan(tmp_path: Path, bare: HostTree, directive: str, content: bytes) -> None:
    (tmp_path / "earlier.json").write_bytes(content)
    ran = scan(bare.root, "--directive", directive, "--since", str(tmp_path / "earlier.json"))
    assert ran.code == 2
    assert "earlier.json" in ran.err
    assert "Traceback" not in ran.err


def test_a_reviewed_finding_no_longer_fails(tmp_path: Path, bare: HostTree, directive: str) -> None:
    bare.npm("/home/ana/.npm-global/lib/node_modules", "@anthropic-ai/claude-code", "2.1.90", "claude")
    entry = "{{tool: claude-code, user: ana, reason: A study, owner: ciso@example.com, until: {}}}"
    document = "apiVersion: clearance/v1\nkind: Suppressions\nsuppressions:\n  - {}\n"
    live, past = tmp_path / "live.yaml", tmp_path / "past.yaml"
    live.write_text(document.format(entry.format("2090-01-01")))
    past.write_text(document.format(entry.format("2020-01-01")))
    ran = scan(bare.root, "--json", "--directive", directive, "--suppressions", str(live))
    assert ran.code == 0
    (found,) = ran.json["sightings"]
    assert found["suppressed"] == {"reason": "A study", "owner": "ciso@example.com", "until": "2090-01-01"}
    assert found["decision"]["effect"] == "block"
    ended = scan(bare.root, "--directive", directive, "--suppressions", str(past))
    assert ended.code == 1
    assert "2020-01-01" in ended.err


@pytest.mark.parametrize(
    "entry",
    ["{reason: r, owner: o, until: 2090-01-01}", "{tool: x, owner: o, until: 2090-01-01}",
     "{tool: x, reason: r, owner: o, until: soon}", "{tool: x, reason: r, owner: o}", "[]", "7"],
)  # fmt: skip
def test_a_suppression_says_why_who_and_until_when(tmp_path: Path, bare: HostTree, directive: str, entry: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"apiVersion: clearance/v1\nkind: Suppressions\nsuppressions:\n  - {entry}\n")
    ran = scan(bare.root, "--directive", directive, "--suppressions", str(path))
    assert ran.code == 2
    assert f"{path}:4" in ran.err


# Where is looked


def test_deep_looks_where_the_default_does_not(bare: HostTree, directive: str) -> None:
    bare.npm("/data/builds/7/node_modules", "@openai/codex", "0.169.0", "codex")
    assert scan(bare.root, "--json", "--directive", directive).json["sightings"] == []
    for path in ("/data", "data", "/data/builds/../builds/", "/"):
        ran = scan(bare.root, "--json", "--directive", directive, "--deep", path)
        assert [s["path"] for s in ran.json["sightings"]] == ["/data/builds/7/node_modules/@openai/codex"], path
    many = scan(bare.root, "--json", "--directive", directive, "--deep", "/home", "/data")
    assert len(many.json["sightings"]) == 1
    assert many.json["summary"]["files_seen"] == 4


def test_deep_follows_the_link_that_it_is_given(bare: HostTree, directive: str) -> None:
    bare.npm("/data/node_modules", "@openai/codex", "0.169.0", "codex")
    bare.at("/work").symlink_to("data")
    ran = scan(bare.root, "--json", "--directive", directive, "--deep", "/work")
    assert [s["tool"] for s in ran.json["sightings"]] == ["codex"]
    assert ran.code == 0


def test_deep_looks_into_a_file(bare: HostTree, directive: str) -> None:
    shutil.copy(LAPTOP / "home/bo/bin/notes", bare.at("/data/x.bin"))
    ran = scan(bare.root, "--json", "--directive", directive, "--deep", "/data/x.bin")
    assert [agent["path"] for agent in ran.json["unknown"]] == ["/data/x.bin"]
    assert ran.code == 1


@pytest.mark.long
def test_the_running_host(directive: str, tmp_path: Path) -> None:
    # What lies and runs here is nobody's business; the scan must end and be well formed whatever it is.
    ran = scan("/", "--json", "--directive", directive, "--deep", str(tmp_path), home=tmp_path, live=True)
    assert ran.code in (0, 1, 4), ran.err
    assert ran.json["summary"]["processes"] > 0
    assert ran.json["host"]["name"] == os.uname().nodename
