from __future__ import annotations

import datetime as dt
import os
import pwd
from pathlib import Path

import pytest

from clearance.agent import policy as module
from clearance.agent.policy import KEPT, Policy, person_of
from clearance.catalog import Catalog, load_catalog
from clearance.errors import Error
from clearance.model.enforcement import KnownFile
from clearance.tasks.enforce.host_mode import Pause
from clearance.tasks.enforce.survey import Survey
from clearance.tasks.enforce.table import Person
from clearance.wire.enforcement import Ask

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
HEAD = """apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: One, owner: security@example.com, review: 2035-10-10}
contact: https://intranet.example.com/ai-tools
"""
ALLOWED = HEAD + "default: {effect: allow}\n"
BARRED = HEAD + "rules: [{id: none, match: {tool: codex}, effect: block, reason: r}]\ndefault: {effect: allow}\n"
VERSIONED = BARRED.replace("tool: codex", 'tool: codex, version: "<2"')
CODEX = KnownFile(1, 2, 3, "codex", "1.0", path="/bin/codex")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    whole = load_catalog()
    return Catalog([whole.tools[name] for name in ("codex", "gemini-cli")], whole.shared)


@pytest.fixture
def policy(tmp_path: Path, catalog: Catalog) -> Policy:
    made = Policy(str(tmp_path / "state"), catalog)
    made.by_hand = "block"
    return made


def put(policy: Policy, tmp_path: Path, text: str, *, told: bool = True) -> None:
    path = tmp_path / "directive.yaml"
    path.write_text(text)
    policy.take(str(path), AT, {}, told=told)


def action(policy: Policy, tool: str = "codex") -> str:
    assert policy.tabled is not None
    return next(e.row.action for e in policy.tabled.table.entries if e.tool == tool)


def test_before_any_directive_there_is_nothing_to_judge_by(policy: Policy) -> None:
    assert (policy.ref, policy.resume(), policy.mode) == (None, None, "block")
    with pytest.raises(Error):
        policy.make(AT)
    with pytest.raises(Error):
        policy.answer(Ask(1, "codex", None, 0))


def test_a_directive_is_taken_and_is_in_force_after_a_restart(policy: Policy, tmp_path: Path, catalog: Catalog) -> None:
    put(policy, tmp_path, BARRED)
    policy.make(AT)
    assert action(policy) == "block"
    again = Policy(str(tmp_path / "state"), catalog)
    assert again.resume() is not None
    assert again.ref == policy.ref
    assert again.mode == "observe"


def test_a_change_that_stops_too_much_is_refused_unless_told(
    policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "programs_here", lambda: 10)
    put(policy, tmp_path, ALLOWED)
    policy.learn([CODEX])
    policy.make(AT)
    with pytest.raises(Error, match="would stop 1 of 10"):
        put(policy, tmp_path, BARRED, told=False)
    assert action(policy) == "allow"
    assert policy.ref is not None
    assert policy.ref.generation == 1
    put(policy, tmp_path, BARRED, told=True)
    policy.make(AT)
    assert action(policy) == "block"


def test_the_table_has_what_is_known_and_who_is_there(policy: Policy, tmp_path: Path) -> None:
    put(policy, tmp_path, BARRED)
    policy.learn([KnownFile(1, 2, 2, "gemini-cli"), CODEX])
    policy.surveyed(Survey((), (Person(1000, "ana"),), (), ()))
    table = policy.make(AT).table
    assert (table.files, table.users) == ((CODEX,), (1000,))
    policy.surveyed(Survey((KnownFile(9, 9, 9, "codex"),), (), (), ()))
    assert policy.make(AT).table.files == (KnownFile(9, 9, 9, "codex"),)
    policy.forget_files()
    assert (policy.make(AT).table.files, policy.survey.files) == ((), ())


def test_a_decision_is_found_for_as_long_as_children_may_ask(policy: Policy, tmp_path: Path) -> None:
    put(policy, tmp_path, VERSIONED)
    first = policy.make(AT)
    serial, row = policy.answer(Ask(1, "codex", "1.0", 0))
    decision = policy.decision(serial, row)
    assert decision is not None
    assert (serial, row.action, decision.rule) == (first.serial, "block", "none")
    assert policy.answer(Ask(2, "codex", "3.0", 0))[1].action == "allow"
    for _ in range(KEPT - 1):
        policy.make(AT)
    assert policy.decision(serial, row) == decision
    policy.make(AT)
    assert policy.decision(serial, row) is None
    assert policy.decision(10_000, row) is None


def test_a_pause_is_a_table_that_lets_everything_start(policy: Policy, tmp_path: Path) -> None:
    put(policy, tmp_path, BARRED)
    policy.pause = Pause("2026-11-21T13:00:00Z", "r", 0, "2026-11-21T12:00:00Z")
    tabled = policy.make(AT)
    assert (action(policy), tabled.table.paused) == ("allow", True)
    policy.pause = None
    policy.make(AT)
    assert action(policy) == "block"


def test_what_is_in_force_is_kept_once_more(policy: Policy, tmp_path: Path, catalog: Catalog) -> None:
    policy.keep()
    put(policy, tmp_path, BARRED)
    os.rename(tmp_path / "state", tmp_path / "gone")
    policy.keep()
    assert Policy(str(tmp_path / "state"), catalog).resume() is not None


def test_who_a_user_is() -> None:
    root = person_of(0)
    assert root is not None
    assert (root.uid, root.login) == (0, pwd.getpwuid(0).pw_name)
    assert person_of(None) is None
    assert person_of(3_999_999_999) == Person(3_999_999_999, "3999999999")
