from __future__ import annotations

import json
from pathlib import Path

import pytest

from clearance.catalog import load_catalog
from clearance.cli.main import main
from clearance.model.directive import Enforcement

EXAMPLES = Path(__file__).parents[2] / "examples" / "directives"


def out(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["explain", *words]) == code
    return capsys.readouterr().out


def test_without_a_name_every_tool_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(capsys).splitlines()
    assert [line.split()[0] for line in lines] == list(load_catalog().tools)


def test_a_tool_is_told_with_sources(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "claude-code")
    assert "residency" in text
    assert text.count("source:") > 10
    assert "Data switches:" in text
    facts = text.index("Claude Code (claude-code)")
    assert out(capsys, "Claude Code")[facts:] == text[facts:]


def test_what_the_directive_says_comes_first_with_where_its_settings_are(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "claude-code", "--directive", str(EXAMPLES / "quiet-settings.yaml"))
    assert text.startswith("ALLOW-WITH-SETTINGS Claude Code   risk high\n")
    assert "         settings telemetry = off\n" in text
    assert "         set      telemetry: set DISABLE_TELEMETRY=1 in the environment\n" in text
    assert out(capsys, "claude-code", "--directive", str(EXAMPLES / "approved-list.yaml")).startswith("BLOCK    Claude")


def test_a_tool_that_only_the_directive_knows_is_told_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    directive = tmp_path / "d.yaml"
    directive.write_text(
        "apiVersion: clearance/v1\nkind: Directive\nmetadata: {id: D-1}\ndefault: {effect: allow}\n"
        "tools: [{id: inhouse-coder, name: Inhouse Coder, kind: coding-agent, binaries: [icoder]}]\n"
    )
    assert out(capsys, "inhouse-coder", "--directive", str(directive)).startswith("ALLOW    Inhouse Coder")
    assert main(["explain", "inhouse-coder"]) == 2


def test_tools_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "--compare", "claude-code", "qwen-code", "cursor")
    head = text.splitlines()[0]
    assert head.split() == ["Claude", "Code", "Qwen", "Code", "Cursor", *head.split()[5:]]
    assert "retention" in text


def test_what_is_recorded_is_said_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "--collects")
    scan, enforcement = text.split("What `clearance enforce` looks at and keeps")
    for part in (scan, enforcement):
        assert "Nothing is sent anywhere" in part
        assert "It never keeps" in part
        assert "Who can see it" in part
    assert f"{Enforcement().retention_days} days" in enforcement
    assert "nationality" in text
    assert max(map(len, text.splitlines())) <= 120


def test_json_is_the_catalog_entry(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(out(capsys, "codex", "--json"))
    assert document["schema"] == "clearance/catalog/v1"
    assert [entry["id"] for entry in document["tools"]] == ["codex"]


def test_an_unknown_name_is_an_error_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "claude-cod"]) == 2
    assert "did you mean claude-code" in capsys.readouterr().err


def test_nothing_to_compare_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--compare"]) == 2
    assert "there is nothing to compare" in capsys.readouterr().err
