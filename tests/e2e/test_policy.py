"""`clearance policy`, as a person or a script calls it: other processes, real files, exit codes."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clearance.catalog import load_catalog
from clearance.tasks import policy as task
from tests.e2e.command import scan

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "directives"
AT = ("--at", "2026-11-21")


def policy(*words: str, code: int = 0, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [sys.executable, "-m", "clearance", "policy", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **environment},
    )
    assert run.returncode == code, (run.returncode, run.stdout, run.stderr)
    return run


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml") if ".test." not in path.name))
def test_the_shipped_directives_are_sound_and_do_what_their_cases_say(name: str) -> None:
    path = str(EXAMPLES / name)
    assert policy("check", path, *AT).stdout.endswith(": nothing to remark.\n")
    run = policy("test", path, "--json")
    assert json.loads(run.stdout)["summary"]["failed"] == 0
    assert json.loads(run.stdout)["summary"]["passed"] > 5


def test_there_are_four_of_them_each_with_its_schema_and_cases() -> None:
    directives = [path for path in EXAMPLES.glob("*.yaml") if ".test." not in path.name]
    assert len(directives) == 4
    for path in directives:
        assert path.read_text().startswith("# yaml-language-server: $schema=../../schemas/directive-v1.json\n")
        assert path.with_suffix(".test.yaml").exists()


def test_a_decision_for_a_script() -> None:
    path = str(EXAMPLES / "no-residency-no-agent.yaml")
    run = policy("decide", path, "--tool", "claude-code", *AT, "--json", code=1)
    decision = json.loads(run.stdout)
    assert (decision["schema"], decision["effect"], decision["rule"]) == (
        "clearance/decision/v1",
        "block",
        "no-residency",
    )
    assert run.stderr == ""
    policy("decide", path, "--tool", "claude-code", "--endpoint", "llm.corp.example.com", *AT, "--json")


def test_the_same_decision_byte_for_byte_whatever_the_environment() -> None:
    path = str(EXAMPLES / "approved-list.yaml")
    words = ("explain", path, "--tool", "claude-code", "--user", "mei", *AT, "--json")
    outputs = {
        policy(*words, PYTHONHASHSEED=seed, TZ=zone, LC_ALL=language).stdout
        for seed, zone, language in (
            ("0", "UTC", "C"),
            ("7", "Asia/Tokyo", "C.UTF-8"),
            ("99", "America/New_York", "POSIX"),
        )
    }
    assert len(outputs) == 1


def test_a_folder_of_directives_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "directive.d"
    folder.mkdir()
    (folder / "10-base.yaml").write_text((EXAMPLES / "no-residency-no-agent.yaml").read_text())
    (folder / "20-more.yaml").write_text(
        "apiVersion: clearance/v1\nkind: Directive\nmetadata: {id: D-MORE}\ndefault: {effect: block}\n"
    )
    run = policy("decide", "directive.d", "--tool", "claude-code", *AT, "--json", code=1, cwd=tmp_path)
    assert json.loads(run.stdout)["policy"]["directives"] == ["D-RES", "D-MORE"]
    (folder / "30-broken.yaml").write_text("apiVersion: clearance/v1\nkind: Directive\nrulez: []\n")
    run = policy("check", "directive.d", code=2, cwd=tmp_path)
    assert run.stderr.startswith(
        'error: directive.d/30-broken.yaml:3:1: the document has "rulez", which is not a field\n'
    )
    assert run.stderr.endswith("  check again with: clearance policy check directive.d\n")
    assert run.stdout == ""


def test_the_error_of_the_voice_page(tmp_path: Path) -> None:
    folder = tmp_path / "directive.d"
    folder.mkdir()
    (folder / "10-tools.yaml").write_text(
        "apiVersion: clearance/v1\nkind: Directive\nrules:\n  - id: no-residency\n"
        "    match: {kind: coding-agent, not: {residence: in-house}}\n    effect: block\n"
    )
    run = policy("check", "directive.d", code=2, cwd=tmp_path)
    lines = run.stderr.splitlines()
    assert lines[:3] == [
        'error: directive.d/10-tools.yaml:5:39: rule "no-residency" matches on "residence", which is not a field',
        "   5 |     match: {kind: coding-agent, not: {residence: in-house}}",
        '     |                                       ^^^^^^^^^ did you mean "residency"?',
    ]
    assert lines[-1] == "  check again with: clearance policy check directive.d"


HOSTILE = {
    "bomb.yaml": b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    "nested.yaml": b"[" * 100_000,
    "dashes.yaml": b"- " * 200_000,
    "binary.yaml": bytes(range(256)) * 100,
    "nul.yaml": b"\0" * 5000,
    "large.yaml": b"a" * (3 << 20),
    "tags.yaml": b"a: !!python/object/apply:os.system [id]\n",
    "escapes.yaml": b'apiVersion: clearance/v1\nkind: Directive\n"\\e]0;owned\\a": 1\n',
    "empty.yaml": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_the_file_holds_the_answer_is_an_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    run = policy("check", str(path), code=2)
    assert run.stderr.startswith(f"error: {path}")
    assert "Traceback" not in run.stderr
    assert run.stderr.replace("\n", "").isprintable()
    policy("decide", str(path), "--tool", "claude-code", code=2)


def test_what_a_change_would_do_to_a_scan(tmp_path: Path) -> None:
    kept = tmp_path / "scan.json"
    sighting = {"id": "s1", "tool": "claude-code", "name": "Claude Code", "surface": "binary", "path": "/c",
                "version": "2.1.196", "user": "ana", "confidence": "certain", "endpoint": None}  # fmt: skip
    kept.write_text(json.dumps({"schema": "clearance/scan/v1", "host": {"name": "lab-7"}, "sightings": [sighting]}))
    old, new = str(EXAMPLES / "ban-and-steer.yaml"), str(EXAMPLES / "no-residency-no-agent.yaml")
    run = policy("diff", old, new, "--scan", str(kept), *AT, "--json", code=1)
    seen = [each for each in json.loads(run.stdout)["differences"] if each["sighting"] == "s1"]
    assert [(each["old"]["effect"], each["new"]["effect"], each["from"], each["until"]) for each in seen] == [
        ("warn", "block", "2026-11-21T00:00:00Z", "2027-01-14T23:00:00Z")
    ]
    assert policy("diff", old, old, "--scan", str(kept)).stdout.endswith("Nothing would be judged differently.\n")


def test_a_scan_that_was_kept_is_judged_as_it_was_when_it_was_made(tmp_path: Path) -> None:
    directive = str(EXAMPLES / "approved-list.yaml")
    made = scan(ROOT / "examples" / "laptop", "--directive", directive, "--json", home=tmp_path).json
    kept = tmp_path / "scan.json"
    kept.write_text(json.dumps(made))
    judge = task.judge_of(task.load(directive), load_catalog())
    at = dt.datetime.fromisoformat(made["started"])
    subjects = {subject.sighting: subject for subject in task.sightings(str(kept), judge.tools, at)}
    assert len(subjects) == len(made["sightings"]) + len(made["unknown"]) > 5
    for seen in (*made["sightings"], *made["unknown"]):
        decision, then = judge.decide(subjects[seen["id"]].request), seen["decision"]
        assert (decision.effect, decision.rule, decision.waiver) == (then["effect"], then["rule"], then["waiver"]), seen


def test_output_into_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m clearance policy explain {EXAMPLES}/approved-list.yaml --tool claude-code | head -1"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("BLOCK")
    assert run.stderr == ""
