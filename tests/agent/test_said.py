from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from clearance.agent.records import happened, heartbeat
from clearance.agent.said import said, say
from clearance.log import EVENTS, JsonLines
from clearance.model.record import Draft, Outcome

AT = "2026-11-21T12:00:00.000Z"


def draft(kind: Any, event: str = "", done: str = "done", **subject: Any) -> Draft:
    return Draft(AT, kind, ({"event": event} if event else {}) | subject, Outcome(done))


@pytest.mark.parametrize(
    ("record", "name", "level"),
    [
        (draft("change", "started", mode="observe"), "started", logging.INFO),
        (draft("change", "stopped"), "stopped", logging.INFO),
        (draft("change", "mode", mode="block"), "mode-changed", logging.INFO),
        (draft("change", "setting", setting="telemetry"), "setting-put-right", logging.INFO),
        (draft("change", "setting", "left", setting="telemetry", why="x"), "setting-left", logging.WARNING),
        (draft("policy", "accepted", source="d.yaml"), "directive-accepted", logging.INFO),
        (draft("policy", "refused", source="d.yaml", why="bad"), "directive-refused", logging.WARNING),
        (draft("pause", "paused", until=AT), "paused", logging.WARNING),
        (draft("pause", "resumed"), "resumed", logging.INFO),
        (draft("audit", "queued", tool="x"), "audit-due", logging.INFO),
        (draft("failure", "guard-died", "started again"), "process-ended", logging.WARNING),
        (draft("failure", "deadline", "as on_failure says"), "failure", logging.WARNING),
        (draft("decision", "", "blocked", tool="x", path="/x"), "decision", logging.INFO),
        (draft("decision", "", "allowed", tool="x", path="/x"), "decision", logging.DEBUG),
    ],
)
def test_every_kind_of_record_has_its_event(record: Draft, name: str, level: int) -> None:
    found = said(record)
    assert found is not None
    assert (found.name, found.level) == (name, level)
    assert found.name in EVENTS
    assert "event" not in found.fields


def test_heartbeats_and_what_the_ledger_notes_for_itself_are_not_said() -> None:
    import datetime as dt

    assert said(heartbeat(dt.datetime.now(dt.UTC), None, {})) is None
    assert said(happened("change", "records-dropped", dt.datetime.now(dt.UTC), None)) is None


def test_a_line_holds_the_facts(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("clearance").propagate = True
    with caplog.at_level(logging.INFO, "clearance"):
        say(draft("decision", "", "killed", tool="x", path="/p\x1b[31m", uid=7))
    line = JsonLines().format(caplog.records[-1])
    found = json.loads(line)
    assert found["event"] == "decision"
    assert (found["done"], found["tool"], found["uid"]) == ("killed", "x", 7)
    assert "\x1b" not in line
