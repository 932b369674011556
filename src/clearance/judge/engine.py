"""How a request is judged, in this order and no other.

1. A match is true, false or undetermined. A fact that nobody knows is the value `unknown`; what was not observed is
   undetermined. `not` keeps undetermined; a match with a false field is false, else with an undetermined one
   undetermined. An undetermined rule is skipped and listed. (`match.py`)
2. Residency and endpoint class are those of tool and endpoint together. (`destination.py`)
3. Waivers in force come first: the first that matches gives `allow`. Then rules in order: the first true one decides.
   Then the default.
4. A group matches when any of its users, unix groups or hosts does. (`match.py`)
5. A rule or waiver outside its `from` and `until` is skipped. `upcoming` names the first rule, in order, that is true
   but has not begun and would change the decision: when it begins, all else as now, it decides, and differently.
6. Several documents are one directive. (`parse.py`)
7. How far a decision is carried out is the weakest of effect, `enforce` and the host's mode. (`enforcement.py`)
8. The same request and directive give the same decision, byte for byte: no clock, no environment, no order of a set.

`decide` is total: whatever the request holds, it answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from msgspec import UNSET, Struct

from clearance.judge.destination import Destinations
from clearance.judge.facts import merged as merged_facts
from clearance.judge.instants import FOREVER, count, written
from clearance.judge.match import Seen, Test, holds, settle
from clearance.judge.merged import Merged
from clearance.judge.message import SOMEONES_PROGRAM, Template, filled, render
from clearance.judge.rulings import Ruling, Rulings
from clearance.judge.trace import fields
from clearance.model.decision import Decision, PolicyRef, Request, ToolFacts, Upcoming
from clearance.model.directive import Directive
from clearance.model.review import Outcome, Step, Trace
from clearance.model.terms import Effect, EndpointClass, Risk


class Candidate(Struct, frozen=True):
    """A ruling that can apply to a tool, with what is left of its tests and its message once the facts are settled."""

    start: int
    end: int
    tests: tuple[Test, ...]
    message: Template
    ruling: Ruling


class Plan(Struct, frozen=True):
    """The rulings that can apply to one tool (or to unknown agents), in order, and the default.

    From `settled` on, none begins any more.
    """

    facts: ToolFacts | None
    destinations: Destinations
    candidates: tuple[Candidate, ...]
    default: Candidate
    settled: int


class Judge:
    """A directive, ready to judge. Immutable to its users; make one with `compile_directive`.

    `catalog` are the facts handed in, `tools` those with the directive's own merged over them. `policy` is what
    every decision refers to; `rulings` are the waivers and rules in the order of judging, before the `default`.
    `zone` is the directive's. `boundaries` are the instants at which one of them begins or ends, in order, as
    `instants.count` gives them.
    """

    def __init__(
        self,
        directive: Directive,
        tools: Mapping[str, ToolFacts],
        policy: PolicyRef,
        hosts: Mapping[str, EndpointClass],
    ) -> None:
        self.directive = directive
        self.policy = policy
        self.catalog = tools
        self.tools = merged_facts(directive.tools, tools)
        rulings = Rulings(directive, self.tools)
        self.rulings = rulings.ordered
        self.default = rulings.default
        self.zone = rulings.zone
        both = (instant for ruling in self.rulings for instant in (ruling.start, ruling.end))
        self.boundaries = tuple(sorted({instant for instant in both if abs(instant) < FOREVER}))
        self._contact = rulings.contact
        self._hosts = hosts
        self._local = {tool.id: self.tools[tool.id] for tool in directive.tools}
        self._plans: dict[str | None, Plan] = {}

    def decide(self, request: Request) -> Decision:
        """The directive applied to a request."""
        return self._decide(request)[0]

    def effects(self, facts: ToolFacts | None, at: dt.datetime) -> frozenset[Effect]:
        """What can come of a request about this tool (None: an agent that no catalog entry knows) at an instant.

        Whatever else the request holds, its decision has one of these effects.
        """
        now = count(at)
        plan = self._plan(facts and self._local.get(facts.id, facts))
        found: set[Effect] = set()
        for candidate in plan.candidates:
            if candidate.start <= now < candidate.end:
                found.add(candidate.ruling.effect)
                if not candidate.tests:
                    # It holds for every such request: nothing after it is reached.
                    return frozenset(found)
        return frozenset(found | {plan.default.ruling.effect})

    def explain(self, request: Request) -> Trace:
        """The decision, and what came of every waiver and rule on the way to it."""
        decision, decisive, seen = self._decide(request)
        at = count(request.at)
        reached = True
        steps = []
        for ruling in (*self.rulings, self.default):
            held = holds(tuple(term.test for term in ruling.terms), seen)
            outcome: Outcome
            if ruling is decisive:
                outcome = "decides"
                reached = False
            elif at < ruling.start:
                outcome = "not-begun"
            elif at >= ruling.end:
                outcome = "ended"
            elif not reached:
                outcome = "not-reached"
            else:
                outcome = "undetermined" if held is None else "false"
            announced = decision.upcoming is not None and ruling.kind == "rule" and decision.upcoming.rule == ruling.id
            steps.append(
                Step(
                    kind=ruling.kind,
                    id=ruling.id,
                    effect=ruling.effect,
                    outcome=outcome,
                    holds=held,
                    fields=fields(ruling.terms, seen),
                    since=ruling.since,
                    until=ruling.until,
                    upcoming=announced,
                )
            )
        return Trace(decision, seen.destination.host, seen.destination.residency, tuple(steps))

    def _decide(self, request: Request) -> tuple[Decision, Ruling, Seen]:
        facts = request.tool and self._local.get(request.tool.id, request.tool)
        plan = self._plan(facts)
        destinations = plan.destinations
        seen = Seen(
            request,
            facts,
            destinations.default if request.endpoint is None else destinations.at(request.endpoint),
        )
        at = count(request.at)
        undetermined: list[str] = []
        decisive = _first(plan, seen, at, undetermined)
        ruling = decisive.ruling
        decision = Decision(
            tool=facts.id if facts else None,
            effect=ruling.effect,
            enforce=ruling.enforce,
            rule=ruling.id if ruling.kind == "rule" else None,
            waiver=ruling.id if ruling.kind == "waiver" else None,
            reason=ruling.reason,
            replacement=ruling.replacement,
            message=render(
                decisive.message, {"tool.version": request.version or "", "endpoint": seen.destination.host}
            ),
            risk=_risk(ruling, facts),
            at=written(request.at),
            upcoming=None if at >= plan.settled else _upcoming(plan, seen, at, ruling),
            undetermined=tuple(undetermined),
            policy=self.policy,
            since=ruling.since,
            contact=self._contact,
            settings=ruling.settings,
            endpoint_class=seen.destination.class_,
        )
        return decision, ruling, seen

    def _plan(self, facts: ToolFacts | None) -> Plan:
        """The plan for these facts. Those of the tools this judge knows are kept, so that memory does not grow."""
        key = facts.id if facts else None
        plan = self._plans.get(key)
        if plan is None or (plan.facts is not facts and plan.facts != facts):
            plan = self._make_plan(facts)
            if facts is None or facts.id in self.tools:
                self._plans[key] = plan
        return plan

    def _make_plan(self, facts: ToolFacts | None) -> Plan:
        words = {
            "tool.id": facts.id if facts else "",
            "tool.name": facts.name if facts else SOMEONES_PROGRAM,
            "tool.vendor": facts.vendor if facts else "",
        }
        candidates = []
        for ruling in (*self.rulings, self.default):
            tests = settle(ruling.terms, facts)
            if tests is not None:
                candidates.append(Candidate(ruling.start, ruling.end, tests, filled(ruling.message, words), ruling))
        *others, default = candidates
        return Plan(
            facts=facts,
            destinations=Destinations(facts, self.directive.endpoints, self._hosts),
            candidates=tuple(others),
            default=default,
            settled=max(candidate.start for candidate in candidates),
        )


def compile_directive(
    merged: Merged,
    tools: Mapping[str, ToolFacts],
    generation: int = 0,
    *,
    hosts: Mapping[str, EndpointClass] | None = None,
    example: bool = False,
) -> Judge:
    """A directive made ready to judge.

    `tools` are the catalog's facts by id; `hosts` are its lists of cloud providers and relays, a glob and its class
    each, first match first. `generation` counts accepted directives on this host. `example` marks the shipped one.
    `Unreadable` where a date, range or comparison cannot be read, which `parse` has made sure of.
    """
    metadata = merged.directive.metadata
    policy = PolicyRef(
        generation=generation,
        sha256=merged.sha256,
        directives=merged.ids,
        title="" if metadata is UNSET else metadata.title,
        example=example,
    )
    return Judge(merged.directive, tools, policy, hosts or {})


def _first(plan: Plan, seen: Seen, at: int, undetermined: list[str]) -> Candidate:
    """What decides at this instant. Rules that are skipped as undetermined are added to the list."""
    for candidate in plan.candidates:
        if candidate.start <= at < candidate.end:
            held = holds(candidate.tests, seen)
            if held:
                return candidate
            if held is None and candidate.ruling.kind == "rule":
                undetermined.append(candidate.ruling.id)
    return plan.default


def _upcoming(plan: Plan, seen: Seen, at: int, now: Ruling) -> Upcoming | None:
    """The first rule that is true, has not begun, and decides differently when it begins."""
    for candidate in plan.candidates:
        ruling = candidate.ruling
        if (
            at < candidate.start
            and ruling.kind == "rule"
            and holds(candidate.tests, seen)
            and _first(plan, seen, candidate.start, []) is candidate
            and _what_happens(ruling, plan.facts) != _what_happens(now, plan.facts)
        ):
            return Upcoming(rule=ruling.id, effect=ruling.effect, from_=str(ruling.since))
    return None


def _risk(ruling: Ruling, facts: ToolFacts | None) -> Risk | None:
    return ruling.risk or (facts.risk if facts else None)


def _what_happens(ruling: Ruling, facts: ToolFacts | None) -> tuple[object, ...]:
    """What a person would notice of a decision; the rule's name and words are not part of it."""
    return ruling.effect, ruling.enforce, ruling.settings, _risk(ruling, facts)
