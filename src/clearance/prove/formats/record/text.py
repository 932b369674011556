"""A record as a line for people: number, when, what came of it, what it is about, and why.

Guarantees: one line, printable characters only, whatever a record holds.
"""

from __future__ import annotations

from typing import Any, Final

from clearance.model.record import HEARTBEAT, STOPPED, Record
from clearance.prove.formats.escape import plain

EVENTS: Final = {
    HEARTBEAT: "still running",
    STOPPED: "the service was stopped",
    "started": "the service was started",
    "tail-cut": "what a crash left behind the last whole record was cut off and kept",
    "records-refused": "records could not be written",
    "records-dropped": "old records were dropped; their hashes stay",
    "ledger-damaged": "the ledger before this one was damaged; it was set aside",
}
"""What `subject.event` says, in words. Others stand as they are."""

SHOWN: Final = 160
_TOLD_APART: Final = frozenset({"event", "tool", "name", "version", "user", "path", "score"})


def line(record: Record) -> str:
    """The record in a line, without its end."""
    return f"{record.n:>9,}  {plain(record.at, 24):<24}  {plain(record.outcome.done, 12):<12} {summary(record)}"


def summary(record: Record) -> str:
    """What the record is about and why, in one line."""
    subject = record.subject
    said = [_what(record), _text(subject.get("user")), _text(subject.get("path"))]
    if record.decision is not None:
        rule = record.decision.get("rule") or (record.decision.get("waiver") and f"waiver {record.decision['waiver']}")
        said.append(f"rule {rule}" if rule and record.decision.get("rule") else _text(rule or "default"))
        said.append(_text(record.decision.get("reason")))
    else:
        said += [f"{key} {_text(value)}" for key, value in subject.items() if key not in _TOLD_APART]
    return plain(" · ".join(part for part in said if part), SHOWN)


def _what(record: Record) -> str:
    subject = record.subject
    event = subject.get("event")
    if isinstance(event, str):
        return EVENTS.get(event, event)
    name = _text(subject.get("name") or subject.get("tool"))
    if not name and record.kind == "decision":
        name = "unknown agent"
    version = _text(subject.get("version"))
    return f"{name} {version}".strip() or record.kind


def _text(value: Any) -> str:
    return "" if value is None else str(value)
