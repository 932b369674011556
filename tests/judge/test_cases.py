from __future__ import annotations

import pytest

from clearance.errors import Error
from clearance.judge.cases import run_cases
from clearance.model.review import CaseResult
from tests.judge.builders import judge

HEADER = "apiVersion: clearance/v1\nkind: DirectiveTest\n"
JUDGE = judge("""
    metadata: {id: D, timezone: Asia/Tokyo}
    groups: {dev: {unix_groups: [dev]}}
    rules:
      - {id: r, match: {tool: alpha, version: "<2"}, effect: block, replacement: beta, from: 2026-07-10, risk: high,
       message: "Use {replacement.name}"}
      - {id: dev, match: {group: dev, host: h, surface: binary, confidence: certain, endpoint: x}, effect: allow}
      - {id: u, match: {score: ">=0.5"}, effect: warn}
      - {id: v, match: {vetted: {verdict: covert, within_days: 2}}, effect: block}
    default: {effect: warn, reason: none}
    waivers: [{id: W, tool: beta, user: ana, until: 2026-12-31, owner: o}]
    """)


def run(cases: str, header: str = HEADER) -> list[CaseResult]:
    return list(run_cases("d.test.yaml", (header + cases).encode(), JUDGE))


def outcome(given: str, expect: str) -> list[tuple[str, str, str]]:
    result = run(f"at: 2026-11-21\ncases: [{{name: n, given: {given}, expect: {expect}}}]")[0]
    return [(m.field, m.expected, m.got) for m in result.mismatches]


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        (
            "{tool: alpha, version: '1'}",
            "{effect: block, enforce: block, rule: r, waiver: null, replacement: beta, risk: high}",
        ),
        (
            "{tool: alpha, version: '1'}",
            "{message: Use Beta, reason: '', upcoming: null, undetermined: [], endpoint_class: vendor}",
        ),
        ("{tool: alpha, version: '1', at: 2026-07-09}", "{rule: null, upcoming: r}"),
        ("{tool: alpha}", "{undetermined: [r], rule: null, reason: none}"),
        ("{tool: beta, user: ana}", "{waiver: W, effect: allow}"),
        ("{tool: beta, unix_groups: [dev], host: h, surface: binary, confidence: certain, endpoint: x}", "{rule: dev}"),
        ("{score: 0.7}", "{rule: u, risk: null}"),
        ("{tool: beta, vetted: {verdict: covert, at: 2026-11-20}}", "{rule: v}"),
        ("{tool: beta, vetted: {verdict: covert, at: 2026-11-01}}", "{rule: null}"),
        ("{tool: beta}", "{}"),
    ],
)
def test_a_case_that_is_as_expected_has_no_mismatch(given: str, expect: str) -> None:
    assert outcome(given, expect) == []


def test_a_case_that_is_not_says_what_was_expected_and_what_was_got() -> None:
    assert outcome(
        "{tool: alpha}", "{effect: block, rule: r, undetermined: [], replacement: beta, message: x, upcoming: r}"
    ) == [
        ("effect", "block", "warn"),
        ("rule", "r", "none"),
        ("replacement", "beta", "none"),
        ("message", "x", "Alpha is not cleared here: none. It is not blocked."),
        ("upcoming", "r", "none"),
        ("undetermined", "none", "r"),
    ]


def test_dates_are_in_the_directives_zone() -> None:
    assert outcome("{tool: alpha, version: '1', at: 2026-07-10}", "{rule: r}") == []
    assert outcome("{tool: alpha, version: '1', at: '2026-07-09T14:59Z'}", "{rule: null}") == []
    assert outcome("{tool: alpha, version: '1', at: '2026-07-10T00:00'}", "{rule: r}") == []


def test_results_come_in_order_with_their_places() -> None:
    results = run(
        "at: 2026-11-21\ncases:\n  - {name: a, given: {tool: beta}, expect: {}}\n  - {name: b, given: {tool: "
        "beta}, expect: {}}"
    )
    assert [(result.name, str(result.place)) for result in results] == [
        ("a", "d.test.yaml:5:5"),
        ("b", "d.test.yaml:6:5"),
    ]
    assert run("cases: []") == []


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ("cases: [{name: n, given: {tool: beta}, expect: {}}]", 'd.test.yaml:3:9: case "n" has no instant'),
        (
            "at: 2026-11-21\ncases: [{name: n, given: {tool: bet}, expect: {}}]",
            'd.test.yaml:4:33: case "n" names the tool "bet"',
        ),
        ("at: 2026-11-21\ncases: [{name: n, given: {tool: bet}, expect: {}}]", 'did you mean "beta"?'),
        ("at: 2026-11-21\ncases: [{name: n, given: {tool: zzzz}, expect: {}}]", "see the ids with: clearance explain"),
        (
            "at: soon\ncases: [{name: n, given: {tool: beta}, expect: {}}]",
            'd.test.yaml:3:5: case "n": at "soon" is not a date',
        ),
        (
            "cases: [{name: n, given: {tool: beta, at: x}, expect: {}}]",
            'd.test.yaml:3:43: case "n": at "x" is not a date',
        ),
        (
            "at: 2026-11-21\ncases: [{name: n, given: {vetted: {verdict: x, at: y}}, expect: {}}]",
            'case "n": at "y" is not a date',
        ),
        ("cases: [{name: n, given: {tol: beta}, expect: {}}]", 'case "n": given has "tol", which is not a field'),
        ("cases: [{name: n, given: {}, expect: {effect: deny}}]", 'case "n": expect.effect is "deny"'),
    ],
)
def test_a_case_that_cannot_be_run_is_an_error_at_its_place(cases: str, expected: str) -> None:
    with pytest.raises(Error) as caught:
        run(cases)
    assert expected in str(caught.value)


def test_a_directive_is_no_file_of_cases() -> None:
    with pytest.raises(Error, match='only "DirectiveTest" is read here'):
        run("rules: []", "apiVersion: clearance/v1\nkind: Directive\n")
