"""A scan composed, over small hosts in a folder. What each part of it finds is tested with the part."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import msgspec
import pytest

import clearance
from clearance.errors import Error
from clearance.model.sighting import ScanResult, Sighting
from clearance.tasks.scan import ScanOptions, Seen, own_files, run_scan, stamp, summary
from tests.e2e.hosts import DIRECTIVE, HostTree
from tests.prove.formats.sample import decision

MODULES = "/home/ana/.npm-global/lib/node_modules"


@pytest.fixture
def host(tmp_path: Path) -> HostTree:
    host = HostTree(tmp_path / "host")
    host.people("ana", "bo")
    host.npm(MODULES, "@anthropic-ai/claude-code", "2.1.90", "claude")
    return host


@pytest.fixture
def directive(tmp_path: Path) -> str:
    path = tmp_path / "directive.yaml"
    path.write_text(DIRECTIVE)
    return str(path)


def scanned(host: HostTree, directive: str, /, **options: object) -> ScanResult:
    fields = {"root": str(host.root), "directive": directive, "live": False, "workers": 1} | options
    return run_scan(msgspec.convert(fields, ScanOptions))


def test_what_is_found_is_judged_and_counted(host: HostTree, directive: str) -> None:
    result = scanned(host, directive)
    (seen,) = result.sightings
    assert (seen.tool, seen.surface, seen.user, seen.version) == ("claude-code", "package", "ana", "2.1.90")
    assert seen.decision is not None
    assert (seen.decision.effect, seen.decision.rule) == ("block", "no-claude-code")
    assert (result.summary.tools, result.summary.sightings, result.summary.blocked) == (1, 1, 1)
    assert (result.summary.homes, result.summary.processes) == (2, 0)
    assert result.summary.files_seen > 0
    assert result.homes == (("ana", "/home/ana"), ("bo", "/home/bo"))
    assert result.policy.directives == ("D-1",)
    assert result.changes is None


def test_the_facts_are_on_what_was_seen_and_what_replaces_it(host: HostTree, directive: str) -> None:
    assert [facts.id for facts in scanned(host, directive).tools] == ["claude-code", "qwen-code"]


def test_coverage_is_said_for_every_tool_and_home(host: HostTree, directive: str) -> None:
    states = {(c.tool, c.user): c.state for c in scanned(host, directive).coverage}
    assert states["claude-code", "ana"] == "found"
    assert states["claude-code", "bo"] == "nothing"
    assert len(states) == 2 * len({tool for tool, _ in states})


def test_the_directive_s_own_tools_are_looked_for_too(host: HostTree, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    own = 'tools: [{id: inhouse, name: In-house Coder, packages: ["npm:@corp/coder"]}]\n'
    path.write_text(f"apiVersion: clearance/v1\nkind: Directive\nmetadata: {{id: D}}\n{own}")
    host.npm(MODULES, "@corp/coder", "3.0.0", "corp-coder")
    found = {s.tool: s.version for s in scanned(host, str(path)).sightings}
    assert found == {"claude-code": "2.1.90", "inhouse": "3.0.0"}


def test_what_is_new_and_gone_since_an_earlier_scan(host: HostTree, directive: str, tmp_path: Path) -> None:
    from clearance.prove.formats.rendering import RenderOptions
    from clearance.prove.formats.scan.json import render

    first = scanned(host, directive)
    earlier = tmp_path / "earlier.json"
    earlier.write_text(render(first, RenderOptions()), "utf-8")
    host.npm(MODULES, "@openai/codex", "0.169.0", "codex")
    second = scanned(host, directive, since=str(earlier))
    assert second.changes is not None
    assert second.changes.since == json.loads(earlier.read_text("utf-8"))["finished"]
    assert [s.tool for s in second.sightings if s.id in second.changes.new] == ["codex"]
    assert second.changes.gone == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"root": "/nowhere/at/all"}, "/nowhere/at/all: cannot scan: no such file or directory"),
        ({"deep": ["/home/nobody"]}, "/home/nobody: cannot scan: no such file or directory"),
        ({"deep": [""]}, "cannot scan: no such file or directory"),
        ({"since": ""}, "cannot read the earlier scan"),
        ({"directive": "/nowhere.yaml"}, "/nowhere.yaml"),
        ({"since": "/nowhere.json"}, "/nowhere.json"),
        ({"suppressions": "/nowhere.yaml"}, "/nowhere.yaml"),
    ],
)
def test_what_is_named_and_unusable_is_an_error(
    options: dict[str, object], said: str, host: HostTree, directive: str
) -> None:
    with pytest.raises(Error) as caught:
        scanned(host, directive, **options)
    assert said in str(caught.value)


def test_a_deep_scan_looks_where_the_default_does_not(host: HostTree, directive: str) -> None:
    host.npm("/data/vault/node_modules", "@openai/codex", "0.169.0", "codex")
    assert {s.tool for s in scanned(host, directive).sightings} == {"claude-code"}
    assert {s.tool for s in scanned(host, directive, deep=["/data"]).sightings} == {"claude-code", "codex"}


def test_own_files_are_this_program_and_no_more_of_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = Path(clearance.__file__).resolve().parent
    assert own_files()[0] == str(package)
    assert [Path(path).name for path in own_files()] == ["clearance", "examples", "tests"]
    installed = tmp_path / "lib" / "clearance" / "__init__.py"
    monkeypatch.setattr(clearance, "__file__", str(installed))
    assert own_files() == (str(installed.parent),)


def test_times_are_utc_to_the_second() -> None:
    assert stamp(dt.datetime(2026, 11, 21, 9, 30, 0, 712_000, tzinfo=dt.UTC)) == "2026-11-21T09:30:00Z"


def test_a_tool_counts_once_as_what_its_worst_sighting_is_judged() -> None:
    def seen(tool: str, effect: str) -> Sighting:
        return Sighting(
            f"{tool}-{effect}", tool, tool, "binary", f"/{effect}", "certain", decision=decision(tool, effect)
        )

    sightings = [
        seen("a", "allow"), seen("a", "block"), seen("a", "warn"), seen("b", "warn"), seen("b", "allow"),
        seen("c", "allow"), seen("d", "allow-with-settings"), Sighting("e", "e", "e", "binary", "/e", "weak"),
    ]  # fmt: skip
    counted = summary(sightings, (), Seen((), 1234, 56, 0), 3, 0.71249)
    assert (counted.tools, counted.sightings, counted.unknown) == (4, 8, 0)
    assert (counted.blocked, counted.warned, counted.allowed) == (1, 1, 2)
    assert (counted.files_seen, counted.processes, counted.homes, counted.seconds) == (1234, 56, 3, 0.712)
