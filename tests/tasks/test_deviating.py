from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from clearance.model.sighting import Deviation, Sighting, SwitchState
from clearance.model.tool import Setter, Switch
from clearance.tasks.deviating import best, deviating, how, place_of, to_set

ON = SwitchState("usage", "default", "on", "", "telemetry")
OFF = SwitchState("usage", "off", "false", "/home/bo/.t/s.json usage", "telemetry")
SETTERS = (
    Setter("/etc/t/managed.json", "usage", "managed", off=(False,), on=(True,)),
    Setter("./.t/s.json", "usage", "project", off=(False,)),
    Setter("~/Library/t/s.json", "usage", off=(False,), on=(True,)),
    Setter("~/.t/s.json", "usage", off=(False,), on=(True,)),
)


def switch(*setters: Setter) -> Switch:
    return Switch("usage", "telemetry", "on", setters, dt.date(2026, 11, 1), ("a document",))


def seen(user: str | None, *switches: SwitchState) -> Sighting:
    return Sighting("1", "t", "T", "binary", "/x", "certain", user=user, switches=switches)


def people(sighting: Sighting, states: Any = None) -> list[tuple[str | None, str]]:
    found = deviating(sighting, {"telemetry": "off"}, states or {}, (switch(*SETTERS),))
    return [(d.user, d.switch.state if d.switch else "?") for d in found]


def test_what_was_seen_with_switches_of_its_own_is_judged_by_them() -> None:
    assert people(seen("ana", ON), {("t", "ana"): (OFF,)}) == [("ana", "default")]
    assert people(seen("ana", OFF), {("t", "ana"): (ON,)}) == []


def test_what_has_none_is_judged_by_what_holds_for_its_user() -> None:
    assert people(seen("ana"), {("t", "ana"): (ON,), ("t", "bo"): (OFF,)}) == [("ana", "default")]
    assert people(seen("bo"), {("t", "ana"): (ON,), ("t", "bo"): (OFF,)}) == []


def test_what_is_installed_for_everybody_is_judged_by_those_who_use_it() -> None:
    states = {("t", None): (ON,), ("t", "ana"): (ON,), ("t", "bo"): (OFF,), ("u", "cy"): (ON,)}
    assert people(seen(None, ON), states) == [("ana", "default")]
    assert people(seen(None, ON), {("t", None): (ON,)}) == [(None, "default")]


def test_a_setting_of_which_nothing_is_known_is_not_passed_over() -> None:
    assert people(seen("ana")) == [("ana", "?")]


@pytest.mark.parametrize(
    ("setters", "wanted", "os", "said"),
    [
        (SETTERS, "off", "linux", "set usage to false in ~/.t/s.json"),
        (SETTERS, "on", "linux", "set usage to true in ~/.t/s.json"),
        (SETTERS, "off", "macos", "set usage to false in ~/Library/t/s.json"),
        (SETTERS[:2], "off", "linux", "set usage to false in /etc/t/managed.json"),
        (SETTERS[1:2], "off", "linux", ""),
        ((Setter("env", "NO_USAGE", off=("*",), on=("",)),), "off", "linux", "set NO_USAGE=1 in the environment"),
        ((Setter("env", "NO_USAGE", off=("*",), on=("",)),), "on", "linux", ""),
        ((Setter("~/.t", "deny.*", off=("Search",)),), "off", "linux", "add Search to deny in ~/.t"),
        (SETTERS, "low", "linux", "set usage to low in ~/.t/s.json"),
        ((), "off", "linux", ""),
    ],
)
def test_a_place_where_the_person_can_set_it_is_named(
    setters: tuple[Setter, ...], wanted: str, os: Any, said: str
) -> None:
    assert how(switch(*setters), Deviation("telemetry", wanted, ON), os) == said


def test_where_it_is_set_already_is_where_it_must_be_changed() -> None:
    managed = SwitchState("usage", "on", "true", "/etc/t/managed.json usage", "telemetry")
    assert how(switch(*SETTERS), Deviation("telemetry", "off", managed), "linux") == "set usage to false there"
    inside = SwitchState("usage", "off", "false", "/home/ana/.t/s.json usage", "telemetry", "/p/.t/s.json usage")
    assert place_of(inside, "off") == "/p/.t/s.json usage"
    assert how(switch(*SETTERS), Deviation("telemetry", "off", inside), "linux") == "set usage to false there"
    elsewhere = SwitchState("usage", "on", "true", "/etc/t/other.json other", "telemetry")
    assert how(switch(*SETTERS), Deviation("telemetry", "off", elsewhere), "linux") == ""


@pytest.mark.parametrize(
    ("where", "otherwise", "scope"),
    [
        ("/home/bo/.t/s.json usage", "", "user"),
        ("/etc/t/managed.json usage", "", "managed"),
        ("", "/home/bo/src/.t/s.json usage", "project"),
        ("/moved/by/a/variable.json usage", "", "managed"),
    ],
)
def test_of_places_with_the_same_key_it_is_the_one_where_it_is_set(where: str, otherwise: str, scope: str) -> None:
    state = SwitchState("usage", "off" if otherwise else "on", "", where, "telemetry", otherwise)
    found = best(switch(*SETTERS), Deviation("telemetry", "off", state), "linux")
    assert found is not None
    assert found[0].scope == scope


def test_of_a_tool_that_was_not_seen_every_setting_has_its_place() -> None:
    found = to_set({"telemetry": "off", "training": "off"}, (switch(*SETTERS),))
    assert [(d.setting, d.switch.name if d.switch else None, d.remedy) for d in found] == [
        ("telemetry", "usage", "set usage to false in ~/.t/s.json"),
        ("training", None, ""),
    ]
