from __future__ import annotations

import datetime as dt
from typing import Literal

from clearance.catalog import load_catalog
from clearance.judge.parse import parse
from clearance.model.sighting import SwitchState
from clearance.model.terms import Enforce
from clearance.tasks.enforce.putting_right import put_right, wanted
from clearance.tasks.enforce.table import Circumstances, Person, Tabled
from clearance.tasks.policy import judge_of

CATALOG = load_catalog()
NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def tabled(mode: Enforce = "block", enforce: str = "", *, paused: bool = False) -> Tabled:
    rule = (
        "{id: quiet, match: {tool: gemini-cli}, effect: allow-with-settings, settings: {telemetry: 'off'}"
        + enforce
        + "}"
    )
    text = (
        "apiVersion: clearance/v1\nkind: Directive\nmetadata: {id: D, owner: a@example.com}\n"
        f"rules:\n  - {rule}\ndefault: {{effect: allow}}\n"
    )
    judge = judge_of(parse([("d.yaml", text.encode())]), CATALOG)
    return Tabled(judge, Circumstances("h", (Person(1000, "ana"),), {}, mode, paused), NOW, 1)


def state(value: Literal["on", "off"]) -> SwitchState:
    return SwitchState("telemetry", value, value, "/home/ana/.gemini/settings.json telemetry.enabled", "telemetry")


STATES = {
    ("gemini-cli", "ana"): (state("on"),),
    ("gemini-cli", None): (state("on"),),
    ("cursor", "ana"): (state("on"),),
}


def test_what_a_rule_asks_is_wanted_for_each_person() -> None:
    found = wanted(STATES, tabled())
    assert [(tool, [d.user for d in each]) for tool, each in found.items()] == [("gemini-cli", ["ana"])]


def test_nothing_is_wanted_where_it_is_so_already() -> None:
    assert wanted({("gemini-cli", "ana"): (state("off"),)}, tabled()) == {}


def test_only_a_host_in_mode_block_puts_right() -> None:
    assert wanted(STATES, tabled("warn")) == {}
    assert wanted(STATES, tabled("observe")) == {}
    assert wanted(STATES, tabled("block", ", enforce: warn")) == {}
    assert wanted(STATES, tabled(paused=True)) == {}


def test_nothing_to_put_right_makes_no_journal(tmp_path: object) -> None:
    assert put_right({}, tabled(), CATALOG, str(tmp_path)) == ()
