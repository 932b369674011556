from __future__ import annotations

from clearance.judge.engine import compile_directive
from clearance.judge.lint.review import Review, each, nearest
from clearance.model.directive import Match
from tests.judge.builders import ALPHA, AT, TOOLS, directive
from tests.judge.lint.reviewing import only, rule


def test_a_remark_has_its_place_what_is_wrong_and_what_to_do() -> None:
    remark = only(rule("{tool: [beta, alhpa]}"))
    assert str(remark.place) == "00.yaml:4:38"
    assert remark.what == 'rule "r" names the tool "alhpa", which is not known'
    assert remark.remedy == 'did you mean "alpha"?'
    assert only("groups: {gg: {}}").place.column == 10
    assert only(rule("{group: devs}", "allow")).remedy == "define it under `groups:`"


def review(body: str) -> Review:
    merged = directive(body)
    return Review(merged, compile_directive(merged, TOOLS), AT, {})


def test_every_match_is_there_with_its_path_and_what_it_belongs_to() -> None:
    found = review("""
        rules: [{id: r, match: {tool: a, not: {user: b, not: {host: c}}}, effect: warn}]
        waivers:
          - {id: W, tool: d, until: 2026-12-31, match: {surface: config, not: {user: e}}}
          - {id: V, until: 2026-12-31}
        """).matches()
    assert [(path, subject) for path, subject, _match in found] == [
        (("rules", 0, "match"), 'rule "r"'),
        (("rules", 0, "match", "not"), 'rule "r"'),
        (("rules", 0, "match", "not", "not"), 'rule "r"'),
        (("waivers", 0), 'waiver "W"'),
        (("waivers", 0, "match"), 'waiver "W"'),
        (("waivers", 0, "match", "not"), 'waiver "W"'),
        (("waivers", 1), 'waiver "V"'),
    ]


def test_rules_and_waivers_come_with_their_rulings() -> None:
    both = review("""
        rules: [{id: r, match: {kind: relay}, effect: warn}, {id: s, match: {}, effect: block}]
        waivers: [{id: W, tool: alpha, until: 2026-12-31}]
        """)
    assert [(path, rule.id, ruling.id) for path, rule, ruling in both.rules()] == [
        (("rules", 0), "r", "r"), (("rules", 1), "s", "s"),
    ]  # fmt: skip
    assert [(path, waiver.id, ruling.kind) for path, waiver, ruling in both.waivers()] == [
        (("waivers", 0), "W", "waiver")
    ]
    rulings = [ruling for _path, _rule, ruling in both.rules()]
    assert [both.can_match(ruling, ALPHA) for ruling in rulings] == [False, True]
    assert both.can_match(rulings[1], None)


def test_values_of_a_field_come_with_their_paths() -> None:
    match = Match(tool="a", user=("b", "c"))
    assert list(each(match, "tool", ("x",))) == [(("x", "tool"), "a")]
    assert list(each(match, "user", ("x",))) == [(("x", "user", 0), "b"), (("x", "user", 1), "c")]
    assert list(each(match, "host", ("x",))) == []


def test_the_nearest_word_is_shown_harmlessly() -> None:
    assert nearest("alhpa", ["beta", "alpha"]) == 'did you mean "alpha"?'
    assert nearest("zzz", ["alpha"]) == ""
    assert nearest("alpha", ["alpha\x1b"]) == 'did you mean "alpha\\x1b"?'
