"""Evasions against real tools and runtimes, on a stage of their own. Times are printed and never asserted."""

from __future__ import annotations

import os
import shutil
from functools import cache
from typing import Any

import pytest

from tests.agent.tracker.stage import staged
from tests.real_tools import Unavailable, fetch

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces and records of all starts"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs node"),
]
KILLED = {
    "javascript": ("", 32), "python": ("", 12), "programs": ("", 5), "elsewhere": ("host", 5),
}  # fmt: skip
"""By group: where it is run, and how many cases it has."""


@cache
def outcomes(group: str, where: str = "") -> dict[str, Any]:
    for tool in ("gemini-cli", "aider", "claude-code"):
        try:
            fetch(tool)
        except Unavailable as reason:
            pytest.skip(str(reason))
    found: dict[str, Any] = staged("tests.agent.tracker.evasions", group, *([where] if where else []))[group]
    print(f"\n{group}: from the start to the end, and from the notice to the signal")
    for name, case in found.items():
        latency = min((seen[-1] for seen in case["seen"]), default=0)
        print(f"  {name:45} {case['ms']:8.1f} ms {latency / 1000:8.1f} ms  {'killed' if case['signal'] == 9 else ''}")
    return found


@pytest.mark.parametrize("group", KILLED)
def test_every_way_in_is_ended(group: str) -> None:
    where, count = KILLED[group]
    found = outcomes(group, where)
    assert len(found) == count
    survived = {name: case for name, case in found.items() if not (case["ended"] and case["signal"] == 9)}
    assert not survived
    assert not [name for name, case in found.items() if not any(seen[1] == "killed" for seen in case["seen"])]
    assert {tuple(case["others"]) for case in found.values()} == {()}


def test_how_it_was_noticed_is_told() -> None:
    found = {name: {seen[0] for seen in case["seen"]} for name, case in outcomes("programs", "").items()}
    assert found == {
        "the guard let it through": {"exec"},
        "ld.so BIN": {"loader"},
        "from memory": {"memory"},
        "another file system, from a watched folder": {"mount"},
        "deleted before it runs": {"exec"},
    }


def test_what_cannot_be_seen_is_not_claimed() -> None:
    """Limits, as docs say: a path that the text itself puts together."""
    assert {name: case["seen"] for name, case in outcomes("unseen").items() if case["seen"]} == {}


def test_what_only_names_a_tool_goes_on() -> None:
    found = outcomes("free")
    assert len(found) == 8
    assert {name: case["seen"] for name, case in found.items() if case["seen"] or case["signal"]} == {}
