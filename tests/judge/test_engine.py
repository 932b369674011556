"""The judge against a naive reading of the contract, and what must hold of it whatever it is given."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.judge.engine import Judge, compile_directive
from clearance.judge.instants import span
from clearance.judge.match import terms
from clearance.judge.merged import Merged
from clearance.judge.versions import version, version_range
from clearance.model.decision import Decision, PolicyRef, Request, ToolFacts, VetResult
from clearance.model.directive import (
    Default,
    Directive,
    EndpointRule,
    Group,
    LocalTool,
    Match,
    Metadata,
    Rule,
    Vetted,
    Waiver,
)
from clearance.model.terms import (
    CONFIDENCES,
    DEPLOYMENTS,
    EFFECTS,
    ENDPOINT_CLASSES,
    ENFORCES,
    KINDS,
    RISKS,
    SURFACES,
    TRAININGS,
)
from tests.judge.builders import ALPHA, AT, BETA, HOSTS, LOCAL, TOOLS, ask, at, decide, facts, judge

Built = dict[str, Any]


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def one_or_more(values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), max_size=3).map(tuple)


IDS = ("alpha", "beta", "own", "gamma")
USERS = ("ana", "bo", "cy")
HOST_NAMES = ("lab-1", "lab-2", "desk")
ENDPOINTS = ("api.alpha.example", "llm.corp.example", "eu.cloud.example", "relay.example", "nowhere.example")
DATES = ("2026-01-01", "2026-11-21", "2026-11-21T12:00Z", "2026-11-22", "2027-06-30")

FLAT: Built = {
    "tool": optional(one_or_more(("alpha", "b*", "own"))),
    "vendor": optional(one_or_more(("Vendor", "unknown", "O*"))),
    "country": optional(one_or_more(("US", "ch", "unknown"))),
    "kind": optional(one_or_more(KINDS)),
    "deployment": optional(one_or_more(DEPLOYMENTS)),
    "residency": optional(one_or_more(("in-house", "us", "unknown", "e*"))),
    "retention": optional(st.sampled_from(("<=30", ">30", "unknown", 30, ">=1,<90"))),
    "training": optional(one_or_more(TRAININGS)),
    "risk": optional(one_or_more((*RISKS, ">=high", "<medium"))),
    "version": optional(one_or_more((">=1.2", "<2", "==1.*", ">=1,<1.3"))),
    "surface": optional(one_or_more(SURFACES[:4])),
    "endpoint": optional(one_or_more(("*.example", "relay.example", "llm.*"))),
    "endpoint_class": optional(one_or_more(ENDPOINT_CLASSES)),
    "host": optional(one_or_more(("lab-*", "desk"))),
    "group": optional(one_or_more(("g", "h", "undefined"))),
    "user": optional(one_or_more(("ana", "b*"))),
    "confidence": optional(one_or_more(CONFIDENCES)),
    "known": optional(st.booleans()),
    "score": optional(st.sampled_from((">=0.8", "<0.5", 0.9))),
    "vetted": optional(st.sampled_from((Vetted(), Vetted(within_days=30), Vetted(verdict="covert")))),
}  # fmt: skip


@st.composite
def matches(draw: st.DrawFn, depth: int = 2) -> Match:
    chosen = draw(st.lists(st.sampled_from(sorted(FLAT)), max_size=3, unique=True))
    fields = {name: draw(FLAT[name]) for name in chosen}
    inner = draw(optional(matches(depth - 1))) if depth else None
    return Match(**fields, not_=inner)


MEMBERS = st.builds(
    Group,
    users=st.lists(st.sampled_from(("ana", "b*")), max_size=2).map(tuple),
    unix_groups=st.lists(st.sampled_from(("dev", "ai-*")), max_size=2).map(tuple),
    hosts=st.lists(st.sampled_from(("lab-*", "desk")), max_size=2).map(tuple),
)
DATE = optional(st.sampled_from(DATES))
RULE: Built = {
    "match": matches(),
    "effect": st.sampled_from(EFFECTS),
    "enforce": optional(st.sampled_from(ENFORCES)),
    "from_": DATE,
    "until": DATE,
    "risk": optional(st.sampled_from(RISKS)),
    "replacement": optional(st.sampled_from(IDS)),
    "settings": st.sampled_from(({}, {"a": "off"})),
    "message": st.sampled_from(("", "{tool.name} {rule.id} {endpoint}")),
}
WAIVER: Built = {
    "until": st.sampled_from(DATES),
    "from_": DATE,
    "tool": FLAT["tool"],
    "match": optional(matches(1)),
    "group": FLAT["group"],
    "user": FLAT["user"],
    "host": FLAT["host"],
}


@st.composite
def directives(draw: st.DrawFn) -> Directive:
    rules = draw(st.lists(st.fixed_dictionaries(RULE), max_size=6))
    waivers = draw(st.lists(st.fixed_dictionaries(WAIVER), max_size=2))
    return Directive(
        apiVersion="clearance/v1",
        kind="Directive",
        metadata=Metadata(id="D", timezone=draw(st.sampled_from(("UTC", "Asia/Tokyo")))),
        groups=draw(st.dictionaries(st.sampled_from(("g", "h")), MEMBERS)),
        tools=draw(
            st.sampled_from(((), (LocalTool(id="own", residency=("in-house",)), LocalTool(id="beta", vendor="Own"))))
        ),
        endpoints=draw(
            st.sampled_from(((), (EndpointRule(host="llm.*", class_="cleared-gateway", residency=("in-house",)),)))
        ),
        rules=tuple(Rule(id=f"r{n}", **fields) for n, fields in enumerate(rules)),
        waivers=tuple(Waiver(id=f"W{n}", **fields) for n, fields in enumerate(waivers)),
        default=Default(effect=draw(st.sampled_from(EFFECTS))),
    )


FACTS = st.sampled_from(
    (
        ALPHA,
        BETA,
        LOCAL,
        facts("own"),
        facts(
            "gamma", kind=(), vendor="unknown", country="unknown", retention="unknown", residency=("unknown",), hosts=()
        ),
        facts("alpha", retention=0, residency=("eu", "us"), risk="critical", training="always"),
        None,
    )
)
INSTANTS = st.sampled_from(tuple(at(text) for text in ("2025-12-31", "2026-11-21T11:59:59.999999", "2026-11-21T12:00",
                                                       "2026-11-22T00:00", "2026-12-31", "2027-07-01")))  # fmt: skip
REQUESTS = st.builds(
    Request,
    tool=FACTS,
    at=INSTANTS,
    version=optional(st.sampled_from(("1.2.3", "2.0", "1.2-beta", "nightly"))),
    surface=optional(st.sampled_from(SURFACES[:4])),
    endpoint=optional(st.sampled_from(ENDPOINTS)),
    user=optional(st.sampled_from(USERS)),
    unix_groups=optional(st.lists(st.sampled_from(("dev", "ai-x", "users")), max_size=2).map(tuple)),
    host=optional(st.sampled_from(HOST_NAMES)),
    confidence=optional(st.sampled_from(CONFIDENCES)),
    score=optional(st.sampled_from((0.3, 0.85, 0.9))),
    vetted=optional(st.builds(VetResult, st.sampled_from(("covert", "discloses")), INSTANTS)),
)


class Naive:
    """The contract read aloud: no compiling, no settling, no indexes. Written from the prose, not from the judge."""

    def __init__(self, directive: Directive) -> None:
        assert isinstance(directive.metadata, Metadata)
        assert isinstance(directive.default, Default)
        self.directive = directive
        self.zone = __import__("zoneinfo").ZoneInfo(directive.metadata.timezone)
        self.default: Default = directive.default

    def facts(self, tool: ToolFacts | None) -> ToolFacts | None:
        for local in self.directive.tools:
            if tool and tool.id == local.id:
                tool = TOOLS.get(local.id) or ToolFacts(
                    tool.id, tool.id, "unknown", "unknown", (), "unknown", ("unknown",), "unknown", "unknown", "medium"
                )
                given = {name: getattr(local, name) for name in ("vendor", "residency") if getattr(local, name)}
                return msgspec.structs.replace(tool, **given)
        return tool

    def destination(self, request: Request, tool: ToolFacts | None) -> tuple[str, str, tuple[str, ...]]:
        own = tool.residency if tool else ("unknown",)
        host = request.endpoint
        if host is None:
            if tool is None or not tool.hosts:
                return "unknown", "unknown", own
            host = tool.hosts[0]
        for rule in self.directive.endpoints:
            if glob(rule.host, host):
                return host, rule.class_, rule.residency
        if tool and host in tool.hosts:
            return host, "vendor", own
        for pattern, listed in HOSTS.items():
            if glob(pattern, host):
                return host, listed, ("unknown",)
        return host, "unknown", ("unknown",)

    def truth(self, match: Match, request: Request) -> bool | None:
        tool = self.facts(request.tool)
        host, class_, residency = self.destination(request, tool)
        truths: list[bool | None] = []

        def any_glob(wanted: Any, *values: str) -> bool:
            patterns = (wanted,) if isinstance(wanted, str) else wanted
            return any(glob(pattern.lower(), value.lower()) for pattern in patterns for value in values)

        def observed(wanted: Any, value: Any) -> bool | None:
            return None if value is None else any_glob(wanted, value)

        if match.tool is not None:
            truths.append(tool is not None and any_glob(match.tool, tool.id))
        if match.vendor is not None:
            truths.append(any_glob(match.vendor, tool.vendor if tool else "unknown"))
        if match.country is not None:
            truths.append(any_glob(match.country, tool.country if tool else "unknown"))
        if match.kind is not None:
            truths.append(any_glob(match.kind, *(tool.kind if tool else ())))
        if match.deployment is not None:
            truths.append(any_glob(match.deployment, tool.deployment if tool else "unknown"))
        if match.training is not None:
            truths.append(any_glob(match.training, tool.training if tool else "unknown"))
        if match.residency is not None:
            truths.append(any_glob(match.residency, *residency))
        if match.retention is not None:
            days = tool.retention if tool else "unknown"
            if match.retention == "unknown" or days == "unknown":
                truths.append(match.retention == days)
            else:
                truths.append(compares(str(match.retention), days, int))
        if match.risk is not None:
            wanted = (match.risk,) if isinstance(match.risk, str) else match.risk
            truths.append(
                tool is not None and any(compares(text, RISKS.index(tool.risk), RISKS.index) for text in wanted)
            )
        if match.known is not None:
            truths.append((tool is not None) == match.known)
        if match.version is not None:
            ranges = (match.version,) if isinstance(match.version, str) else match.version
            if request.version is None:
                truths.append(None)
            else:
                seen = version(request.version)
                truths.append(any(all(c.holds(seen) for c in version_range(text)) for text in ranges))
        if match.surface is not None:
            truths.append(observed(match.surface, request.surface))
        if match.confidence is not None:
            truths.append(observed(match.confidence, request.confidence))
        if match.host is not None:
            truths.append(observed(match.host, request.host))
        if match.user is not None:
            truths.append(observed(match.user, request.user))
        if match.endpoint is not None:
            truths.append(any_glob(match.endpoint, host))
        if match.endpoint_class is not None:
            truths.append(any_glob(match.endpoint_class, class_))
        if match.score is not None:
            if tool:
                truths.append(False)
            else:
                truths.append(None if request.score is None else compares(str(match.score), request.score, float))
        if match.vetted is not None:
            truths.append(self.vetted(match.vetted, request))
        if match.group is not None:
            names = (match.group,) if isinstance(match.group, str) else match.group
            parts: list[bool | None] = []
            for group in (self.directive.groups[name] for name in names if name in self.directive.groups):
                if group.users:
                    parts.append(observed(group.users, request.user))
                if group.hosts:
                    parts.append(observed(group.hosts, request.host))
                if group.unix_groups:
                    seen_groups = request.unix_groups
                    parts.append(None if seen_groups is None else any_glob(group.unix_groups, *seen_groups))
            truths.append(True if True in parts else None if None in parts else False)
        if match.not_ is not None:
            inner = self.truth(match.not_, request)
            truths.append(None if inner is None else not inner)
        return False if False in truths else None if None in truths else True

    def vetted(self, wanted: Vetted, request: Request) -> bool:
        result = request.vetted
        if result is None or result.at > request.at:
            return False
        if wanted.within_days is not None and request.at - result.at > dt.timedelta(days=wanted.within_days):
            return False
        return wanted.verdict is None or result.verdict == wanted.verdict

    def in_force(self, start: str | None, end: str | None, at: dt.datetime) -> bool:
        zone = self.zone
        if start is not None and at < self.moment(start, zone):
            return False
        if end is None:
            return True
        last = self.moment(end, zone)
        return at < (last + dt.timedelta(days=1) if len(end) == 10 else last)

    def moment(self, text: str, zone: dt.tzinfo) -> dt.datetime:
        if len(text) == 10:
            return dt.datetime.fromisoformat(text).replace(tzinfo=zone)
        return dt.datetime.fromisoformat(text)

    def first(self, request: Request, at: dt.datetime) -> tuple[str, Any, list[str]]:
        skipped: list[str] = []
        for waiver in self.directive.waivers:
            own = Match(tool=waiver.tool, group=waiver.group, user=waiver.user, host=waiver.host)
            both = [self.truth(own, request), self.truth(waiver.match or Match(), request)]
            if self.in_force(waiver.from_, waiver.until, at) and both == [True, True]:
                return "waiver", waiver, skipped
        for rule in self.directive.rules:
            if self.in_force(rule.from_, rule.until, at):
                truth = self.truth(rule.match, request)
                if truth:
                    return "rule", rule, skipped
                if truth is None:
                    skipped.append(rule.id)
        return "default", self.default, skipped

    def says(self, kind: str, entry: Any, tool: ToolFacts | None) -> tuple[Any, ...]:
        effect = "allow" if kind == "waiver" else entry.effect
        order = ("observe", "warn", "block")
        furthest = {"allow": "observe", "allow-with-settings": "block", "warn": "warn", "block": "block"}[effect]
        enforce = getattr(entry, "enforce", None) or "block"
        weaker = min(furthest, enforce, key=order.index)
        risk = getattr(entry, "risk", None) or (tool.risk if tool else None)
        return effect, weaker, risk, getattr(entry, "settings", {})

    def decide(self, request: Request) -> tuple[Any, ...]:
        tool = self.facts(request.tool)
        kind, entry, skipped = self.first(request, request.at)
        now = self.says(kind, entry, tool)
        upcoming = None
        for rule in self.directive.rules:
            begins = rule.from_ and self.moment(rule.from_, self.zone)
            if not begins or begins <= request.at or self.truth(rule.match, request) is not True:
                continue
            # It decides when it begins, all else being as it is now.
            if self.first(request, begins)[1] is rule and self.says("rule", rule, tool) != now:
                upcoming = rule.id
                break
        return kind, getattr(entry, "id", None), now, tuple(skipped), upcoming


def glob(pattern: str, text: str) -> bool:
    """A glob of which `*` is all that is used here."""
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)


def compares(text: str, seen: Any, read: Any) -> bool:
    results = []
    for clause in text.split(","):
        for op in ("<=", ">=", "<", ">"):
            if clause.startswith(op):
                other = read(clause.removeprefix(op))
                results.append({"<=": seen <= other, ">=": seen >= other, "<": seen < other, ">": seen > other}[op])
                break
        else:
            results.append(seen == read(clause))
    return all(results)


def judge_of(directive: Directive) -> Judge:
    return compile_directive(Merged(directive, ("D",)), TOOLS, hosts=HOSTS)


def summary(decision: Decision) -> tuple[Any, ...]:
    kind = "waiver" if decision.waiver else "rule" if decision.rule else "default"
    says = (decision.effect, decision.enforce, decision.risk, decision.settings)
    return (
        kind,
        decision.waiver or decision.rule,
        says,
        decision.undetermined,
        decision.upcoming and decision.upcoming.rule,
    )


@given(directives(), st.lists(REQUESTS, min_size=1, max_size=4))
def test_the_judge_says_what_a_naive_reading_says(directive: Directive, requests: list[Request]) -> None:
    judged, naive = judge_of(directive), Naive(directive)
    for request in requests:
        assert summary(judged.decide(request)) == naive.decide(request)


@given(directives(), REQUESTS)
def test_deciding_is_total_and_the_same_every_time(directive: Directive, request: Request) -> None:
    once = msgspec.json.encode(judge_of(directive).decide(request))
    judged = judge_of(directive)
    assert once == msgspec.json.encode(judged.decide(request)) == msgspec.json.encode(judged.decide(request))


@given(st.text(max_size=10), st.text(max_size=10), st.text(max_size=10), st.floats(), st.datetimes())
def test_deciding_is_total_on_any_text(version: str, user: str, host: str, score: float, at: dt.datetime) -> None:
    judged = judge("""
        groups: {g: {users: ["a*"], hosts: ["[x"], unix_groups: ["?"]}}
        rules:
          - {id: r, match: {version: "<2", not: {group: g, host: "*x"}}, effect: block, message: "{tool.version}"}
          - {id: s, match: {score: "<0.5", not: {user: "[!a]*"}}, effect: block, from: 2026-07-10}
        """)
    for tool in (ALPHA, None):
        request = ask(
            tool, at=at, version=version, user=user, unix_groups=(user,), host=host, endpoint=host, score=score
        )
        assert isinstance(judged.decide(request), Decision)


@given(directives(), REQUESTS)
def test_nothing_comes_of_a_request_but_what_can_come_of_it(directive: Directive, request: Request) -> None:
    judged = judge_of(directive)
    assert judged.decide(request).effect in judged.effects(request.tool, request.at)


def test_what_can_come_of_a_request_at_an_instant() -> None:
    judged = judge("""
        tools: [{id: alpha, vendor: Own}]
        rules:
          - {id: odd, match: {known: false, score: ">=0.9"}, effect: block, from: "2026-07-10T00:00Z",
             until: "2026-07-20T00:00Z"}
          - {id: any, match: {known: false}, effect: allow}
          - {id: never, match: {known: false, user: ana}, effect: warn}
          - {id: own, match: {vendor: own}, effect: allow-with-settings}
        default: {effect: warn}
        """)
    begins, ends = (dt.datetime(2026, 7, day, tzinfo=dt.UTC) for day in (10, 20))
    moment = dt.timedelta(microseconds=1)
    assert judged.effects(None, begins - moment) == {"allow"}
    assert judged.effects(None, begins) == {"allow", "block"}
    assert judged.effects(None, ends - moment) == {"allow", "block"}
    assert judged.effects(None, ends) == {"allow"}
    assert judged.effects(ALPHA, ends) == {"allow-with-settings"}
    assert judged.effects(BETA, ends) == {"warn"}


@given(directives(), REQUESTS)
def test_explain_agrees_with_decide(directive: Directive, request: Request) -> None:
    judged = judge_of(directive)
    trace = judged.explain(request)
    assert trace.decision == judged.decide(request)
    steps = trace.steps
    assert [step.id for step in steps] == [
        *(w.id for w in directive.waivers),
        *(r.id for r in directive.rules),
        "default",
    ]
    deciding = [index for index, step in enumerate(steps) if step.outcome == "decides"]
    assert len(deciding) == 1
    step = steps[deciding[0]]
    assert (step.kind, step.effect, step.holds) == (summary(trace.decision)[0], trace.decision.effect, True)
    assert step.id == (trace.decision.rule or trace.decision.waiver or "default")
    for index, other in enumerate(steps):
        expected = {True: "decides", False: "false", None: "undetermined"}[other.holds]
        if other.outcome in ("not-begun", "ended"):
            continue
        assert other.outcome == ("not-reached" if index > deciding[0] else expected)
    skipped = [s.id for s in steps if s.kind == "rule" and s.outcome == "undetermined"]
    assert tuple(skipped) == trace.decision.undetermined
    announced = [s.id for s in steps if s.upcoming]
    assert announced == ([trace.decision.upcoming.rule] if trace.decision.upcoming else [])


@given(matches(), matches(), REQUESTS)
def test_the_laws_of_three_values(one: Match, other: Match, request: Request) -> None:
    def truth(match: Match) -> bool | None:
        return Naive(Directive("clearance/v1", "Directive", metadata=Metadata("D"), default=Default())).truth(
            match, request
        )

    def judged(match: Match) -> bool | None:
        directive = Directive("clearance/v1", "Directive", rules=(Rule(id="r", match=match, effect="block"),))
        decision = judge_of(directive).decide(request)
        return None if decision.undetermined else decision.rule == "r"

    order = {False: 0, None: 1, True: 2}
    assert judged(one) is truth(one)
    assert order[judged(Match(not_=one))] == 2 - order[judged(one)]
    assert judged(Match(not_=Match(not_=one))) is judged(one)
    both = Match(not_=Match(not_=one, **{f: getattr(other, f) for f in FLAT}))
    flat_other = Match(**{f: getattr(other, f) for f in FLAT})
    inner = min(order[judged(Match(not_=one))], order[judged(flat_other)])
    assert order[judged(both)] == 2 - inner


def test_a_trace_says_where_each_step_stands() -> None:
    trace = judge("""
        rules:
          - {id: past, match: {tool: alpha}, effect: block, from: 2025-01-01, until: 2025-12-31}
          - {id: just-begun, match: {tool: beta}, effect: block, from: 2026-11-21T12:00Z}
          - {id: just-ended, match: {tool: alpha}, effect: block, until: 2026-11-21T12:00Z}
          - {id: soon, match: {tool: alpha}, effect: block, from: 2026-12-01}
          - {id: never-soon, match: {tool: beta}, effect: block, from: 2026-12-01}
          - {id: now, match: {tool: alpha}, effect: warn}
          - {id: after, match: {tool: alpha}, effect: block}
        waivers: [{id: soon, tool: beta, until: 2026-12-31, owner: o}]
        """).explain(ask(endpoint="relay.example"))
    assert (trace.endpoint, trace.residency) == ("relay.example", ("unknown",))
    assert [(step.kind, step.id, step.outcome, step.holds, step.upcoming) for step in trace.steps] == [
        ("waiver", "soon", "false", False, False),
        ("rule", "past", "ended", True, False),
        ("rule", "just-begun", "false", False, False),
        ("rule", "just-ended", "ended", True, False),
        ("rule", "soon", "not-begun", True, True),
        ("rule", "never-soon", "not-begun", False, False),
        ("rule", "now", "decides", True, False),
        ("rule", "after", "not-reached", True, False),
        ("default", "default", "not-reached", True, False),
    ]
    assert [(step.since, step.until) for step in trace.steps[:3]] == [
        (None, "2026-12-31"), ("2025-01-01", "2025-12-31"), ("2026-11-21T12:00Z", None),
    ]  # fmt: skip
    assert [step.effect for step in trace.steps[-3:]] == ["warn", "block", "warn"]


def test_what_a_decision_carries() -> None:
    decision = decide(
        """
        metadata: {id: D-1, title: T}
        contact: ask
        rules:
          - {id: r, match: {tool: alpha}, effect: block, reason: why, replacement: beta, risk: high, message: no,
             from: 2026-07-10, settings: {a: 1}}
        """,
        endpoint="relay.example",
    )
    assert msgspec.structs.asdict(decision) == {
        "tool": "alpha", "effect": "block", "enforce": "block", "rule": "r", "waiver": None, "reason": "why",
        "replacement": decision.replacement, "message": "no", "risk": "high", "at": "2026-11-21T12:00:00Z",
         "upcoming": None,
        "undetermined": (), "policy": decision.policy, "since": "2026-07-10", "contact": "ask", "settings": {"a": 1},
        "endpoint_class": "relay",
    }  # fmt: skip
    assert decision.replacement is not None
    assert msgspec.structs.asdict(decision.replacement) == {"tool": "beta", "name": "Beta", "command": "beta"}


def test_a_decision_on_an_unknown_agent() -> None:
    decision = decide("default: {effect: block}", None, score=0.9)
    assert (decision.tool, decision.risk, decision.endpoint_class) == (None, None, "unknown")
    assert decision.message == "This program is not cleared here."


def test_the_risk_is_the_rules_else_the_tools() -> None:
    rules = "rules: [{id: r, match: {tool: alpha}, effect: warn, risk: critical}]"
    assert decide(rules).risk == "critical"
    assert decide(rules, BETA).risk == "medium"
    assert decide(rules, None).risk is None


def test_the_directives_own_facts_win_for_every_request() -> None:
    judged = judge("""
        tools: [{id: alpha, residency: [in-house], vendor: Own}]
        rules: [{id: r, match: {tool: alpha, residency: in-house, vendor: own}, effect: allow}]
        """)
    assert judged.decide(ask(ALPHA)).rule == "r"
    assert judged.decide(ask(facts("alpha", vendor="Anybody"))).rule == "r"
    assert judged.tools["alpha"].vendor == "Own"
    assert judged.catalog["alpha"] is ALPHA


def test_plans_are_kept_for_known_tools_only() -> None:
    judged = judge("rules: [{id: r, match: {vendor: Other}, effect: block}]")
    for number in range(50):
        judged.decide(ask(facts(f"foreign-{number}")))
    judged.decide(ask(ALPHA))
    judged.decide(ask(None))
    assert set(judged._plans) == {"alpha", None}
    kept = judged._plans["alpha"]
    judged.decide(ask(facts("alpha")))
    assert judged._plans["alpha"] is kept
    judged.decide(ask(facts("alpha", vendor="Other")))
    assert judged._plans["alpha"] is not kept


def test_the_policy_names_the_directive() -> None:
    merged = Merged(Directive("clearance/v1", "Directive", metadata=Metadata("D", title="T")), ("D", "E"))
    assert compile_directive(merged, {}, 7, example=True).policy == PolicyRef(7, merged.sha256, ("D", "E"), "T", True)
    bare = Merged(Directive("clearance/v1", "Directive"))
    assert compile_directive(bare, {}).policy == PolicyRef(0, bare.sha256, (), "", False)


def test_a_risk_that_is_the_tools_own_anyway_is_no_change() -> None:
    body = """
        rules:
          - {id: later, match: {tool: alpha}, effect: block, risk: %s, from: 2027-01-01}
          - {id: now, match: {tool: alpha}, effect: block}
        """
    assert decide(body % "medium").upcoming is None
    assert decide(body % "low").upcoming is not None


def test_the_zone_is_the_directives() -> None:
    assert str(judge("metadata: {id: D, timezone: Asia/Tokyo}").zone) == "Asia/Tokyo"


def test_boundaries_are_the_beginnings_and_ends() -> None:
    judged = judge("""
        rules: [{id: r, match: {}, effect: warn, from: 2026-01-01}, {id: s, match: {}, effect: warn}]
        waivers: [{id: W, tool: alpha, until: 2026-01-31}]
        """)
    january = span("2026-01-01", "2026-01-31", dt.UTC)
    assert judged.boundaries == (january.start, january.end)


@pytest.mark.parametrize("instant", [dt.datetime.min, dt.datetime.max, AT.replace(tzinfo=None)])
def test_any_instant_can_be_judged(instant: dt.datetime) -> None:
    body = "rules: [{id: r, match: {}, effect: block, from: 2026-01-01, until: 2026-12-31}]"
    assert decide(body, at=instant).rule == ("r" if instant.year == 2026 else None)
    assert terms(Match(), {}) == ()
