"""What the service's log says of a record: the name of the event, one line, and the facts. Pure."""

from __future__ import annotations

import logging
from typing import Any, Final

from msgspec import Struct

from clearance.log import event
from clearance.model.record import HEARTBEAT, Draft

Fact = str | int | float | bool | None

_NAMES: Final = {
    ("change", "started"): "started",
    ("change", "stopped"): "stopped",
    ("change", "mode"): "mode-changed",
    ("change", "setting"): "setting-put-right",
    ("audit", "queued"): "audit-due",
    ("policy", "accepted"): "directive-accepted",
    ("policy", "refused"): "directive-refused",
    ("pause", "paused"): "paused",
    ("pause", "resumed"): "resumed",
}
_QUIET: Final = frozenset({"allowed"})


class Said(Struct, frozen=True):
    """An event of `log.EVENTS`."""

    name: str
    text: str
    level: int
    fields: dict[str, Fact]


def said(draft: Draft) -> Said | None:
    """What to say; None of what is only for the record."""
    subject = draft.subject
    what = str(subject.get("event", ""))
    fields = {name: value for name, value in subject.items() if isinstance(value, str | int | float | bool | None)}
    fields.pop("event", None)
    if draft.kind == "decision":
        level = logging.DEBUG if draft.outcome.done in _QUIET else logging.INFO
        rule = draft.decision.rule if draft.decision else None
        text = f"{draft.outcome.done}: {subject.get('tool') or 'an unknown agent'} at {subject.get('path')}"
        return Said("decision", text, level, fields | {"done": draft.outcome.done, "rule": rule})
    if draft.kind == "failure":
        name = "process-ended" if what.endswith("-died") else "failure"
        return Said(name, f"{what}: {draft.outcome.done}", logging.WARNING, fields | {"reason": what})
    name = _NAMES.get((draft.kind, what), "message")
    if name == "setting-put-right" and draft.outcome.done == "left":
        name = "setting-left"
    if what == HEARTBEAT or (name == "message" and draft.kind == "change"):
        return None
    level = logging.WARNING if name in ("directive-refused", "paused", "setting-left") else logging.INFO
    return Said(name, f"{name.replace('-', ' ')}{_detail(fields)}", level, fields)


def say(draft: Draft) -> None:
    """Say it in the log."""
    what = said(draft)
    if what is not None:
        event(what.name, what.text, level=what.level, **what.fields)


def _detail(fields: dict[str, Any]) -> str:
    shown = [
        f"{name} {fields[name]}" for name in ("source", "mode", "until", "why", "tool", "setting") if fields.get(name)
    ]
    return f": {', '.join(shown)}" if shown else ""
