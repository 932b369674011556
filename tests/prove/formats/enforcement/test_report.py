from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from clearance.model.record import Outcome, PolicyMark, Record
from clearance.prove.formats.enforcement.report import Share, document, report, text


def decided(n: int, done: str = "would-block", rule: str | None = "no-agents", **subject: Any) -> Record:
    said = {"tool": "codex", "version": "1.0", "path": "/usr/bin/codex", "uid": 1000, "user": "ana", **subject}
    decision = {"rule": rule, "reason": "none is cleared"}
    at = f"2026-11-{n:02d}T09:00:00.000Z"
    return Record(n, at, "decision", said, decision, Outcome(done, 100), PolicyMark(1, "ab"))


def other(n: int) -> Record:
    return Record(
        n, f"2026-11-{n:02d}T09:00:00.000Z", "change", {"event": "started"}, None, Outcome("done"), PolicyMark()
    )


def test_what_would_have_been_blocked_by_rule_for_whom_and_how_often() -> None:
    found = report([
        other(1), decided(2), decided(3, user="bo", uid=1001, version="1.1"), decided(4), decided(5, rule=None),
        decided(6, "blocked"), decided(7, "warned", tool="cursor"),
    ])  # fmt: skip
    assert (found.records, found.decisions) == (7, 6)
    assert [(line.done, line.rule, line.tool, line.count) for line in found.lines] == [
        ("would-block", "no-agents", "codex", 3), ("would-block", None, "codex", 1),
        ("blocked", "no-agents", "codex", 1), ("warned", "no-agents", "cursor", 1),
    ]  # fmt: skip
    first = found.lines[0]
    assert (first.users, first.versions) == ((Share("ana", 2), Share("bo", 1)), ("1.0", "1.1"))
    assert (first.first, first.last) == ("2026-11-02T09:00:00.000Z", "2026-11-04T09:00:00.000Z")


def test_only_what_came_since() -> None:
    found = report([decided(1), decided(2), decided(3)], dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
    assert (found.since, found.until, found.decisions) == (
        "2026-11-02T09:00:00.000Z", "2026-11-03T09:00:00.000Z", 2
    )  # fmt: skip
    assert report([decided(1)], dt.datetime(2027, 1, 1, tzinfo=dt.UTC)).records == 0


def test_paths_and_versions_are_a_few_and_people_all() -> None:
    records = [decided(n, path=f"/p{n}", version=str(n), user=f"u{n}") for n in range(1, 28)]
    (line,) = report(records).lines
    assert (len(line.paths), len(line.versions), len(line.users)) == (3, 5, 27)
    assert "19 more" in text(report(records))


def test_people_and_tools_that_nobody_knows() -> None:
    found = report([decided(1, user=None), decided(2, user=None, uid=None, tool=None, version=None)])
    assert [line.users for line in found.lines] == [(Share("somebody unknown", 1),), (Share("uid 1000", 1),)]
    assert "an unknown agent" in text(found)


def test_the_text_says_first_what_would_have_happened() -> None:
    said = text(report([decided(1, "blocked"), decided(2), decided(3, "killed"), decided(4, "late")]))
    headings = [line for line in said.splitlines() if line and not line.startswith(" ")][1:]
    assert [line.split("  ")[0] for line in headings] == [
        "WOULD BLOCK", "BLOCKED", "ENDED after it had begun", "LET THROUGH at the deadline"
    ]  # fmt: skip
    assert "     1  codex 1.0 · rule no-agents: none is cleared" in said
    assert "for ana 1; last 2026-11-02" in said


def test_what_people_chose_does_not_act_on_a_terminal() -> None:
    said = text(report([decided(1, path="/tmp/\x1b[31m\n", user="a\x1b]0;x\x07", version="\x1b")]))
    assert "\x1b" not in said
    assert "\x07" not in said


def test_nothing_recorded_and_nothing_decided() -> None:
    assert text(report([])) == "Nothing was recorded here yet.\n"
    assert text(report([other(1)])).endswith("that the directive has something to say about.\n")


def test_the_document() -> None:
    made = document(report([decided(1), decided(2, user="bo")]))
    assert msgspec.json.decode(msgspec.json.encode(made)) == made
    assert made["schema"] == "clearance/enforce-report/v1"
    assert made["lines"][0]["users"] == [{"user": "ana", "count": 1}, {"user": "bo", "count": 1}]
