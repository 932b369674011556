"""What the flags mean and how the command ends. `tests/e2e/test_scan.py` runs it as people do."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from clearance.cli.main import main
from clearance.cli.scan import exit_code, fails, incomplete
from clearance.model.sighting import Coverage, ScanResult, Skipped, Suppressed
from tests.e2e.hosts import DIRECTIVE, HostTree
from tests.prove.formats.sample import AGENTS, SIGHTINGS, decision, nothing_found

BLOCKED = next(s for s in SIGHTINGS if s.decision is not None and s.decision.effect == "block" and not s.suppressed)
WARNED = structs.replace(BLOCKED, decision=decision(BLOCKED.tool, "warn"))
REVIEWED = structs.replace(BLOCKED, suppressed=Suppressed("reviewed", "sec@example.com", "2027-01-31"))
MISS = Skipped("walk", "/home/bo", "permission denied")


def result(*sightings: Any, **fields: Any) -> ScanResult:
    return nothing_found(sightings=sightings, **fields)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (result(), (0, 0, 0)),
        (result(WARNED), (1, 0, 0)),
        (result(BLOCKED), (1, 1, 0)),
        (result(REVIEWED), (0, 0, 0)),
        (result(REVIEWED, WARNED), (1, 0, 0)),
        (result(structs.replace(BLOCKED, decision=decision("t", "allow-with-settings"))), (0, 0, 0)),
        (result(structs.replace(BLOCKED, decision=None)), (0, 0, 0)),
        (result(unknown=(structs.replace(AGENTS[0], decision=decision(None, "block")),)), (1, 1, 0)),
        (result(unknown=(structs.replace(AGENTS[0], decision=decision(None, "warn")),)), (1, 0, 0)),
        (result(BLOCKED, skipped=(MISS,)), (4, 4, 4)),
        (result(BLOCKED, skipped=(structs.replace(MISS, matters=False),)), (1, 1, 0)),
        (result(coverage=(Coverage("t", "bo", "not-readable", "permission denied"),)), (4, 4, 4)),
        (result(coverage=(Coverage("t", "bo", "not-looked", "a network home"),)), (0, 0, 0)),
    ],
)
def test_the_exit_code_by_what_fails(given: ScanResult, expected: tuple[int, int, int]) -> None:
    assert tuple(exit_code(given, "json", limit) for limit in ("warn", "block", "never")) == expected


def test_nothing_was_looked_at() -> None:
    empty = structs.replace(nothing_found().summary, files_seen=0)
    assert exit_code(result(summary=empty, skipped=(MISS,)), "text", "block") == 3
    assert exit_code(result(BLOCKED, summary=empty), "text", "block") == 1


def test_sarif_hides_findings_from_the_exit_code_and_nothing_else() -> None:
    assert exit_code(result(BLOCKED), "sarif", "warn") == 0
    assert exit_code(result(BLOCKED, skipped=(MISS,)), "sarif", "warn") == 4
    assert fails(result(BLOCKED), "warn")
    assert incomplete(result(skipped=(MISS,)))


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """The command over a small host with one blocked tool."""
    host = HostTree(tmp_path / "host")
    host.people("ana")
    host.npm("/home/ana/.npm-global/lib/node_modules", "@anthropic-ai/claude-code", "2.1.90", "claude")
    directive = tmp_path / "directive.yaml"
    directive.write_text(DIRECTIVE)
    return ["scan", "--root", str(host.root), "--no-live", "--workers", "1", "--directive", str(directive)]


def test_json_is_a_format_and_a_flag(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    documents = []
    for flag in (["--json"], ["--format", "json"]):
        assert main([*words, *flag]) == 1
        documents.append(json.loads(capsys.readouterr().out))
    assert documents[0]["schema"] == documents[1]["schema"] == "clearance/scan/v1"
    ids = [[seen["id"] for seen in document["sightings"]] for document in documents]
    assert ids[0] == ids[1] != []


def test_the_directive_is_the_flag_s_else_the_variable_s(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("apiVersion: clearance/v1\nkind: Directive\nmetadata: {id: D-2}\ndefault: {effect: allow}\n")
    monkeypatch.setenv("CLEARANCE_DIRECTIVE", str(other))
    assert main([*words, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["policy"]["directives"] == ["D-1"]
    assert main([*words[:-2], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["policy"]["directives"] == ["D-2"]


def test_a_result_in_a_file_is_for_the_one_who_asked(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "out.json"
    assert main([*words, "--json", "-o", str(path)]) == 1
    assert capsys.readouterr().out == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text("utf-8"))["summary"]["blocked"] == 1


def test_a_file_that_is_there_keeps_its_mode_and_nothing_of_its_content(words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("x" * 1_000_000)
    path.chmod(0o640)
    assert main([*words, "--json", "-o", str(path)]) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert json.loads(path.read_text("utf-8"))["schema"] == "clearance/scan/v1"


def test_a_file_that_cannot_be_written_is_an_error_of_usage(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*words, "-o", str(tmp_path)]) == 2
    assert "cannot write the result: is a directory" in capsys.readouterr().err


def test_a_result_that_has_no_place_is_known_before_the_scan(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearance.tasks.scan.run_scan", None)
    assert main([*words, "-o", str(tmp_path / "none" / "out.json")]) == 2
    assert "cannot write the result: no such file or directory" in capsys.readouterr().err


def test_a_document_is_utf_8_wherever_it_is_sent(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    sent = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(sent, encoding="ascii", errors="strict"))
    assert main([*words, "--format", "html"]) == 1
    sys.stdout.flush()
    page = sent.getvalue().decode("utf-8")
    assert "Claude Code" in page
    assert not page.isascii()


def test_the_text_tells_no_colours_where_there_is_no_terminal(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR")
    assert main(words) == 1
    out = capsys.readouterr().out
    assert "BLOCK" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    "wrong", [["--workers", "0"], ["--workers", "257"], ["--fail-on", "allow"], ["--format", "pdf"]]
)
def test_a_value_out_of_bounds_is_refused_before_anything_is_looked_at(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", "--root", "/nowhere", *wrong]) == 2
    assert "/nowhere" not in capsys.readouterr().err
