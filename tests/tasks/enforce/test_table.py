"""The guard's table says what `decide` says, for everybody, foreseen or asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.catalog import load_catalog
from clearance.judge.parse import parse
from clearance.model.enforcement import UNKNOWN_AGENT, Action, Row
from clearance.model.terms import CONFIDENCES, ENFORCES, Enforce
from clearance.tasks.enforce.table import PEOPLE, Circumstances, Person, Tabled, action
from clearance.tasks.policy import judge_of
from tests.tasks.enforce.random_directives import directive

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
HEAD = """apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: One, owner: security@example.com, review: 2035-10-10, timezone: UTC}
contact: https://intranet.example.com/ai-tools
"""
CATALOG = load_catalog()
PEOPLE_HERE = (Person(0, "root"), Person(1000, "ana", ("research",)), Person(1001, "bo"))


def tabled(rules: str, mode: Enforce = "block", **fields: Any) -> Tabled:
    around = Circumstances("lab-7", PEOPLE_HERE, fields.pop("endpoints", {}), mode, fields.pop("paused", False))
    judge = judge_of(parse((("d.yaml", (HEAD + rules).encode()),)), CATALOG, 1)
    return Tabled(judge, around, fields.pop("at", AT), 1, **fields)


def rows(made: Tabled, tool: str) -> dict[int | None, Row]:
    """The row of each user: its own, else the general one."""
    own = {entry.uid: entry.row for entry in made.table.entries if entry.tool == tool}
    general = dict(made.table.general)
    return {uid: own.get(uid) or general[tool] for uid in made.table.users} | {None: own[None]}


BAN = "rules: [{id: ban, match: {tool: codex}, effect: block, reason: r}]\ndefault: {effect: allow}\n"


@pytest.mark.parametrize(
    ("mode", "paused", "expected"),
    [
        ("block", False, ("block", "block")), ("warn", False, ("warn", "block")),
        ("observe", False, ("allow", "block")), ("block", True, ("allow", "block")),
    ],
)  # fmt: skip
def test_the_hosts_mode_is_the_most_that_happens(mode: Enforce, paused: bool, expected: tuple[Action, Action]) -> None:
    made = tabled(BAN, mode, paused=paused)
    found = rows(made, "codex")
    assert set(found) == {0, 1000, 1001, None}
    assert {(row.action, row.would) for row in found.values()} == {expected}
    assert made.decisions[found[None].decision].rule == "ban"
    assert {row.action for row in rows(made, "aider").values()} == {"allow"}


def test_rows_differ_by_person() -> None:
    made = tabled("rules: [{id: bo, match: {user: bo}, effect: block, reason: r}]\ndefault: {effect: warn}\n")
    found = rows(made, "codex")
    assert {uid: row.action for uid, row in found.items()} == {0: "warn", 1000: "warn", 1001: "block", None: "warn"}


def test_where_a_person_sends_counts_at_the_start() -> None:
    """Pointed at a cleared gateway, a cloud tool has the gateway's residency."""
    rules = (
        "endpoints: [{host: llm.corp.example.com, class: cleared-gateway, residency: [in-house]}]\n"
        "rules: [{id: out, match: {tool: codex, not: {residency: in-house}}, effect: block, reason: r}]\n"
        "default: {effect: allow}\n"
    )
    made = tabled(rules, endpoints={("codex", "ana"): "llm.corp.example.com"})
    found = rows(made, "codex")
    assert (found[1000].action, found[1001].action, found[None].action) == ("allow", "block", "block")


def test_what_depends_on_a_version_is_asked_for() -> None:
    made = tabled(
        "rules: [{id: old, match: {tool: codex, version: '<0.170'}, effect: block, reason: r}]\n"
        "default: {effect: allow}\n"
    )
    assert made.table.versioned == (UNKNOWN_AGENT, "codex")
    assert made.row("codex", "0.169.0", 1000).action == "block"
    assert made.row("codex", "0.171.0", 1000).action == "allow"
    assert made.row("codex", None, 1000).action == "allow"


def test_unknown_agents_are_judged_by_their_score() -> None:
    made = tabled(
        "rules: [{id: odd, match: {known: false, score: '>=0.9'}, effect: block, reason: r}]\n"
        "default: {effect: allow}\n"
    )
    assert made.row(UNKNOWN_AGENT, None, 1000, "strong", 0.95).action == "block"
    assert made.row(UNKNOWN_AGENT, None, 1000, "strong", 0.85).action == "allow"
    assert made.table.strangers


def test_unknown_agents_are_worth_looking_for_where_something_can_come_of_it() -> None:
    assert not tabled("default: {effect: allow}\n").table.strangers
    assert tabled("default: {effect: warn}\n").table.strangers
    rules = "rules: [{id: odd, match: {known: false}, effect: allow}]\n"
    assert not tabled(rules + "default: {effect: block}\n").table.strangers


def test_who_is_known_only_to_a_directory_service() -> None:
    rules = "groups: {lab: {unix_groups: [lab]}}\nrules: [{id: g, match: {group: lab}, effect: block, reason: r}]\n"
    made = tabled(rules + "default: {effect: allow}\n")
    assert made.row("codex", None, 7000, person=Person(7000, "cy", ("lab",))).action == "block"
    assert made.row("codex", None, 7000, person=Person(7000, "cy")).action == "allow"


def test_a_tool_that_this_catalog_does_not_know_starts() -> None:
    assert tabled("default: {effect: block}\n").row("gone", None, 0).action == "allow"


def test_settings_are_no_reason_not_to_start() -> None:
    made = tabled(
        "rules: [{id: s, match: {tool: codex}, effect: allow-with-settings, enforce: block, reason: r,"
        " settings: {telemetry: off}}]\ndefault: {effect: allow}\n"
    )
    row = rows(made, "codex")[None]
    assert (row.action, row.would) == ("allow", "allow")


def test_the_next_table_is_due_when_a_rule_begins_or_ends() -> None:
    rules = BAN.replace("reason: r", "reason: r, from: 2026-12-01, until: 2026-12-24")
    assert tabled(rules).ends() == dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    later = tabled(rules, at=dt.datetime(2026, 12, 2, tzinfo=dt.UTC))
    assert later.ends() == dt.datetime(2026, 12, 25, tzinfo=dt.UTC)
    assert tabled(rules, at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC)).ends() is None


def test_many_people_are_asked_for() -> None:
    judge = judge_of(parse((("d.yaml", (HEAD + BAN).encode()),)), CATALOG, 1)
    people = tuple(Person(uid, f"u{uid}") for uid in range(1000, 1000 + PEOPLE + 50))
    made = Tabled(judge, Circumstances("h", people, {}, "block"), AT, 1)
    assert len(made.table.users) == PEOPLE
    assert made.row("codex", None, people[-1].uid).action == "block"


@given(st.integers(0, 10_000), st.sampled_from(ENFORCES))
def test_both_ways_give_the_same_decision(number: int, mode: Enforce) -> None:
    judge = judge_of(parse((("d.yaml", directive(number).encode()),)), CATALOG, 1)
    made = Tabled(judge, Circumstances("lab-7", PEOPLE_HERE, {}, mode), AT, 1)
    tools = [entry.tool for entry in made.table.entries if entry.uid is None]
    for tool in tools[:: max(1, len(tools) // 10)]:
        if tool in made.table.versioned:
            continue
        for uid, given_row in rows(made, tool).items():
            for confidence in CONFIDENCES:
                row = made.row(tool, "9.9", uid, confidence)
                assert (row.action, row.would) == (given_row.action, given_row.would)
            decision = made.decisions[given_row.decision]
            assert action(decision, mode) == given_row.action
            assert action(decision, "block") == given_row.would


def test_a_person_like_everybody_takes_no_room() -> None:
    made = tabled("rules: [{id: r, match: {user: bo, tool: codex}, effect: block}]\ndefault: {effect: warn}\n")
    assert [entry.uid for entry in made.table.entries if entry.tool == "codex"] == [None, 1001]
    assert [entry.uid for entry in made.table.entries if entry.tool == "aider"] == [None]
