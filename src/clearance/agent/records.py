"""From what was seen and done to records for the ledger. Pure, but for `now`.

A record says what, who, where, by which rule and why; never what anybody wrote, read or asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from clearance.model.decision import Decision, PolicyRef
from clearance.model.record import HEARTBEAT, Draft, Outcome, PolicyMark, RecordKind
from clearance.wire.enforcement import Seen


def now() -> dt.datetime:
    """This instant, in UTC."""
    return dt.datetime.now(dt.UTC)


def instant(at: dt.datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def decided(seen: Seen, decision: Decision, host: str, at: dt.datetime, login: Callable[[int], str | None]) -> Draft:
    """The record of a start, a connection or a name that the directive has something to say about."""
    subject: dict[str, Any] = {
        "tool": seen.tool or None,
        "version": seen.version if seen.tool else None,
        "path": seen.path,
        "means": seen.means,
        "pid": seen.pid,
        "uid": seen.uid,
        "user": login(seen.uid) if seen.uid is not None else None,
        "host": host,
        "confidence": seen.confidence,
    }
    if seen.score is not None:
        subject["score"] = seen.score
    if seen.detail:
        subject["detail"] = seen.detail
    return Draft(instant(at), "decision", subject, Outcome(seen.done, seen.latency_us), mark(decision.policy), decision)


def happened(
    kind: RecordKind, event: str, at: dt.datetime, policy: PolicyRef | None, done: str = "done", **subject: Any
) -> Draft:
    """The record of something that is no decision: a change, a pause, a failure, a directive."""
    return Draft(instant(at), kind, {"event": event, **subject}, Outcome(done), mark(policy))


def heartbeat(at: dt.datetime, policy: PolicyRef | None, counters: dict[str, int]) -> Draft:
    """The record that says that somebody was there to write records."""
    return happened("change", HEARTBEAT, at, policy, counters=counters)


def mark(policy: PolicyRef | None) -> PolicyMark:
    """The directive in force, as records name it."""
    return PolicyMark(policy.generation, policy.sha256) if policy else PolicyMark()
