"""What a review of a directive says: remarks, traces of decisions, differences, and results of test cases."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from clearance.errors import Place
from clearance.model.decision import Decision, Request
from clearance.model.terms import Effect

Severity = Literal["warning", "error"]
"""An error makes the directive mean something other than it says; a warning asks a person to look."""


class Remark(Struct, frozen=True):
    """Something the lint found. `check` is a stable word for the kind of thing; `remedy` says what to do."""

    check: str
    severity: Severity
    place: Place
    what: str
    remedy: str


class FieldTrace(Struct, frozen=True):
    """One field of a match: what it asks for, what was seen, and whether it holds (None: undetermined).

    A `not` has its own fields in `within`; `holds` of the `not` is already negated, that of its fields is not.
    """

    field: str
    wanted: str
    seen: str
    holds: bool | None
    within: tuple[FieldTrace, ...] = ()


Outcome = Literal["decides", "false", "undetermined", "not-begun", "ended", "not-reached"]


class Step(Struct, frozen=True):
    """One waiver, one rule, or the default, in the order of judging.

    `outcome` says what came of it; `holds` is whether its match is true, whatever came of it (None: undetermined).
    `upcoming` marks the rule that the decision names as upcoming.
    """

    kind: Literal["waiver", "rule", "default"]
    id: str
    effect: Effect
    outcome: Outcome
    holds: bool | None
    fields: tuple[FieldTrace, ...]
    since: str | None = None
    until: str | None = None
    upcoming: bool = False


class Trace(Struct, frozen=True):
    """How a decision came about: every step, in order, and what endpoint and residency the request was judged with."""

    decision: Decision
    endpoint: str
    residency: tuple[str, ...]
    steps: tuple[Step, ...]


class Subject(Struct, frozen=True):
    """A request with the words a person knows it by: a sighting's id, or the circumstances (`version 2.1.198`)."""

    request: Request
    name: str
    sighting: str | None = None
    circumstances: tuple[str, ...] = ()


class Difference(Struct, frozen=True):
    """A subject that two directives judge differently, and both decisions.

    They differ from `since` (the instant asked about, where they already differ then) to before `until` (None: for
    good).
    """

    subject: Subject
    since: str
    old: Decision
    new: Decision
    until: str | None = None


class Mismatch(Struct, frozen=True):
    """A field of a decision that is not what a test case expects."""

    field: str
    expected: str
    got: str


class CaseResult(Struct, frozen=True):
    """One test case, and what of it was not as expected. It passed when there is no mismatch."""

    name: str
    place: Place
    mismatches: tuple[Mismatch, ...]
    decision: Decision
