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

from collections.abc import Mapping
from typing import Literal

from msgspec import UNSET, Struct

from clearance.judge import facts as tools_facts
from clearance.judge import message
from clearance.judge.destination import Destinations
from clearance.judge.enforcement import carried_out
from clearance.judge.instants import FOREVER, count, in_words, span, written, zone
from clearance.judge.match import Seen, Term, Test, holds, settle, terms
from clearance.judge.merged import Merged
from clearance.judge.trace import fields
from clearance.model.decision import Decision, PolicyRef, Replacement, Request, ToolFacts, Upcoming
from clearance.model.directive import Default, Directive, Match, Metadata, Rule, Waiver
from clearance.model.review import Outcome, Step, Trace
from clearance.model.terms import Effect, EndpointClass, Enforce, Risk

Kind = Literal["waiver", "rule", "default"]


class Ruling(Struct, frozen=True):
    """What a waiver, a rule or the default says where it decides, and from when until when (see `instants.py`)."""

    kind: Kind
    id: str
    effect: Effect
    terms: tuple[Term, ...] = ()
    enforce: Enforce = "observe"
    reason: str = ""
    risk: Risk | None = None
    replacement: Replacement | None = None
    message: message.Template = ()
    settings: dict[str, str | int | float | bool] = {}
    since: str | None = None
    until: str | None = None
    start: int = -FOREVER
    end: int = FOREVER


class Candidate(Struct, frozen=True):
    """A ruling that can apply to a tool, with the tests that are left of its match once the facts are settled."""

    start: int
    end: int
    tests: tuple[Test, ...]
    ruling: Ruling


class Plan(Struct, frozen=True):
    """The rulings that can apply to one tool (or to unknown agents), in order. From `settled` on, none begins."""

    facts: ToolFacts | None
    destinations: Destinations
    candidates: tuple[Candidate, ...]
    settled: int


class Judge:
    """A directive, ready to judge. Immutable to its users; make one with `compile_directive`.

    `catalog` are the facts handed in, `tools` those with the directive's own merged over them. `policy` is what
    every decision refers to; `rulings` are the waivers and rules in the order of judging, before the `default`.
    `zone` is the directive's.
    """

    def __init__(
        self,
        directive: Directive,
        tools: Mapping[str, ToolFacts],
        policy: PolicyRef,
        hosts: Mapping[str, EndpointClass],
    ) -> None:
        metadata = Metadata(id="") if directive.metadata is UNSET else directive.metadata
        contact = "" if directive.contact is UNSET else directive.contact
        self.directive = directive
        self.policy = policy
        self.catalog = tools
        self.tools = tools_facts.merged(directive.tools, tools)
        self._local = {tool.id: self.tools[tool.id] for tool in directive.tools}
        self._endpoints = directive.endpoints
        self._hosts = hosts
        self._groups = directive.groups
        self.zone = zone(metadata.timezone)
        self._words = {"contact": contact, "directive.id": metadata.id, "directive.title": metadata.title}
        self.rulings = (
            *(self._of_waiver(waiver) for waiver in directive.waivers),
            *(self._of_rule(rule) for rule in directive.rules),
        )
        self.default = self._of_default(Default() if directive.default is UNSET else directive.default)
        self._plans: dict[str | None, Plan] = {}

    def decide(self, request: Request) -> Decision:
        """The directive applied to a request."""
        return self._decide(request)[0]

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

    def boundaries(self) -> frozenset[int]:
        """The instants at which a rule or waiver begins or ends, as `instants.count` gives them."""
        both = (instant for ruling in self.rulings for instant in (ruling.start, ruling.end))
        return frozenset(instant for instant in both if abs(instant) < FOREVER)

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
        ruling = self._first(plan, seen, at, undetermined)
        upcoming = None if at >= plan.settled else self._upcoming(plan, seen, at, ruling)
        decision = Decision(
            tool=facts.id if facts else None,
            effect=ruling.effect,
            enforce=ruling.enforce,
            rule=ruling.id if ruling.kind == "rule" else None,
            waiver=ruling.id if ruling.kind == "waiver" else None,
            reason=ruling.reason,
            replacement=ruling.replacement,
            message=self._message(ruling, seen),
            risk=_risk(ruling, facts),
            at=written(request.at),
            upcoming=upcoming,
            undetermined=tuple(undetermined),
            policy=self.policy,
            since=ruling.since,
            contact=self._words["contact"],
            settings=ruling.settings,
            endpoint_class=seen.destination.class_,
        )
        return decision, ruling, seen

    def _first(self, plan: Plan, seen: Seen, at: int, undetermined: list[str]) -> Ruling:
        """The ruling that decides at this instant. Rules that are skipped as undetermined are added to the list."""
        for candidate in plan.candidates:
            if candidate.start <= at < candidate.end:
                held = holds(candidate.tests, seen)
                if held:
                    return candidate.ruling
                if held is None and candidate.ruling.kind == "rule":
                    undetermined.append(candidate.ruling.id)
        return self.default

    def _upcoming(self, plan: Plan, seen: Seen, at: int, now: Ruling) -> Upcoming | None:
        for candidate in plan.candidates:
            ruling = candidate.ruling
            if (
                at < candidate.start
                and ruling.kind == "rule"
                and holds(candidate.tests, seen)
                and self._first(plan, seen, candidate.start, []) is ruling
                and _what_happens(ruling, plan.facts) != _what_happens(now, plan.facts)
            ):
                return Upcoming(rule=ruling.id, effect=ruling.effect, from_=ruling.since or "")
        return None

    def _message(self, ruling: Ruling, seen: Seen) -> str:
        if not ruling.message:
            return ""
        facts = seen.facts
        return message.render(
            ruling.message,
            {
                "tool.id": facts.id if facts else "",
                "tool.name": facts.name if facts else message.SOMEONES_PROGRAM,
                "tool.vendor": facts.vendor if facts else "",
                "tool.version": seen.request.version or "",
                "endpoint": seen.destination.host,
            },
        )

    def _plan(self, facts: ToolFacts | None) -> Plan:
        """The plan for these facts. Those of the tools this judge knows are kept, so that memory does not grow."""
        key = facts.id if facts else None
        plan = self._plans.get(key)
        if plan is None or plan.facts != facts:
            plan = self._make_plan(facts)
            if facts is None or facts.id in self.tools:
                self._plans[key] = plan
        return plan

    def _make_plan(self, facts: ToolFacts | None) -> Plan:
        candidates = []
        for ruling in self.rulings:
            tests = settle(ruling.terms, facts)
            if tests is not None:
                candidates.append(Candidate(ruling.start, ruling.end, tests, ruling))
        settled = max((candidate.start for candidate in candidates), default=-FOREVER)
        return Plan(facts, Destinations(facts, self._endpoints, self._hosts), tuple(candidates), settled)

    def _of_waiver(self, waiver: Waiver) -> Ruling:
        circumstances = Match(tool=waiver.tool, group=waiver.group, user=waiver.user, host=waiver.host)
        matched = terms(waiver.match, self._groups) if waiver.match else ()
        bounds = span(waiver.from_, waiver.until, self.zone)
        return Ruling(
            kind="waiver",
            id=waiver.id,
            effect="allow",
            terms=(*terms(circumstances, self._groups), *matched),
            enforce=carried_out("allow"),
            reason=waiver.reason,
            since=waiver.from_,
            until=waiver.until,
            start=bounds.start,
            end=bounds.end,
        )

    def _of_rule(self, rule: Rule) -> Ruling:
        bounds = span(rule.from_, rule.until, self.zone)
        replacement = self._replacement(rule.replacement)
        words = {
            "rule.id": rule.id,
            "rule.reason": rule.reason,
            "rule.from": in_words(rule.from_ or ""),
            "rule.until": in_words(rule.until or ""),
        }
        return Ruling(
            kind="rule",
            id=rule.id,
            effect=rule.effect,
            terms=terms(rule.match, self._groups),
            enforce=carried_out(rule.effect, rule.enforce),
            reason=rule.reason,
            risk=rule.risk,
            replacement=replacement,
            message=self._template(rule, replacement, words),
            settings=rule.settings,
            since=rule.from_,
            until=rule.until,
            start=bounds.start,
            end=bounds.end,
        )

    def _of_default(self, default: Default) -> Ruling:
        replacement = self._replacement(default.replacement)
        return Ruling(
            kind="default",
            id="default",
            effect=default.effect,
            enforce=carried_out(default.effect, default.enforce),
            reason=default.reason,
            replacement=replacement,
            message=self._template(default, replacement, {"rule.reason": default.reason}),
        )

    def _replacement(self, tool: str | None) -> Replacement | None:
        if tool is None:
            return None
        facts = self.tools.get(tool)
        return Replacement(tool, facts.name if facts else tool, facts.command if facts else "")

    def _template(
        self, rule: Rule | Default, replacement: Replacement | None, words: Mapping[str, str]
    ) -> message.Template:
        if not rule.message:
            return message.default_message(rule, replacement, self._words["contact"])
        instead = (
            {
                "replacement.id": replacement.tool,
                "replacement.name": replacement.name,
                "replacement.command": replacement.command,
            }
            if replacement
            else {}
        )
        return message.filled(message.template(rule.message), {**self._words, **words, **instead})


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


def _risk(ruling: Ruling, facts: ToolFacts | None) -> Risk | None:
    return ruling.risk or (facts.risk if facts else None)


def _what_happens(ruling: Ruling, facts: ToolFacts | None) -> tuple[object, ...]:
    """What a person would notice of a decision; the rule's name and words are not part of it."""
    return ruling.effect, ruling.enforce, ruling.settings, _risk(ruling, facts)
