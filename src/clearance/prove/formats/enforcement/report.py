"""What a directive did here, or would have done: starts and connections by rule, tool and person. Pure.

Made from the ledger's decisions. What a host that only observes would have blocked is counted apart from what was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from clearance.model.record import Record
from clearance.prove.formats.escape import plain
from clearance.prove.ledger.gaps import instant

SCHEMA: Final = "clearance/enforce-report/v1"
UNKNOWN: Final = "an unknown agent"
DEFAULT: Final = "the default"
NOBODY: Final = "somebody unknown"

DONE: Final = ("would-block", "would-warn", "blocked", "killed", "late", "refused", "warned", "allowed", "failed")
"""What came of it, in the order of the report: first what would have happened."""

VERSIONS: Final = 5
PATHS: Final = 3


class Share(Struct, frozen=True):
    """A user (a name, or `uid N` where there is none) and how often."""

    user: str
    count: int


class Line(Struct, frozen=True):
    """What one rule did about one tool: how often, for whom how often, which versions and paths (the first few)."""

    done: str
    rule: str | None
    tool: str | None
    count: int
    users: tuple[Share, ...]
    versions: tuple[str, ...]
    paths: tuple[str, ...]
    first: str
    last: str
    reason: str = ""


class Report(Struct, frozen=True):
    """The lines, strongest first; `since` is the first record that was looked at, None where there was none."""

    schema: Literal["clearance/enforce-report/v1"]
    since: str | None
    until: str | None
    records: int
    decisions: int
    lines: tuple[Line, ...]


class _Counted:
    def __init__(self) -> None:
        self.count = 0
        self.users: dict[str, int] = {}
        self.versions: dict[str, None] = {}
        self.paths: dict[str, None] = {}
        self.first = self.last = self.reason = ""

    def add(self, record: Record) -> None:
        """One more."""
        subject = record.subject
        self.count += 1
        user = str(subject.get("user") or (f"uid {subject['uid']}" if subject.get("uid") is not None else NOBODY))
        self.users[user] = self.users.get(user, 0) + 1
        for found, value, most in (
            (self.versions, subject.get("version"), VERSIONS),
            (self.paths, subject.get("path"), PATHS),
        ):
            if value and len(found) < most:
                found[str(value)] = None
        self.first = self.first or record.at
        self.last = record.at
        self.reason = str((record.decision or {}).get("reason") or "") or self.reason

    def shares(self) -> tuple[Share, ...]:
        """For whom how often, the most first."""
        return tuple(Share(*item) for item in sorted(self.users.items(), key=lambda item: (-item[1], item[0])))


def report(records: Iterable[Record], since: dt.datetime | None = None) -> Report:
    """What the decisions among the records come to, from an instant on. Records are in their order."""
    counted: dict[tuple[str, str | None, str | None], _Counted] = {}
    seen = decisions = 0
    first = last = None
    for record in records:
        at = instant(record.at)
        if since is not None and (at is None or at < since):
            continue
        seen += 1
        first, last = first or record.at, record.at
        if record.kind != "decision":
            continue
        decisions += 1
        rule, tool = (record.decision or {}).get("rule"), record.subject.get("tool")
        # A ledger may come from another program: what is no name counts as none.
        key = (record.outcome.done, rule if isinstance(rule, str) else None, tool if isinstance(tool, str) else None)
        counted.setdefault(key, _Counted()).add(record)
    lines = [
        Line(
            done, rule, tool, one.count, one.shares(),
            tuple(one.versions), tuple(one.paths), one.first, one.last, one.reason,
        )
        for (done, rule, tool), one in counted.items()
    ]  # fmt: skip
    order = {done: place for place, done in enumerate(DONE)}
    lines.sort(key=lambda line: (order.get(line.done, len(DONE)), -line.count, line.rule or "", line.tool or ""))
    return Report(SCHEMA, first, last, seen, decisions, tuple(lines))


def document(found: Report) -> dict[str, Any]:
    """The report as the document `clearance/enforce-report/v1`."""
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return made


def text(found: Report) -> str:
    """The report for people: what would have happened first, then what did."""
    if found.since is None:
        return "Nothing was recorded here yet.\n"
    head = f"{found.decisions} decisions in {found.records} records, {found.since} to {found.until}"
    lines = [head]
    done = None
    for line in found.lines:
        if line.done != done:
            done = line.done
            lines.append(f"\n{_heading(done)}")
        versions = f" {', '.join(plain(version) for version in line.versions)}" if line.versions else ""
        lines.append(f"  {line.count:>6}  {plain(line.tool or UNKNOWN)}{versions} · {_rule(line)}")
        people = [f"{plain(one.user)} {one.count}" for one in line.users]
        more = f", {len(people) - 8} more" if len(people) > 8 else ""
        lines.append(f"          for {', '.join(people[:8])}{more}; last {line.last}")
        lines += [f"          {plain(path)}" for path in line.paths]
    if not found.lines:
        lines.append("No start and no connection that the directive has something to say about.")
    return "\n".join(lines) + "\n"


def _heading(done: str) -> str:
    words = {
        "would-block": "WOULD BLOCK  (this host only observes, or warns)",
        "would-warn": "WOULD WARN  (this host only observes)",
        "killed": "ENDED after it had begun",
        "late": "LET THROUGH at the deadline",
    }
    return words.get(done, done.upper())


def _rule(line: Line) -> str:
    rule = f"rule {plain(line.rule)}" if line.rule else DEFAULT
    return f"{rule}: {plain(line.reason)}" if line.reason else rule
