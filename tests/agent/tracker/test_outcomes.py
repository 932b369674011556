"""What the tracker owes beside catching scripts, with real processes on a stage."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

from tests.agent.tracker.outcomes import STORM
from tests.agent.tracker.stage import staged
from tests.real_tools import Unavailable, fetch

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces and records of all starts"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs node"),
]


def outcome(name: str) -> Any:
    try:
        fetch("gemini-cli")
    except Unavailable as reason:
        pytest.skip(str(reason))
    return staged("tests.agent.tracker.outcomes", name)[name]


def test_what_already_ran_is_ended_at_the_start() -> None:
    assert outcome("running") == {"code": -9, "seen": [["running", "killed", True]]}


def test_a_title_over_the_words_hides_nothing_that_a_shell_started() -> None:
    assert outcome("titled") == {"seen": [["running", "killed"]]}


def test_many_at_once_are_all_ended() -> None:
    found = outcome("parallel")
    print(f"\nnotice to signal of 200 at once, us: {found['latency'][0]} to {found['latency'][-1]}")
    assert found["killed"] == found["of"]
    assert found["failed"] == []


def test_each_table_is_told_once_and_the_guard_learns_the_file() -> None:
    found = outcome("reloaded")
    assert found["seen"] == [["would-block"], [], ["warned"], ["killed"]]
    assert found["code"] == -9
    assert len(found["learned"]) == 1


def test_the_service_is_asked_where_a_row_is_missing() -> None:
    found = outcome("asked")
    assert found["codes"] == [9, 9]
    assert found["asked"] == [["gemini-cli", 0]]


def test_a_critical_file_is_never_ended() -> None:
    assert outcome("spared") == {"alive": True, "seen": []}


def test_a_storm_hides_nothing() -> None:
    found = outcome("storm")
    print(f"\n{STORM} starts in {found['seconds']:.2f} s; notice to signal, us: {found['latency']}")
    assert (found["killed"], found["ended"]) == (10, STORM - 10)
    assert found["failed"] == []


def test_an_agent_that_nobody_knows_is_looked_at_in_the_background() -> None:
    found = outcome("stranger")
    assert [case["signal"] for case in found["cases"]] == [9, 9]
    assert [seen[1:3] for case in found["cases"] for seen in case["seen"]] == [["killed", ""]] * 2
    assert found["calm"]["signal"] == 0
    assert len(found["asked"]) == 1
    assert len(found["learned"]) == 1


def test_hostile_names_hang_nothing() -> None:
    found = outcome("hostile")
    assert found["failed"] == []
    assert found["after"]["signal"] == 9


def test_a_looker_that_is_killed_is_replaced() -> None:
    found = outcome("lost_looker")
    assert found["case"]["signal"] == 9
    assert found["failed"] == ["tracker-died"]


def test_a_file_system_that_never_answers_costs_one_looker() -> None:
    found = outcome("hanging")
    print(f"\nmeanwhile and after: {found['ms']} ms")
    assert found["codes"] == [9, 9]
    assert found["failed"] == ["tracker-stalled"]
