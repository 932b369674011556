from __future__ import annotations

import pytest

from tests.judge.lint.reviewing import found, remarks, rule


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("rules: [{id: r, match: {}, effect: block}, {id: s, match: {tool: alpha}, effect: warn}]",
         ["warning matches-everything", "error shadowed-rule"]),
        (rule("{}"), []),
        (rule("{tool: []}"), ["error matches-nothing"]),
        (rule("{tool: alpha, not: {tool: 'a*'}}"), ["error matches-nothing"]),
        ("waivers: [{id: W, match: {tool: alpha, not: {}}, until: 2026-12-31, owner: o, reason: r}]",
         ["error matches-nothing"]),
    ],
)  # fmt: skip
def test_matches_of_everything_and_of_nothing(body: str, expected: list[str]) -> None:
    assert found(body) == expected


SHADOW = """
    rules:
      - {id: a, match: %s, effect: %s%s}
      - {id: b, match: %s, effect: %s%s}
    """


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        (("{tool: alpha}", "allow", ""), ("{tool: alpha, version: '<2'}", "block", ""), ["error shadowed-rule"]),
        (("{tool: alpha}", "block", ""), ("{tool: alpha, surface: config}", "block", ""), ["warning shadowed-rule"]),
        (("{tool: '*'}", "block", ""), ("{tool: beta}", "warn", ", from: 2026-12-01"), ["error shadowed-rule"]),
        (("{tool: alpha}", "allow", ", until: 2026-12-31"), ("{tool: alpha}", "block", ""), []),
        (("{tool: alpha}", "allow", ", from: 2026-12-01"), ("{tool: alpha}", "block", ", until: 2026-12-31"), []),
        (("{tool: alpha}", "allow", ", from: 2026-12-01"), ("{tool: alpha}", "block", (", from: 2026-12-01, "
                                                                                      "until: 2026-12-31")),
                                                                                       ["error shadowed-rule"]),
        (("{tool: alpha, surface: config}", "allow", ""), ("{tool: alpha}", "block", ""), []),
        (("{tool: [beta, alpha]}", "allow", ""), ("{tool: Alpha}", "block", ""), ["error shadowed-rule"]),
        (("{tool: [beta, alpha]}", "allow", ""), ("{tool: [alpha, local]}", "block", ""), []),
        (("{kind: coding-agent}", "allow", ""), ("{tool: alpha, kind: coding-agent}", "block", ""),
         ["error shadowed-rule"]),
        (("{tool: ['al*', beta]}", "allow", ""), ("{tool: ['alp*']}", "block", ""), ["error shadowed-rule"]),
        (("{tool: alpha}", "allow", ""), ("{tool: 'alph*'}", "block", ""), []),
        (("{tool: alpha}", "allow", ""), ("{kind: coding-agent}", "block", ""), []),
    ],
)  # fmt: skip
def test_a_rule_is_shadowed_only_where_that_is_certain(
    wide: tuple[str, str, str], narrow: tuple[str, str, str], expected: list[str]
) -> None:
    assert found(SHADOW % (*wide, *narrow)) == expected


def test_a_shadowed_rule_names_the_one_before() -> None:
    (remark,) = remarks(SHADOW % ("{tool: alpha}", "allow", "", "{tool: alpha}", "block", ""))
    assert remark.what == 'rule "b" is never reached: rule "a" decides all it could'
    assert (str(remark.place), remark.remedy) == ("00.yaml:7:10", 'put it before "a", or take it out')


def test_a_rule_with_reversed_dates_shadows_nothing() -> None:
    assert found(
        SHADOW % ("{tool: alpha}", "allow", ", from: 2026-12-02, until: 2026-12-01", "{tool: alpha}", "block", "")
    ) == ["error dates-reversed"]
