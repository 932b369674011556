"""The directive in force and its tables: taken, refused, resumed; decisions that can still be looked up."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearance.agent.policy import KEPT, Policy, person_of
from clearance.catalog import Catalog
from clearance.errors import Error
from clearance.model.enforcement import KnownFile, Row
from clearance.tasks.enforce.surveyed import Survey
from clearance.tasks.enforce.table import Person
from clearance.wire.enforcement import Ask
from tests.agent.directives import AT, TEXT, write


def test_without_a_directive_nothing_is_decided(policy: Policy) -> None:
    assert policy.ref is None
    assert policy.resume() is None
    with pytest.raises(Error, match="no directive"):
        policy.make(AT)
    with pytest.raises(Error, match="no directive"):
        policy.answer(Ask(1, "codex", None, 0))


def test_taken_and_resumed(policy: Policy, tmp_path: Path, catalog: Catalog) -> None:
    assert policy.take(write(tmp_path), AT).accepted.generation == 1
    assert policy.ref is not None
    again = Policy(str(tmp_path / "state"), catalog)
    assert again.resume() is not None
    assert again.ref == policy.ref


def test_a_bad_one_leaves_the_old_in_force(policy: Policy, tmp_path: Path) -> None:
    policy.take(write(tmp_path), AT)
    before = policy.ref
    with pytest.raises(Error):
        policy.take(write(tmp_path, TEXT.replace("effect: block", "effect: blok")), AT)
    assert policy.ref == before


def test_what_would_stop_much_is_refused_unless_told(policy: Policy, tmp_path: Path) -> None:
    policy.take(write(tmp_path, TEXT.replace("effect: block", "effect: allow")), AT)
    policy.make(AT)
    files = [KnownFile(1, number, 1, "codex", path=f"/opt/{number}") for number in range(500)]
    policy.learn(files)
    processes = {(1, number): {0} for number in range(500)}
    with pytest.raises(Error):
        policy.take(write(tmp_path), AT, processes)
    assert policy.ref is not None
    assert policy.ref.generation == 1
    assert policy.take(write(tmp_path), AT, processes, told=True).accepted.generation == 2


def test_decisions_of_the_last_tables_are_kept(policy: Policy, tmp_path: Path) -> None:
    policy.take(write(tmp_path), AT)
    first = policy.make(AT)
    row = next(entry.row for entry in first.table.entries if entry.tool == "codex")
    decision = policy.decision(first.serial, row)
    assert decision is not None
    assert decision.rule == "none"
    for _ in range(KEPT):
        policy.make(AT)
    assert policy.decision(first.serial, row) is None
    assert policy.decision(policy.make(AT).serial, Row("block", "block", 99_999)) is None


def test_answers_are_of_the_newest_table(policy: Policy, tmp_path: Path) -> None:
    policy.take(write(tmp_path), AT)
    policy.surveyed(Survey((), (Person(4711, "ana"),), (), ()))
    policy.make(AT)
    newest = policy.make(AT).serial
    for uid, action in ((4711, "block"), (4712, "allow"), (None, "allow")):
        serial, row = policy.answer(Ask(1, "aider", "1.0", uid))
        assert (serial, row.action) == (newest, action)


def test_a_survey_of_settings_alone_forgets_no_files(policy: Policy) -> None:
    file = KnownFile(1, 2, 3, "codex", path="/opt/x")
    policy.surveyed(Survey((file,), (), (), ()))
    policy.surveyed(Survey((), (Person(0, "root"),), (("codex", "ana", "h"),), ()))
    assert policy.files == {(1, 2): file}
    assert policy.survey.endpoints == (("codex", "ana", "h"),)
    newer = KnownFile(1, 2, 4, None)
    policy.learn([newer])
    assert policy.files == {(1, 2): newer}


def test_rules_with_words_of_their_own(policy: Policy, tmp_path: Path) -> None:
    policy.take(write(tmp_path), AT)
    assert policy.names() == ["ana"]
    assert policy.limits().on_failure == "open"


def test_people_whom_nobody_lists() -> None:
    assert person_of(None) is None
    assert person_of(0) is not None
    assert person_of(3_999_999) == Person(3_999_999, "3999999")
