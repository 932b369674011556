from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from clearance.catalog.index import Catalog
from clearance.catalog.source import LARGEST
from clearance.errors import Error, Errors
from clearance.model.tool import Switch
from clearance.tasks import policy
from tests.builders import CHECKED, tool
from tests.judge.builders import AT, HEADER, TOOLS, ask

CATALOG = Catalog((tool("alpha", hosts=("api.alpha.example",)), tool("beta")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "directive.d"
    found.mkdir()
    return found


def write(path: Path, body: str = "") -> str:
    path.write_text(HEADER + body)
    return str(path)


def refusal(path: str) -> str:
    with pytest.raises(Error) as caught:
        policy.load(path)
    return str(caught.value)


def test_a_file_is_a_directive(tmp_path: Path) -> None:
    merged = policy.load(write(tmp_path / "d.yaml", "contact: c"))
    assert merged.directive.contact == "c"


def test_a_folder_is_read_in_name_order_without_what_is_no_directive(folder: Path) -> None:
    write(folder / "20-b.yaml", "contact: b\nmetadata: {id: B}")
    write(folder / "10-a.yml", "contact: a\nmetadata: {id: A}")
    write(folder / "30-c.test.yaml", "nonsense")
    write(folder / ".hidden.yaml", "nonsense")
    write(folder / "notes.txt", "nonsense")
    (folder / "sub.yaml").mkdir()
    merged = policy.load(str(folder))
    assert (merged.directive.contact, merged.ids) == ("b", ("A", "B"))


def test_an_error_names_the_file_in_the_folder_and_the_command_to_check_again(folder: Path) -> None:
    write(folder / "10-a.yaml", "zz: 1\nyy: 2")
    path = str(folder)
    with pytest.raises(Errors) as caught:
        policy.load(path)
    first, last = (str(error) for error in caught.value.errors)
    assert first.startswith(f"{path}/10-a.yaml:3:1: ")
    assert "check again" not in first
    assert last.endswith(f"\n  check again with: clearance policy check {path}")


def test_a_single_error_has_the_command_too(tmp_path: Path) -> None:
    path = write(tmp_path / "d.yaml", "zz: 1")
    assert refusal(path).splitlines()[-2:] == [
        (
            "  the fields are: apiVersion, kind, metadata, contact, groups, tools, endpoints, rules, default, waivers, "
            "protected, audit, enforcement"
        ),
        f"  check again with: clearance policy check {path}",
    ]


def test_an_empty_folder_is_no_directive(folder: Path) -> None:
    assert refusal(str(folder)).startswith(f"{folder}: holds no *.yaml file\n")


def test_what_is_not_there_says_so(tmp_path: Path) -> None:
    assert refusal(str(tmp_path / "none.yaml")).startswith(f"{tmp_path}/none.yaml: cannot be read: No such file")
    assert "cannot be read" in refusal("a\0b")


def test_only_regular_files_are_read_and_nothing_is_waited_for(tmp_path: Path, folder: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "is not a regular file" in refusal(str(tmp_path / "pipe.yaml"))
    assert "is not a regular file" in refusal("/dev/zero")
    os.mkfifo(folder / "pipe.yaml")
    assert "is not a regular file" in refusal(str(folder))
    (folder / "pipe.yaml").unlink()
    (folder / "a.yaml").symlink_to(folder / "a.yaml")
    assert "cannot be read: Too many levels of symbolic links" in refusal(str(folder))


def test_no_more_is_read_than_a_directive_may_have(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    with path.open("wb") as file:
        file.truncate(50 * LARGEST)
    assert "is larger than 1 MiB" in refusal(str(path))


def test_a_folder_that_cannot_be_listed_says_so(folder: Path) -> None:
    with pytest.raises(Error, match="cannot be read: No such file"):
        policy._names(str(folder / "gone"))


def test_a_name_that_is_not_utf_8_is_shown_harmlessly(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xff\x1b[31m.yaml")
    Path(path).write_text("")
    assert "\\udcff\\x1b[31m.yaml: is empty" in refusal(path)


def test_the_lint_knows_the_switches_of_the_catalogs_tools(tmp_path: Path) -> None:
    switch = Switch("NO_TELEMETRY", "telemetry", "on", (), CHECKED, ("a test",))
    catalog = Catalog((tool("alpha", switches=(switch,)),))
    body = "metadata: {id: D}\nrules: [{id: r, match: {tool: alpha}, effect: allow-with-settings, settings: {%s: '1'}}]"
    known = policy.load(write(tmp_path / "d.yaml", body % "NO_TELEMETRY"))
    assert policy.check(known, catalog, AT) == ()
    unknown = policy.load(write(tmp_path / "d.yaml", body % "OTHER"))
    assert [remark.check for remark in policy.check(unknown, catalog, AT)] == ["unknown-switch"]


def test_a_tool_is_named_by_id_or_alias(tmp_path: Path) -> None:
    import msgspec

    aliased = msgspec.structs.replace(tool("alpha"), aliases=("Alef",))
    catalog = Catalog((aliased,))
    judge = policy.judge_of(policy.load(write(tmp_path / "d.yaml", "tools: [{id: own}]")), catalog)
    assert policy.tool_named(judge, catalog, "own").id == "own"
    assert policy.tool_named(judge, catalog, "alef").id == "alpha"
    with pytest.raises(Error) as caught:
        policy.tool_named(judge, catalog, "alhpa\x1b")
    assert str(caught.value).splitlines() == [
        'the tool "alhpa\\x1b" is known neither to the catalog nor to the directive',
        '  did you mean "alpha"?',
        "  see the ids with: clearance explain",
    ]
    with pytest.raises(Error) as caught:
        policy.tool_named(judge, catalog, "zzzzzz")
    assert "did you mean" not in str(caught.value)


def test_an_endpoint_may_be_a_url() -> None:
    named = policy.endpoint_named
    assert named("https://user:secret@LLM.corp.example:8443/v1?key=x") == "llm.corp.example"
    assert named("[::1]:8080") == "::1"
    assert [named(text) for text in ("llm.corp.example:80", "llm", "llm.corp.example")] == [
        "llm.corp.example", "llm", "llm.corp.example",
    ]  # fmt: skip


def test_cases_are_found_beside_the_directive(tmp_path: Path, folder: Path) -> None:
    directive = write(tmp_path / "d.yaml")
    assert policy.cases_of(directive, ()) == ()
    (tmp_path / "d.test.yml").touch()
    assert policy.cases_of(directive, ()) == (f"{tmp_path}/d.test.yml",)
    (tmp_path / "d.test.yaml").touch()
    assert policy.cases_of(directive, ()) == (f"{tmp_path}/d.test.yaml", f"{tmp_path}/d.test.yml")
    assert policy.cases_of(str(tmp_path / "d"), ()) == (f"{tmp_path}/d.test.yaml", f"{tmp_path}/d.test.yml")
    assert policy.cases_of(directive, ("x", "y")) == ("x", "y")
    write(folder / "a.yaml")
    (folder / "b.test.yaml").touch()
    (folder / "a.test.yaml").touch()
    assert policy.cases_of(str(folder), ()) == (f"{folder}/a.test.yaml", f"{folder}/b.test.yaml")


def test_cases_are_run(tmp_path: Path) -> None:
    judge = policy.judge_of(policy.load(write(tmp_path / "d.yaml")), CATALOG)
    cases = tmp_path / "d.test.yaml"
    case = "{name: n, given: {tool: alpha, at: 2026-11-21}, expect: {effect: block}}"
    cases.write_text(f"apiVersion: clearance/v1\nkind: DirectiveTest\ncases: [{case}]")
    (result,) = policy.run_tests((str(cases),), judge)
    assert [mismatch.got for mismatch in result.mismatches] == ["warn"]


SCAN: dict[str, Any] = {
    "schema": "clearance/scan/v1",
    "host": {"name": "lab-7", "os": "linux", "root": "/"},
    "sightings": [
        {
            "id": "s1", "tool": "alpha", "name": "Alpha", "surface": "binary", "path": "/bin/a", "version": "1.2",
            "user": "ana", "endpoint": {"host": "relay.example", "class": "relay"}, "confidence": "certain",
            "pid": None,
            "evidence": [],
        },
        {"id": "s2", "tool": "beta", "path": "/b", "surface": "config", "endpoint": None},
        {"id": "s3", "tool": "no-longer-known", "path": "/c"},
    ],
    "unknown": [{"id": "u1", "path": "/x", "score": 0.9, "traits": ["a"], "user": "bo"}],
    "later-field": 1,
}  # fmt: skip


def test_a_scan_is_read_as_requests(tmp_path: Path) -> None:
    path = tmp_path / "scan.json"
    path.write_text(json.dumps(SCAN))
    first, second, agent = policy.sightings(str(path), TOOLS, AT)
    assert first.request == ask(
        TOOLS["alpha"], version="1.2", surface="binary", endpoint="relay.example", user="ana", host="lab-7",
        confidence="certain",
    )  # fmt: skip
    assert (first.name, first.sighting, first.circumstances) == ("Alpha", "s1", ("/bin/a",))
    assert (second.name, second.request.endpoint) == ("beta", None)
    assert agent.request == ask(None, score=0.9, user="bo", host="lab-7", surface="binary")
    assert (agent.name, agent.sighting, agent.circumstances) == ("an unknown agent", "u1", ("/x",))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"{", "is not the document of a scan"),
        (b"", "is not the document of a scan"),
        (b"\xff\xfe", "is not the document of a scan"),
        (b"[" * 100_000, "is not the document of a scan"),
        (b"[]", "is not the document of a scan"),
        (b"{}", 'has the schema "", and only "clearance/scan/v1" is read here'),
        (b'{"schema": "clearance/scan/v2"}', 'has the schema "clearance/scan/v2"'),
        (b'{"schema": "clearance/scan/v1"}', "is not the document of a scan"),
        (b'{"schema": "clearance/scan/v1", "host": {"name": 3}}', "is not the document of a scan"),
        (b'{"schema": "\\u001b[31m"}', 'has the schema "\\x1b[31m"'),
    ],
)
def test_what_is_no_scan_says_so(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "scan.json"
    path.write_bytes(data)
    with pytest.raises(Error) as caught:
        policy.sightings(str(path), TOOLS, AT)
    assert f"{path}: {expected}" in str(caught.value)
    assert "make it with: clearance scan --json" in str(caught.value)


def test_a_scan_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "LARGEST_SCAN", 1000)
    path = tmp_path / "scan.json"
    path.write_bytes(b" " * 2000)
    with pytest.raises(Error, match="is larger than"):
        policy.sightings(str(path), TOOLS, AT)


def test_now_is_an_instant_with_a_zone() -> None:
    assert policy.now().tzinfo is not None
