"""What is decided about processes in which something was found, and what is told of it, once.

A process is ended if a row says so, while it still runs what was looked at; never one whose program is critical. Memory
is bounded; of a process is kept only what was said of it, and it itself for as long as the service is asked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from clearance.agent.guard.owner import owner, reached_by
from clearance.agent.lookup import Rows
from clearance.agent.tracker import verdict
from clearance.agent.tracker.eyes import Finding
from clearance.kernel.pidfd import Held, Image
from clearance.model.enforcement import UNKNOWN_AGENT, Done, KnownFile, Row, Table
from clearance.observe.identity.types import REPORTING_THRESHOLD
from clearance.wire.enforcement import Answer, Ask, Failed, Learned, Message, Seen

ASKED: Final = 1_024
SAID: Final = 8_192
LEARNED: Final = 16_384

Key = tuple[int, int, int]


class Case(NamedTuple):
    """A held process, what it runs, and what was found. `began` is when it was noticed.

    `guarded`: the guard was asked about this start, and told of it.
    """

    held: Held
    image: Image
    finding: Finding
    uid: int | None
    guarded: bool
    began: int


class Cases:
    """Decides by the table that holds. `leaves` is told who is ended here, and when it began; `counters` are the
    looker's; `marked` says whether the guard sees the starts on a device; `now` gives nanoseconds of a clock that never
    goes back.
    """

    def __init__(
        self,
        send: Callable[[Message], None],
        leaves: Callable[[int, int], None],
        counters: dict[str, int],
        *,
        marked: Callable[[int], bool],
        now: Callable[[], int],
    ) -> None:
        self._send = send
        self._leaves = leaves
        self._counters = counters
        self._marked = marked
        self._now = now
        self._rows = Rows(Table(0, 0, "observe", 500, "open", ()))
        self._critical: frozenset[tuple[int, int]] = frozenset()
        self._scored: dict[tuple[int | None, float | None], Row] = {}
        self._asked: OrderedDict[int, Case] = OrderedDict()
        self._ticket = 0
        self._said: OrderedDict[tuple[int, int], tuple[str, Row]] = OrderedDict()
        self._learned: OrderedDict[Key, None] = OrderedDict()
        self.strangers_matter = False

    def replace(self, table: Table, *, forget: bool) -> None:
        """From now on this table holds. `forget`: files are told otherwise now."""
        if forget:
            self._learned.clear()
        self._rows = Rows(table)
        self._critical = frozenset(table.critical)
        self._scored.clear()
        self.strangers_matter = table.strangers

    def decide(self, held: Held, image: Image, found: list[tuple[Finding, bool]], began: int) -> bool:
        """Do what the worst of the findings asks for. Whether the process stays held, until the service answers."""
        if not found:
            return False
        uid = owner(held.pid)
        rows = [self._row(finding.file, uid) for finding, _ in found]
        place = verdict.worst(rows)
        if place is not None:
            row = rows[place]
            if row is not None and (row.action == "block" or None not in rows):
                finding, guarded = found[place]
                self._carry_out(Case(held, image, finding, uid, guarded, began), row, self._rows.table.serial)
                return False
        for (finding, guarded), row in zip(found, rows, strict=True):
            if row is None and self._worth_asking(finding.file):
                self._ask(Case(held, image, finding, uid, guarded, began))
                return True
        return False

    def answered(self, message: Answer) -> None:
        """The row that was asked for."""
        case = self._asked.pop(message.ticket, None)
        if message.serial == self._rows.table.serial:
            if message.tool == UNKNOWN_AGENT:
                self._scored[message.uid, case.finding.file.score if case is not None else None] = message.row
            else:
                self._rows.keep(message.tool, message.version, message.uid, message.row, message.confidence)
        if case is not None:
            try:
                self._carry_out(case, message.row, message.serial)
            finally:
                case.held.close()

    def _row(self, file: KnownFile, uid: int | None) -> Row | None:
        if file.tool == UNKNOWN_AGENT:
            return self._scored.get((uid, file.score))
        return self._rows.find(file.tool or "", file.version, uid, file.confidence)

    def _worth_asking(self, file: KnownFile) -> bool:
        return file.tool != UNKNOWN_AGENT or (self.strangers_matter and (file.score or 0) >= REPORTING_THRESHOLD)

    def _ask(self, case: Case) -> None:
        self._ticket += 1
        file = case.finding.file
        self._asked[self._ticket] = case
        self._counters["asked"] += 1
        self._send(Ask(self._ticket, file.tool or "", file.version, case.uid, file.score, file.confidence))
        if len(self._asked) > ASKED:
            _, oldest = self._asked.popitem(last=False)
            oldest.held.close()
            self._send(Failed("too-many-waiting"))

    def _carry_out(self, case: Case, row: Row, serial: int) -> None:
        file = case.finding.file
        critical = (file.device, file.inode) in self._critical
        done: Done | None
        # Afterwards there is nobody to ask.
        terminal, locale = reached_by(case.held.pid)
        if row.action == "block" and not critical:
            done = "killed" if case.held.kill(case.image) else "late" if not case.held.alive() else None
            if done == "killed":
                self._counters["killed"] += 1
            self._leaves(case.held.pid, case.began)
        else:
            done = None if critical else verdict.said(row, guarded=case.guarded)
        if row.would != "allow":
            self._learn(case)
        # What the guard told of is nothing new when all that runs is looked at.
        if (done is not None or case.guarded) and self._is_new(case, row) and done is not None:
            self._counters["told"] += 1
            self._send(
                Seen(
                    case.finding.means, done, case.held.pid, case.uid, file.path, file.tool, file.version, row, serial,
                    max(0, (self._now() - case.began) // 1000), file.score, confidence=file.confidence,
                    terminal=terminal, locale=locale,
                )
            )  # fmt: skip

    def _is_new(self, case: Case, row: Row) -> bool:
        """Whether this was not said of the process before. From now on it was."""
        told, said = (case.held.pid, case.image.started), (case.finding.file.tool or "", row)
        if self._said.get(told) == said:
            return False
        self._said[told] = said
        if len(self._said) > SAID:
            self._said.popitem(last=False)
        return True

    def _learn(self, case: Case) -> None:
        """Have the guard know the file, so that it does not begin next time."""
        file = case.finding.file
        key = (file.device, file.inode, file.changed)
        if not file.inode or key in self._learned or not self._marked(file.device):
            return
        self._learned[key] = None
        if len(self._learned) > LEARNED:
            self._learned.popitem(last=False)
        self._send(Learned((file,)))
