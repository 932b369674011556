from __future__ import annotations

from clearance.judge.diff import diff, what_happens
from clearance.judge.engine import Judge
from clearance.model.review import Difference, Subject
from tests.judge.builders import ALPHA, AT, ask, judge

OLD = """
    groups: {g: {users: [ana]}}
    rules: [{id: r, match: {tool: alpha}, effect: %s}]
    default: {effect: allow}
    """


def told(old: Judge, new: Judge, *sightings: Subject) -> list[str]:
    return [line(difference) for difference in diff(old, new, AT, sightings)]


def line(each: Difference) -> str:
    inside = f" ({', '.join(each.subject.circumstances)})" if each.subject.circumstances else ""
    until = f" until {each.until}" if each.until else ""
    return f"{each.subject.name}{inside}: {each.old.effect} → {each.new.effect} from {each.since}{until}"


NOW = "2026-11-21T12:00:00Z"


def test_what_is_judged_differently_now() -> None:
    assert told(judge(OLD % "warn"), judge(OLD % "block")) == [f"alpha: warn → block from {NOW}"]


def test_the_same_directive_in_other_words_judges_alike() -> None:
    other = "rules: [{id: other, match: {tool: [alpha]}, effect: warn, reason: new}]\ndefault: {effect: allow}"
    assert told(judge(OLD % "warn"), judge(other)) == []


def test_a_change_that_begins_later_and_ends_says_from_when_and_until_when() -> None:
    new = OLD.replace("effect: %s", "effect: block, from: 2027-01-01, until: 2027-01-31")
    old = OLD.replace("effect: %s", "effect: allow")
    assert told(judge(old), judge(new)) == ["alpha: allow → block from 2027-01-01T00:00:00Z until 2027-02-01T00:00:00Z"]


def test_a_change_of_a_change_is_told_in_its_turn() -> None:
    new = """
        rules:
          - {id: r, match: {tool: alpha}, effect: warn, until: 2026-12-31}
          - {id: s, match: {tool: alpha}, effect: block}
        default: {effect: allow}
        """
    assert told(judge(OLD % "allow"), judge(new)) == [
        f"alpha: allow → warn from {NOW} until 2027-01-01T00:00:00Z",
        "alpha: allow → block from 2027-01-01T00:00:00Z",
    ]


def test_a_change_that_goes_on_past_other_dates_is_told_once() -> None:
    dated = "  - {id: z, match: {tool: beta}, effect: warn, from: 2027-01-01, until: 2027-01-31}\n"
    old = "rules:\n  - {id: r, match: {tool: alpha}, effect: %s}\n" + dated
    assert told(judge(old % "warn"), judge(old % "block")) == [f"alpha: warn → block from {NOW}"]


def test_a_change_within_a_range_of_versions_shows_at_its_edge() -> None:
    old = OLD.replace("tool: alpha", 'tool: alpha, version: "<2.1.198"') % "block"
    new = OLD.replace("tool: alpha", 'tool: alpha, version: "<2.1.205"') % "block"
    assert told(judge(old), judge(new)) == [f"alpha (version 2.1.198): allow → block from {NOW}"]


def test_a_change_for_a_group_or_a_waiver_or_an_endpoint_shows_with_its_circumstances() -> None:
    old = OLD % "block"
    assert told(judge(old), judge(old + "waivers: [{id: W, tool: alpha, group: g, until: 2026-12-31, owner: o}]")) == [
        f"alpha (user ana): block → allow from {NOW} until 2027-01-01T00:00:00Z"
    ]
    gateway = OLD.replace("tool: alpha", "tool: alpha, not: {endpoint_class: cleared-gateway}") % "block"
    new = gateway + "endpoints: [{host: llm.example, class: cleared-gateway}]"
    assert told(judge(gateway), judge(new)) == [f"alpha (endpoint llm.example): block → allow from {NOW}"]


def test_a_waiver_with_a_match_of_its_own() -> None:
    old = OLD % "block"
    new = old + "waivers: [{id: W, tool: alpha, match: {surface: config}, until: 2026-12-31, owner: o}]"
    assert told(judge(old), judge(new)) == [
        f"alpha (surface config): block → allow from {NOW} until 2027-01-01T00:00:00Z"
    ]


def test_unknown_agents_are_tried_too() -> None:
    old = "rules: [{id: u, match: {known: false, score: '>=0.8'}, effect: warn}]\ndefault: {effect: allow}"
    assert told(judge(old), judge(old.replace("0.8", "0.6"))) == [
        f"an unknown agent (score 0.79): allow → warn from {NOW}",
    ]
    assert told(judge(old), judge(old.replace("warn", "block"))) == [
        f"an unknown agent (score 1.00): warn → block from {NOW}"
    ]


def test_tools_that_only_one_of_them_knows() -> None:
    old = "rules: []\ndefault: {effect: allow}"
    new = (
        "tools: [{id: own, kind: relay}]\nrules: [{id: k, match: {kind: relay}, effect: block}]\ndefault: "
        "{effect: allow}"
    )
    assert told(judge(old), judge(new)) == [f"own: allow → block from {NOW}"]
    stated = new.replace("tools: [{id: own, kind: relay}]", "tools: [{id: own, kind: relay}, {id: beta, kind: relay}]")
    assert told(judge(new), judge(stated)) == [f"beta: allow → block from {NOW}"]
    assert told(
        judge(old),
        judge("tools: [{id: own}]\nrules: [{id: o, match: {tool: own}, effect: block}]\ndefault: {effect: allow}"),
    ) == [f"own: allow → block from {NOW}"]


def test_sightings_are_judged_one_by_one_as_they_were_seen() -> None:
    old = OLD.replace("tool: alpha", 'tool: alpha, version: "<2"') % "block"
    new = OLD.replace("tool: alpha", 'tool: alpha, version: "<1"') % "block"
    seen = [
        Subject(ask(ALPHA, version="1.5"), "Alpha", "s1", ("/a",)),
        Subject(ask(ALPHA, version="0.5"), "Alpha", "s2", ("/b",)),
    ]
    found = diff(judge(old), judge(new), AT, seen)
    assert [each.subject.sighting for each in found] == [None, "s1"]


def test_what_counts_is_what_happens() -> None:
    def happens(more: str) -> object:
        return what_happens(judge(f"rules: [{{id: r, match: {{}}, effect: block{more}}}]").decide(ask()))

    plain = happens("")
    for more in (", enforce: warn", ", risk: critical", ", replacement: beta", ", settings: {a: 1}"):
        assert happens(more) != plain
    assert happens(", reason: why, message: other") == plain


def test_instants_beyond_the_calendar_are_passed_over() -> None:
    edge = OLD.replace("effect: %s", 'effect: block, until: "9999-12-31T23:59-12:00"')
    assert told(judge(OLD % "block"), judge(edge)) == []
