"""The table that the guard answers from: every tool and every person here, judged by the very judge of the scan. Pure.

What cannot be foreseen (a version that a rule looks at, a person who is known only to a directory service, an unknown
agent's score) is asked for when it occurs, and judged by `Tabled.row`, so that both ways give the same decision.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import UNSET, Struct

from clearance.judge.enforcement import carried_out
from clearance.judge.engine import Judge
from clearance.judge.glob import fold, matcher
from clearance.judge.instants import count
from clearance.model.decision import Decision, Request, ToolFacts
from clearance.model.directive import Match
from clearance.model.enforcement import UNKNOWN_AGENT, Action, Entry, KnownFile, Row, Table
from clearance.model.terms import Confidence, Enforce
from clearance.observe.configured import endpoint_for

DEADLINE_MS: Final = 500
"""How long a start waits to be told what it is, when that takes longer than usual."""

PEOPLE: Final = 400
"""Users for whom rows are made beforehand."""

_ACTIONS: Final[dict[Enforce, Action]] = {"observe": "allow", "warn": "warn", "block": "block"}


class Person(Struct, frozen=True):
    """A user of this host."""

    uid: int
    login: str
    unix_groups: tuple[str, ...] = ()


class Circumstances(Struct, frozen=True):
    """What is the same for every row: the host, its people, what is configured for them, and the host's mode.

    `endpoints` are the hosts configured by (tool, login), as the last scan found them.
    """

    host: str
    people: tuple[Person, ...]
    endpoints: Mapping[tuple[str, str | None], str]
    mode: Enforce
    paused: bool = False


class Judged(Struct, frozen=True):
    """What was judged for a table: its parts, as `model.enforcement.Table` holds them, and the decisions they mean."""

    entries: tuple[Entry, ...]
    general: tuple[tuple[str, Row], ...]
    versioned: tuple[str, ...]
    decisions: tuple[Decision, ...]
    strangers: bool = False


class Tabled:
    """A table, the decisions that its rows mean, and the way to judge what it does not foresee.

    `judged` is what the same judge said of the same circumstances before, so that it need not be asked again.
    """

    def __init__(
        self,
        judge: Judge,
        around: Circumstances,
        at: dt.datetime,
        serial: int,
        *,
        critical: Collection[tuple[int, int]] = (),
        files: Iterable[KnownFile] = (),
        deadline_ms: int = DEADLINE_MS,
        judged: Judged | None = None,
    ) -> None:
        self.judge = judge
        self.around = around
        self.serial = serial
        self.decisions: list[Decision] = []
        self._at = at
        self._places: dict[bytes, int] = {}
        self._people = {person.uid: person for person in around.people}
        if judged is None:
            judged = self._judge(around.people[:PEOPLE])
        else:
            for decision in judged.decisions:
                self._place(decision)
        self.judged = judged
        enforcement = judge.directive.enforcement
        self.table = Table(
            serial=serial,
            generation=judge.policy.generation,
            mode=around.mode,
            deadline_ms=deadline_ms,
            on_failure="open" if enforcement is UNSET else enforcement.on_failure,
            entries=judged.entries,
            general=judged.general,
            strangers=judged.strangers,
            versioned=judged.versioned,
            users=tuple(person.uid for person in around.people[:PEOPLE]),
            critical=tuple(critical),
            files=tuple(files),
            paused=around.paused,
        )

    def row(
        self,
        tool: str,
        version: str | None,
        uid: int | None,
        confidence: Confidence = "certain",
        score: float | None = None,
        person: Person | None = None,
    ) -> Row:
        """The row for one tool, version and user. `person` is who the user is, where the table does not know it."""
        if person is None and uid is not None:
            person = self._people.get(uid)
        facts = self.judge.tools.get(tool)
        if facts is None and tool != UNKNOWN_AGENT:
            # A tool that another catalog knew: nothing can be said of it here.
            return Row("allow", "allow", self._place(self._decide(None, version, person, confidence, 0.0)))
        return self._row(self._decide(facts, version, person, confidence, score))

    def decision(self, tool: str, login: str | None) -> Decision | None:
        """The decision on a tool for a user of this host (None: for somebody whom nobody knows)."""
        facts = self.judge.tools.get(tool)
        person = next((one for one in self.around.people if one.login == login), None)
        return self._decide(facts, None, person, "certain", None) if facts else None

    def ends(self) -> dt.datetime | None:
        """The next instant at which a rule or waiver begins or ends, and a new table is due."""
        now = count(self._at)
        later = next((boundary for boundary in self.judge.boundaries if boundary > now), None)
        if later is None:
            return None
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=later)

    def _judge(self, everyone: tuple[Person, ...]) -> Judged:
        entries: list[Entry] = []
        general: dict[str, Row] = {}
        for tool, facts in self.judge.tools.items():
            entries.append(Entry(tool, None, None, self._row(self._decide(facts, None, None, "certain", None))))
            rows = [self._row(self._decide(facts, None, person, "certain", None)) for person in everyone]
            if rows:
                most = general[tool] = Counter(rows).most_common(1)[0][0]
                entries += (
                    Entry(tool, None, one.uid, row) for one, row in zip(everyone, rows, strict=True) if row != most
                )
        versioned = sorted(tool for tool in self.judge.tools if _depends(self.judge, tool))
        strangers = not self.judge.effects(None, self._at).isdisjoint(("block", "warn"))
        return Judged(
            tuple(entries), tuple(general.items()), (UNKNOWN_AGENT, *versioned), tuple(self.decisions), strangers
        )

    def _decide(
        self,
        facts: ToolFacts | None,
        version: str | None,
        person: Person | None,
        confidence: Confidence,
        score: float | None,
    ) -> Decision:
        login = person.login if person else None
        return self.judge.decide(
            Request(
                tool=facts,
                at=self._at,
                version=version,
                surface="binary",
                endpoint=endpoint_for(self.around.endpoints, facts.id, login) if facts else None,
                user=login,
                unix_groups=person.unix_groups if person else None,
                host=self.around.host,
                confidence=confidence,
                score=score if facts is None else None,
            )
        )

    def _row(self, decision: Decision) -> Row:
        would = action(decision, "block")
        now: Action = "allow" if self.around.paused else action(decision, self.around.mode)
        return Row(now, would, self._place(decision))

    def _place(self, decision: Decision) -> int:
        """Decisions that say the same are one, whoever they are for."""
        key = blake2b(msgspec.msgpack.encode(decision), digest_size=16).digest()
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.decisions)
            self.decisions.append(decision)
        return place


def action(decision: Decision, mode: Enforce) -> Action:
    """What is done about a start. `allow-with-settings` lets it run: its scale is about the settings."""
    if decision.effect in ("allow", "allow-with-settings"):
        return "allow"
    return _ACTIONS[carried_out(decision.effect, decision.enforce, mode)]


def _depends(judge: Judge, tool: str) -> bool:
    """Whether the decision on a tool can differ by version or by how sure the identification is."""
    directive = judge.directive
    conditions: list[Match] = [rule.match for rule in directive.rules]
    conditions += [waiver.match for waiver in directive.waivers if waiver.match is not None]
    return any(_looks(match) and _may_be(match, tool) for match in conditions)


def _looks(match: Match) -> bool:
    return (
        match.version is not None
        or match.confidence is not None
        or match.vetted is not None
        or (match.not_ is not None and _looks(match.not_))
    )


def _may_be(match: Match, tool: str) -> bool:
    if match.tool is None:
        return True
    names = (match.tool,) if isinstance(match.tool, str) else match.tool
    return matcher(fold(name) for name in names)(fold(tool))
