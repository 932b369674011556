from __future__ import annotations

import base64
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clearance.cli import policy as verb
from clearance.cli.main import main
from clearance.tasks import policy as task
from tests.judge.builders import HEADER

BODY = """metadata: {id: D-1, title: Tools, timezone: Asia/Tokyo}
contact: https://ask.example
groups: {dev: {unix_groups: [dev]}}
rules:
  - {id: soon, match: {tool: claude-code}, effect: block, from: 2027-01-01, reason: later}
  - {id: old, match: {tool: claude-code, version: "<2.1.198"}, effect: block, replacement: qwen-code, reason: why}
  - {id: dev, match: {group: dev}, effect: allow}
  - {id: agent, match: {known: false, score: ">=0.8"}, effect: warn}
  - {id: qwen, match: {tool: qwen-code}, effect: allow}
default: {effect: warn}
"""
AT = ("--at", "2026-11-21")


@pytest.fixture
def directive(tmp_path: Path) -> str:
    path = tmp_path / "d.yaml"
    path.write_text(HEADER + BODY)
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["policy", *words]) == code, capsys.readouterr()
    captured = capsys.readouterr()
    return captured.err if code == 2 else captured.out


def as_json(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert main(["policy", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_decide_prints_one_decision_document(capsys: pytest.CaptureFixture[str], directive: str) -> None:
    made = as_json(capsys, "decide", directive, "--tool", "claude-code", "--version", "2.1.100", *AT, code=1)
    assert list(made) == [
        "schema", "tool", "effect", "enforce", "rule", "waiver", "reason", "replacement", "message", "risk", "at",
        "upcoming",
        "undetermined", "policy",
    ]  # fmt: skip
    assert (made["schema"], made["tool"], made["effect"], made["rule"]) == (
        "clearance/decision/v1", "claude-code", "block", "old",
    )  # fmt: skip
    assert made["replacement"] == {"tool": "qwen-code", "name": "Qwen Code", "command": "qwen"}
    assert made["at"] == "2026-11-20T15:00:00Z"
    assert made["upcoming"] is None
    assert made["policy"]["directives"] == ["D-1"]


def test_what_is_observed_is_given_by_flags(capsys: pytest.CaptureFixture[str], directive: str) -> None:
    plain = as_json(capsys, "decide", directive, "--tool", "claude-code", *AT)
    assert (plain["effect"], plain["undetermined"], plain["upcoming"]["rule"]) == ("warn", ["old", "dev"], "soon")
    flags = ("--version", "3", "--group", "users", "--group", "dev", "--user", "u", "--host", "h", "--endpoint", "e",
             "--surface", "binary", "--confidence", "certain")  # fmt: skip
    assert as_json(capsys, "decide", directive, "--tool", "claude-code", *flags, *AT)["rule"] == "dev"
    agent = as_json(capsys, "decide", directive, "--score", "0.9", "--group", "users", *AT)
    assert (agent["tool"], agent["rule"]) == (None, "agent")


def test_an_endpoint_is_a_host_or_a_url(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(
        HEADER
        + "endpoints: [{host: llm.corp.example, class: cleared-gateway}]\n"
        + "rules: [{id: g, match: {endpoint_class: cleared-gateway}, effect: allow}]"
    )
    for endpoint in ("llm.corp.example", "https://key@LLM.corp.example:8443/v1"):
        made = as_json(capsys, "decide", str(path), "--tool", "cursor", "--endpoint", endpoint, *AT)
        assert made["rule"] == "g"


@pytest.mark.parametrize(
    ("fail_on", "effects"),
    [("block", {"block"}), ("warn", {"warn", "block"}), ("allow", {"allow", "warn", "block"}), ("never", set())],
)
def test_the_exit_code_of_decide_tells_the_effect(
    capsys: pytest.CaptureFixture[str], directive: str, fail_on: str, effects: set[str]
) -> None:
    for effect, words in {
        "block": ("--tool", "claude-code", "--version", "1"),
        "warn": ("--tool", "cursor"),
        "allow": ("--tool", "qwen-code"),
    }.items():
        run(capsys, "decide", directive, *words, "--fail-on", fail_on, *AT, code=int(effect in effects))


def test_decide_in_words(capsys: pytest.CaptureFixture[str], directive: str) -> None:
    text = run(capsys, "decide", directive, "--tool", "claude-code", "--version", "2.1.100", *AT, code=1)
    assert text.startswith("BLOCK    Claude Code 2.1.100   risk ")
    assert "why      why · rule old\n" in text
    assert run(capsys, "decide", directive, "--score", "0.9", *AT).startswith("WARN     an unknown agent\n")


def test_without_an_instant_it_is_now(
    capsys: pytest.CaptureFixture[str], directive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "now", lambda: dt.datetime(2027, 1, 2, tzinfo=dt.UTC))
    made = as_json(capsys, "decide", directive, "--tool", "claude-code", code=1)
    assert (made["rule"], made["at"]) == ("soon", "2027-01-02T00:00:00Z")


def test_explain_shows_the_whole_trace(capsys: pytest.CaptureFixture[str], directive: str) -> None:
    made = as_json(capsys, "explain", directive, "--tool", "claude-code", *AT)
    assert [(step["id"], step["outcome"]) for step in made["steps"]] == [
        ("soon", "not-begun"), ("old", "undetermined"), ("dev", "undetermined"), ("agent", "false"), ("qwen", "false"),
        ("default", "decides"),
    ]  # fmt: skip
    text = run(capsys, "explain", directive, "--tool", "claude-code", *AT)
    assert "  6  decides      default → warn" in text


def test_check_says_what_to_look_at(capsys: pytest.CaptureFixture[str], directive: str) -> None:
    text = run(capsys, "check", directive, *AT, code=1)
    assert text.startswith(f"warning: {directive}:8:")
    assert re.search(r'\ndirective D-1 "Tools" \([0-9a-f]{8}\): 1 warning\.\n$', text)
    assert run(capsys, "check", directive, *AT, "--fail-on", "error") == text
    assert run(capsys, "check", directive, *AT, "--fail-on", "never") == text
    made = as_json(capsys, "check", directive, *AT, code=1)
    assert [(remark["check"], remark["severity"]) for remark in made["remarks"]] == [("undetermined", "warning")]


def test_check_of_a_sound_directive(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(HEADER + "metadata: {id: D}")
    assert run(capsys, "check", str(path)).endswith(": nothing to remark.\n")


def test_an_error_of_the_lint_fails_unless_nothing_does(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(HEADER + "metadata: {id: D}\nrules: [{id: r, match: {tool: nope}, effect: block}]")
    for fail_on, code in (("warning", 1), ("error", 1), ("never", 0)):
        run(capsys, "check", str(path), "--fail-on", fail_on, code=code)


def test_what_cannot_be_read_is_an_error_of_usage(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(HEADER + "zz: 1\nyy: 2")
    text = run(capsys, "check", str(path), code=2)
    assert text.count("error: ") == 2
    assert f"check again with: clearance policy check {path}" in text
    made = as_json(capsys, "check", str(path), code=2)
    assert [(r["check"], r["severity"], r["line"]) for r in made["remarks"]] == [
        ("unreadable", "error", 3), ("unreadable", "error", 4),
    ]  # fmt: skip
    assert (made["policy"], made["summary"]["errors"]) == (None, 2)
    gone = as_json(capsys, "check", str(tmp_path / "none"), code=2)
    assert gone["remarks"][0]["what"].startswith("cannot be read")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("decide", "{d}"), "there is nothing to judge"),
        (("decide", "{d}", "--tool", "claud-code"), 'did you mean "claude-code"?'),
        (("decide", "{d}", "--tool", "claude-code", "--at", "soon"), '--at "soon" is not a date'),
        (("decide", "{d}", "--tool", "claude-code", "--surface", "nowhere"), "surface"),
        (("explain", "{d}/none", "--tool", "claude-code"), "cannot be read"),
        (("diff", "{d}"), "new"),
        (("diff", "{d}", "{d}", "--scan", "{d}"), "is not the document of a scan"),
        (("test", "{d}", "{d}"), 'only "DirectiveTest" is read here'),
        (("nonsense",), "nonsense"),
    ],
)
def test_what_was_called_wrongly_says_what_to_do(
    capsys: pytest.CaptureFixture[str], directive: str, words: tuple[str, ...], expected: str
) -> None:
    text = run(capsys, *(word.replace("{d}", directive) for word in words), code=2)
    assert text.startswith("error: ")
    assert expected.lower() in text.lower()
    assert "Traceback" not in text


CASES = """apiVersion: clearance/v1
kind: DirectiveTest
at: 2026-11-21
cases:
  - {name: one, given: {tool: claude-code, version: "1"}, expect: {effect: block}}
  - {name: two, given: {tool: qwen-code, unix_groups: []}, expect: {rule: %s}}
"""


def test_cases_pass_or_fail(capsys: pytest.CaptureFixture[str], directive: str) -> None:
    beside = Path(directive).with_suffix(".test.yaml")
    beside.write_text(CASES % "qwen")
    assert run(capsys, "test", directive) == "2 cases passed, 0 failed.\n"
    assert run(capsys, "test", directive, "-v").startswith("passed   ")
    assert as_json(capsys, "test", directive)["summary"] == {"passed": 2, "failed": 0}
    elsewhere = beside.with_name("other.test.yaml")
    elsewhere.write_text(CASES % "zzz")
    text = run(capsys, "test", directive, str(elsewhere), code=1)
    assert "FAILED" in text
    assert "rule: expected zzz, got qwen" in text
    assert run(capsys, "test", directive, str(beside), str(elsewhere), code=1).endswith("3 cases passed, 1 failed.\n")


def test_without_a_case_nothing_was_looked_at(capsys: pytest.CaptureFixture[str], directive: str) -> None:
    assert main(["policy", "test", directive]) == 3
    captured = capsys.readouterr()
    assert captured.out == "0 cases passed, 0 failed.\n"
    assert "there is no case to run" in captured.err


def test_diff_shows_what_would_change(capsys: pytest.CaptureFixture[str], directive: str, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text((HEADER + BODY).replace("default: {effect: warn}", "default: {effect: block}"))
    text = run(capsys, "diff", directive, str(new), *AT, code=1)
    assert "\n warn → block, now\n" in text
    assert "          tools    " in text
    assert "cursor" in text
    assert run(capsys, "diff", directive, directive, *AT).endswith("Nothing would be judged differently.\n")
    scan = tmp_path / "scan.json"
    scan.write_text(
        json.dumps(
            {
                "schema": "clearance/scan/v1",
                "host": {"name": "lab"},
                "sightings": [{"id": "s1", "tool": "cursor", "path": "/opt/cursor", "name": "Cursor"}],
            }
        )
    )
    made = as_json(capsys, "diff", directive, str(new), "--scan", str(scan), *AT, code=1)
    assert (made["schema"], made["at"]) == ("clearance/policy-diff/v1", "2026-11-20T15:00:00Z")
    assert [each["tool"] for each in made["differences"] if each["sighting"] == "s1"] == ["cursor"]


def test_no_escape_reaches_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(
        HEADER
        + 'metadata: {id: "\\e[31m", title: "\\u202e"}\ncontact: "\\e]0;x\\a"\n'
        + 'rules: [{id: "\\e[2J", match: {tool: "\\e[1mx", user: "\\u009b"}, effect: block,\n'
        + '  reason: "\\e", message: "\\e{tool.nam}"}]\n'
        + 'tools: [{id: own, name: "\\e[5m", kind: relay}]'
    )
    for words in (
        ("check", str(path)),
        ("check", str(path), "--json"),
        ("decide", str(path), "--tool", "own", "--user", "\x1b[31m\udcff"),
        ("decide", str(path), "--tool", "own", "--json"),
        ("explain", str(path), "--tool", "own", "--user", "\x1b[31m\udcff", "--version", "\udcff"),
        ("explain", str(path), "--tool", "own", "--user", "\x1b[31m\udcff", "--version", "\udcff", "--json"),
        ("diff", str(path), str(path)),
        ("decide", str(path), "--tool", "\x1b[31m"),
    ):
        main(["policy", *words])
        captured = capsys.readouterr()
        assert (captured.out + captured.err).replace("\n", "").isprintable(), words


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "--help")
    for command in ("check", "decide", "explain", "test", "diff"):
        assert command in text
    assert verb.app.name == ("policy",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tool", "cursor", "--score", "0.9"), "--score is for unknown agents, and --tool names a known tool"),
        (("--score", "3"), "--score is from 0 to 1"),
        (("--score", "nan"), "--score is from 0 to 1"),
    ],
)
def test_a_score_that_means_nothing_is_refused(
    capsys: pytest.CaptureFixture[str], directive: str, words: tuple[str, ...], said: str
) -> None:
    assert main(["policy", "decide", directive, *words]) == 2
    assert said in capsys.readouterr().err


def test_sign_writes_the_owners_signature_beside_it(capsys: pytest.CaptureFixture[str], directive: str) -> None:
    key = Ed25519PrivateKey.generate()
    pem = Path(directive).with_name("owner.pem")
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert run(capsys, "sign", directive, "--key", str(pem)) == f"Signed: {directive}.sig\n"
    signature = base64.b64decode(Path(f"{directive}.sig").read_bytes())
    key.public_key().verify(signature, bytes.fromhex(task.load(directive).sha256))
    assert "no PEM private key" in run(capsys, "sign", directive, "--key", directive, code=2)
    Path(directive).write_text("rules: [")
    run(capsys, "sign", directive, "--key", str(pem), code=2)
