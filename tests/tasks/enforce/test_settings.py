from __future__ import annotations

import datetime as dt
import json
import os
import pwd
from pathlib import Path

import pytest

from clearance.act.journal import Journal
from clearance.act.undo import undo
from clearance.judge.settings import deviations
from clearance.model.sighting import SwitchState
from clearance.model.tool import Setter, Switch
from clearance.tasks.enforce.settings import Person, names, person, put_right
from clearance.tasks.enforce.surveyed import PutRight


def switch(*setters: Setter) -> Switch:
    return Switch("telemetry", "telemetry", "on", setters, dt.date(2026, 1, 1), ("x",))


USER = Setter("~/.tool/settings.json", "privacy.telemetry", off=(False,), on=(True,))


def fix(tmp_path: Path, known: Switch, *, where: str = "", user: str | None = "ana") -> tuple[Journal, PutRight]:
    state = SwitchState("telemetry", "on" if where else "default", "on", where, "telemetry")
    (found,) = deviations({"telemetry": "off"}, [state])
    from msgspec import structs

    journal = Journal.begin(str(tmp_path / "state"))
    people = {"ana": Person("ana", os.getuid(), os.getgid(), str(tmp_path))}
    (result,) = put_right(journal, [structs.replace(found, user=user)], [known], people)
    return journal, result


def test_a_setting_that_nobody_made_is_made_and_taken_back(tmp_path: Path) -> None:
    (tmp_path / ".tool").mkdir()
    journal, result = fix(tmp_path, switch(USER))
    path = tmp_path / ".tool" / "settings.json"
    assert result == PutRight("ana", "telemetry", "off", str(path), "privacy.telemetry")
    assert json.loads(path.read_text()) == {"privacy": {"telemetry": False}}
    undo(journal)
    assert not path.exists()


def test_the_place_that_sets_it_is_changed_as_it_is_written_there(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.json"
    text = '{\n  // why it is on\n  "privacy.telemetry": true,\n}\n'
    path.write_text(text)
    journal, result = fix(tmp_path, switch(USER), where=f"{path} privacy.telemetry")
    assert result.why == ""
    assert path.read_text() == text.replace("true", "false")
    undo(journal)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("setter", "where", "user", "why"),
    [
        (Setter("env", "NO_TELEMETRY", off=("1",), on=("0",)), "", "ana", "the variable NO_TELEMETRY"),
        (Setter("./.tool.json", "t", scope="project", off=(False,)), "/p/.tool.json t", "ana", "a project sets it"),
        (Setter("/etc/tool.json", "t", scope="managed", off=(False,)), "", "ana", "for everybody"),
        (Setter("~/.tool/config.yaml", "t", off=(False,)), "", "ana", "a form that is not changed"),
        (Setter("~/.tool/s.json", "list.*", off=(False,)), "", "ana", "a form that is not changed"),
        (Setter("~/.tool/s.json", "t", off=()), "", "ana", "no place for it"),
        (USER, "", "nobody-here", "for everybody"),
        (USER, "", "ana", "could not be changed: no such file"),
    ],
)
def test_what_cannot_be_put_right_is_said(tmp_path: Path, setter: Setter, where: str, user: str, why: str) -> None:
    journal, result = fix(tmp_path, switch(setter), where=where, user=user)
    assert why in result.why
    assert undo(journal).undone == []


def test_a_document_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".tool").mkdir()
    (tmp_path / ".tool" / "settings.json").write_text("{ not json")
    _, result = fix(tmp_path, switch(USER))
    assert result.why.startswith("it could not be changed")
    assert (tmp_path / ".tool" / "settings.json").read_text() == "{ not json"


@pytest.mark.parametrize(
    ("document", "flat", "expected"),
    [
        ({}, False, ("a", "b", "c")),
        ({}, True, ("a.b.c",)),
        ({"a.b.c": 1}, False, ("a.b.c",)),
        ({"a": {"b.c": 1}}, False, ("a", "b.c")),
        ({"a.b": {}}, False, ("a.b", "c")),
        ({"a": 1}, True, ("a.b.c",)),
        ([], False, ("a", "b", "c")),
    ],
)
def test_the_names_are_those_of_the_document(document: object, flat: bool, expected: tuple[str, ...]) -> None:
    assert names(document, "a.b.c", flat=flat) == expected


def test_people_of_this_machine() -> None:
    me = pwd.getpwuid(os.getuid())
    assert person(me.pw_name) == Person(me.pw_name, me.pw_uid, me.pw_gid, me.pw_dir)
    assert person("nobody-of-this-name") is None
