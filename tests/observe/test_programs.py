from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from clearance.model.sighting import Sighting, Skipped
from clearance.observe import programs
from clearance.observe.identity.types import REPORTING_THRESHOLD
from clearance.observe.probe import AgentTraits
from clearance.observe.reader import FdReader
from tests.bench.planting import agent
from tests.observe.visiting import everything, skipped, told, visitor, write


def test_a_defect_of_identity_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(reader: FdReader, *others: Any) -> None:
        if b"bad" in reader.read(0, 9000):
            raise RecursionError

    monkeypatch.setattr("clearance.observe.identity.deep.identify_in", broken)
    for name in ("bad", "good"):
        write(tmp_path, f"p/{name}", b"\x7fELF" + name.encode() * 5000, 0o755)
    walker, _ = visitor(tmp_path)
    (miss,) = everything(walker)
    assert isinstance(miss, Skipped)
    assert (miss.path, miss.reason, miss.matters) == ("/p/bad", "could not be read (RecursionError)", True)
    assert walker.files == 2


def test_an_agent_is_found_under_any_name(tmp_path: Path) -> None:
    names = ("p/photo.png", "p/node_modules/x/LICENSE", "home/ana/.cache/0f3a")
    for number, name in enumerate(names):
        write(tmp_path, name, agent(number) + b"# " + b"x" * 1500)
    walker, _ = visitor(tmp_path)
    found = [seen for seen in everything(walker) if isinstance(seen, AgentTraits)]
    assert {seen.path for seen in found} == {f"/{name}" for name in names}
    assert {seen.user for seen in found} == {None, "ana"}


def test_a_program_is_told_by_the_package_that_names_it(tmp_path: Path) -> None:
    inside = "home/ana/p/node_modules/@acme/agent"
    write(tmp_path, f"{inside}/package.json", b'{"name": "@acme/agent", "version": "1.2.3", "bin": {"acme": "run.js"}}')
    write(
        tmp_path,
        f"{inside}/run.js",
        b"#!/usr/bin/env node\nrequire('./lib/start').start(process.argv.slice(2));\n",
        0o755,
    )
    walker, _ = visitor(tmp_path)
    (seen,) = [seen for seen in everything(walker) if isinstance(seen, Sighting)]
    assert (seen.tool, seen.version, seen.path, seen.user) == ("acme", "1.2.3", f"/{inside}/run.js", "ana")


def test_hard_links_are_each_told(tmp_path: Path) -> None:
    write(tmp_path, "p/a", agent(1) + b"# " + b"x" * 1500)
    os.link(tmp_path / "p/a", tmp_path / "p/b")
    walker, _ = visitor(tmp_path)
    assert sorted(seen.path for seen in everything(walker) if isinstance(seen, AgentTraits)) == ["/p/a", "/p/b"]


def test_a_sparse_file_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with write(tmp_path, "p/hole").open("r+b") as out:
        out.truncate(1 << 40)
    read: list[int] = []
    monkeypatch.setattr(os, "pread", told(os.pread, 1, read))
    walker, _ = visitor(tmp_path)
    assert everything(walker) == []
    assert sum(read) < 1 << 22


def test_heavy_files_are_put_off_and_then_told_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "HEAVY", 6000)
    for name, size in (("light", 1500), ("heavy", 8000), ("gone", 7000), ("linked", 9000), ("noise", 9000)):
        write(tmp_path, f"p/{name}", agent(1) + b"# " + b"x" * size if name != "noise" else b"\x89PNG" * size)
    at_once, _ = visitor(tmp_path)
    wanted = {seen.path: seen for seen in everything(at_once) if isinstance(seen, AgentTraits)}
    walker, _ = visitor(tmp_path, puts_off=True)
    assert everything(walker) == [wanted["/p/light"]]
    later = sorted(walker.take_later())
    assert [path for _, path in later] == ["/p/gone", "/p/heavy", "/p/linked"]
    assert later[1][0] == (tmp_path / "p/heavy").stat().st_size
    assert walker.take_later() == []
    (tmp_path / "p/gone").unlink()
    (tmp_path / "p/linked").rename(tmp_path / "p/other")
    (tmp_path / "p/linked").symlink_to("other")
    before = len(os.listdir("/proc/self/fd"))
    for _, path in later:
        walker.heavy(path)
    assert walker.take() == [wanted["/p/heavy"]]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_heavy_file_that_cannot_be_opened_any_more_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "p/a", agent(1))
    walker, _ = visitor(tmp_path, puts_off=True)

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("clearance.observe.rooted.Rooted.open_entry", refused)
    walker.heavy("/p/a")
    assert [(miss.path, miss.reason) for miss in skipped(walker.take())] == [("/p/a", "permission denied")]


def test_a_bundle_is_an_agent_where_its_package_starts_it(tmp_path: Path) -> None:
    bundle = (
        b"#!/usr/bin/env node\nconst a = require('child_process'), run_command = process.argv;\n"
        b'fetch("https://api.anthropic.com/v1/messages", {tool_use: "tool_result", input_schema: "write_file", '
        b'systemPrompt: "You are an autonomous agent"}); // https://api.openai.com/v1/chat/completions\n'
    )
    bundle += b"// nothing\n" * 4000
    manifest = b'{"name": "x", "bin": "cli.js", "description": "Does things"}'
    write(tmp_path, "node_modules/x/package.json", manifest)
    for name in ("node_modules/x/cli.js", "node_modules/x/chunk.js", "agent/chunk.js"):
        write(tmp_path, name, bundle)
    walker, _ = visitor(tmp_path)
    scores = {seen.path: seen.score for seen in everything(walker) if isinstance(seen, AgentTraits)}
    assert {path: score >= REPORTING_THRESHOLD for path, score in scores.items()} == {
        "/node_modules/x/cli.js": True, "/node_modules/x/chunk.js": False, "/agent/chunk.js": True,
    }  # fmt: skip
