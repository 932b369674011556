"""What the ledger keeps: an event, the decision on it, and what came of it.

A `Draft` is a record that has no number yet; the ledger gives it one when it is safely on disk.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import Struct

from clearance.model.decision import Decision

RecordKind = Literal["decision", "policy", "audit", "vet", "pause", "failure", "change", "exchange"]
"""`decision`: the directive was applied; `policy`: a directive was accepted or refused; `pause`: enforcement was
paused or goes on; `failure`: a failure mode occurred; `change`: the host, the service or the ledger itself changed,
heartbeats included; `audit`, `vet`, `exchange`: what these parts of the program did."""

HEARTBEAT: Final = "heartbeat"
"""`subject.event` of the record that a running service writes when nothing else was to be written for a while."""

STARTED: Final = "started"
"""`subject.event` of the record with which a service begins."""

STOPPED: Final = "stopped"
"""`subject.event` of the record with which a service ends on purpose."""


class Outcome(Struct, frozen=True):
    """What came of it (`allowed`, `blocked`, `would-block`, …), and how long the answer took; None: not measured."""

    done: str
    latency_us: int | None = None


class PolicyMark(Struct, frozen=True):
    """The directive in force: the how-manieth accepted on this host, and the hash of its canonical JSON."""

    generation: int = 0
    sha256: str = ""


class Draft(Struct, frozen=True):
    """A record to be. `at` is RFC 3339 in UTC. `subject` says what it is about, in plain JSON values."""

    at: str
    kind: RecordKind
    subject: dict[str, Any]
    outcome: Outcome
    policy: PolicyMark = PolicyMark()
    decision: Decision | None = None


class Record(Struct, frozen=True):
    """A record as the ledger holds it. `n` counts from 1 without a gap. `decision` is the decision's document."""

    n: int
    at: str
    kind: RecordKind
    subject: dict[str, Any]
    decision: dict[str, Any] | None
    outcome: Outcome
    policy: PolicyMark
