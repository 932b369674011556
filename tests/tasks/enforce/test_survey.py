from __future__ import annotations

import os
from pathlib import Path

import pytest

from clearance.catalog import load_catalog
from clearance.model.enforcement import UNKNOWN_AGENT
from clearance.observe.host import HostView
from clearance.observe.identity.rules import compile_rules
from clearance.tasks.enforce import survey as module
from clearance.tasks.enforce.survey import configured, people, survey, unknown_agent
from clearance.tasks.enforce.table import Person
from tests.bench.planting import agent
from tests.e2e.hosts import GATEWAY, RELAY, linux

CATALOG = load_catalog()
RULES = compile_rules(CATALOG)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workstation that is looked at as if it were this host."""
    tree = linux(tmp_path / "host")
    tree.write("/srv/notes", agent(1), 0o755)
    monkeypatch.setattr(module, "HostView", lambda _: HostView(str(tree.root)))
    return tree.root


def test_settings_say_where_each_persons_tools_send(host: Path) -> None:
    found = configured(CATALOG)
    assert found.files == ()
    hosts = {(tool, user): name for tool, user, name in found.endpoints}
    assert hosts["qwen-code", "bo"] == GATEWAY
    assert RELAY not in {name for (_, user), name in hosts.items() if user == "bo"}
    assert "/home/bo/.zshrc" in found.settings
    assert set(found.homes) >= {"/home/ana", "/home/bo"}


def test_real_people_come_first(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(
        "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\nana:x:1000:1000::/home/ana:/bin/sh\n"
    )
    (tmp_path / "etc/group").write_text("lab:x:50:ana\n")
    found = people(HostView(str(tmp_path)))
    assert [one.login for one in found] == ["root", "ana", "daemon"]
    assert found[1] == Person(1000, "ana", found[1].unix_groups)
    assert "lab" in found[1].unix_groups


def test_an_unknown_agent_is_known_by_its_score(tmp_path: Path) -> None:
    script, native = tmp_path / "a.py", tmp_path / "b"
    script.write_bytes(agent(1))
    native.write_bytes(b"\x7fELF" + b"\0" * 100)
    found = unknown_agent(os.stat(script), str(script), 0.876)
    what = script.stat()
    assert (found.device, found.inode, found.changed) == (what.st_dev, what.st_ino, what.st_ctime_ns)
    assert (found.tool, found.version, found.score, found.entry) == (UNKNOWN_AGENT, "0.88", 0.876, True)
    assert not unknown_agent(os.stat(native), str(native), 0.9).entry


def test_programs_and_unknown_agents_where_all_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are opened by the paths that the walk gives, so this one is over a folder of this very host."""
    (tmp_path / "notes").write_bytes(agent(1))
    package = tmp_path / "lib/node_modules/@openai/codex"
    (package / "bin").mkdir(parents=True)
    (package / "package.json").write_text('{"name": "@openai/codex", "version": "0.1.0", "bin": {"codex": "bin/x.js"}}')
    (package / "bin/x.js").write_text("#!/usr/bin/env node\n" + "// nothing to see here\n" * 80)
    monkeypatch.setattr(module, "PROBES", ())
    monkeypatch.setattr("clearance.observe.homes.accounts", lambda _: [])
    found = {file.path: file for file in survey(CATALOG, RULES, (str(tmp_path),)).files}
    assert found[str(tmp_path / "notes")].tool == UNKNOWN_AGENT
    program = found[str(package / "bin/x.js")]
    assert (program.tool, program.version, program.entry) == ("codex", "0.1.0", True)
