"""What happened becomes records, counters, notices, and audits that are due: each thing once, wherever it was seen."""

from __future__ import annotations

import pwd
import time
from functools import lru_cache
from typing import Any

from msgspec import structs

from clearance.agent import records
from clearance.agent.audit_queue import AuditQueue
from clearance.agent.books import Books
from clearance.agent.crew import Crew
from clearance.agent.failures import FAILURES
from clearance.agent.policy import Policy
from clearance.agent.telling import Telling
from clearance.errors import Error
from clearance.log import LOG
from clearance.model.record import RecordKind
from clearance.tasks.enforce.surveyed import PutRight
from clearance.wire.enforcement import Cut, Failed, Seen


class Recording:
    """Writes into `books` what happened under the policy that is in force, and counts it.

    `failures` are counted by reason, `killed` are processes and `refused` names and connections.
    """

    def __init__(
        self, books: Books, policy: Policy, telling: Telling, queue: AuditQueue, crew: Crew, host: str
    ) -> None:
        self.books = books
        self.failures: dict[str, int] = {}
        self.killed = 0
        self.refused = 0
        self._policy = policy
        self._telling = telling
        self._queue = queue
        self._crew = crew
        self._host = host

    def event(self, kind: RecordKind, event: str, done: str = "done", **facts: Any) -> None:
        """A change, a pause, an audit, a directive."""
        self.books.add(records.happened(kind, event, records.now(), self._policy.ref, done, **facts))

    def accepted(self, before: int) -> None:
        """Another directive may be in force than the one of generation `before`."""
        in_force = self._policy.in_force
        if in_force is not None and in_force.accepted.generation != before:
            self.event("policy", "accepted", source=in_force.accepted.source, before=before)

    def directive_refused(self, path: str, error: Error) -> None:
        """A directive was not put in force."""
        self.count("directive-refused")
        self.event("policy", "refused", "refused", source=path, why=str(error).partition("\n")[0])

    def seen(self, seen: Seen) -> None:
        """What a child decided about a start, a connection or a name."""
        decision = self._policy.decision(seen.serial, seen.row)
        if decision is None:
            self.count("other")
            return
        now = records.now()
        if seen.done == "killed":
            self.killed += 1
        elif seen.done == "refused":
            self.refused += 1
        elif seen.done == "late":
            # It runs although it is barred, until somebody can end it: without a network.
            self._crew.tell("network", Cut(seen.pid))
        self.books.add(records.decided(seen, decision, self._host, now, login))
        tool = self._policy.judge.tools.get(seen.tool or "")
        tell = self._telling.notice(seen, decision, tool, records.instant(now), time.monotonic())
        if tell is not None:
            self._crew.tell("notifier", tell)
        queued = self._queue.see(decision, records.instant(now))
        if queued is not None:
            self.event(
                "audit", "queued", "queued", tool=queued.tool, risk=queued.risk, rule=queued.rule, host=self._host
            )

    def failed(self, failed: Failed) -> None:
        """Something of the table of failures happened."""
        self.count(failed.reason, failed.count)
        if failed.detail:
            LOG.warning("%s: %s", failed.reason, failed.detail)
        known = FAILURES.get(failed.reason)
        done = known.action if known else "counted"
        self.event("failure", failed.reason, done, count=failed.count, detail=failed.detail)

    def put_right(self, one: PutRight) -> None:
        """A setting of a tool was changed, or left as it is."""
        self.event("change", "setting", "left" if one.why else "put-right", **structs.asdict(one))

    def heartbeat(self, counters: dict[str, int]) -> None:
        """Somebody was there to write records."""
        self.books.add(records.heartbeat(records.now(), self._policy.ref, counters))

    def write(self) -> None:
        """Append what waits; what went wrong with that and is over is recorded too."""
        self.books.write()
        for reason, count in self.books.mended():
            self.failed(Failed(reason, count))

    def count(self, reason: str, count: int = 1) -> None:
        """A failure that is no record of its own."""
        self.failures[reason] = self.failures.get(reason, 0) + count

    def all_failures(self) -> dict[str, int]:
        """How often what failed, that of the books included."""
        failed = dict(self.failures)
        for reason, count in self.books.failures.items():
            failed[reason] = failed.get(reason, 0) + count
        return failed


@lru_cache(maxsize=1024)
def login(uid: int) -> str | None:
    """The name of a user."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
