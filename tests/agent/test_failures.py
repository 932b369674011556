"""Every way to fail that is told somewhere stands in the table, and every row of the table is told somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import clearance
from clearance.agent.failures import FAILURES

SOURCE = Path(clearance.__file__).parent
TOLD = re.compile(r"""(?:Failed|_failed|\.failed|_again|_count|_complain)\(\s*f?"([a-z-]+)\"""")


def told() -> set[str]:
    found: set[str] = set()
    for path in (SOURCE / "agent").rglob("*.py"):
        found.update(TOLD.findall(path.read_text("utf-8")))
    return found


def test_what_is_told_has_its_action() -> None:
    assert told() - FAILURES.keys() - {"other"} == set()


def test_every_child_that_dies_has_its_row() -> None:
    children = ("guard", "examiner", "tracker", "network", "notifier", "watchdog")
    assert {f"{name}-died" for name in children} <= FAILURES.keys()


def test_every_row_says_what_is_done_and_what_it_means() -> None:
    for reason, failure in FAILURES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reason)
        assert failure.action
        assert failure.meaning.endswith(".")


def test_every_row_is_told_somewhere() -> None:
    source = "".join(path.read_text("utf-8") for path in (SOURCE / "agent").rglob("*.py") if path.name != "failures.py")
    assert [reason for reason in FAILURES if f'"{reason}"' not in source and not reason.endswith("-died")] == []
