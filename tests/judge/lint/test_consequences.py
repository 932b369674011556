from __future__ import annotations

import pytest

from clearance.judge.lint import lint
from tests.judge.builders import AT, TOOLS, directive
from tests.judge.lint.reviewing import found, only, remarks, rule


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rule("{tool: alpha}", "allow-with-settings"), ["error no-settings"]),
        (rule("{tool: alpha}", "warn", ", settings: {telemetry: off}"), ["warning settings-without-effect"]),
        (rule("{tool: alpha}", "warn", ", enforce: block"), ["warning enforce-beyond-effect"]),
        (rule("{tool: alpha}", "allow", ", enforce: warn"), ["warning enforce-beyond-effect"]),
        (rule("{tool: alpha}", "block", ", enforce: observe"), []),
        (rule("{tool: alpha}", "allow", ", enforce: observe"), []),
        (rule("{known: false, score: 0.8}"), ["warning exact-score"]),
        (rule("{known: false, score: '0.8'}"), []),
    ],
)  # fmt: skip
def test_what_is_said_and_does_nothing(body: str, expected: list[str]) -> None:
    assert found(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("waivers: [{id: W, tool: alpha, until: 2026-12-31, reason: r}]", ["error waiver-without-owner"]),
        ("waivers: [{id: W, tool: alpha, until: 2026-12-31, owner: ' ', reason: r}]", ["error waiver-without-owner"]),
        ("waivers: [{id: W, tool: alpha, until: 2026-12-31, owner: o}]", ["warning waiver-without-reason"]),
        ("waivers: [{id: W, user: ana, until: 2026-12-31, owner: o, reason: r}]", ["error waiver-for-everything"]),
        ("waivers: [{id: W, match: {}, until: 2026-12-31, owner: o, reason: r}]", ["error waiver-for-everything"]),
        ("waivers: [{id: W, tool: '*', until: 2026-12-31, owner: o, reason: r}]", []),
    ],
)  # fmt: skip
def test_waivers_must_be_answered_for_and_limited(body: str, expected: list[str]) -> None:
    assert found(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("metadata: {id: D}", []),
    ],
)  # fmt: skip
def test_a_directive_that_says_which_it_is(body: str, expected: list[str]) -> None:
    assert found(body) == expected


def test_a_directive_without_metadata() -> None:
    (remark,) = lint(directive("contact: c"), TOOLS, AT)
    assert (remark.check, str(remark.place)) == ("no-metadata", "00.yaml:1:1")


REPLACED = "rules:\n  - {id: a, match: %s, effect: block, replacement: beta%s}\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (REPLACED % ("{tool: alpha}", "") + "default: {effect: allow}", ""),
        (REPLACED % ("{tool: alpha}", "") + ("  - {id: b, match: {tool: beta}, effect: allow-with-settings, "
                                            "settings: {telemetry: off}}"), ""),
        (REPLACED % ("{tool: alpha}", ""), "the default gives warn"),
        (REPLACED % ("{kind: coding-agent}", "") + "default: {effect: allow}", 'rule "a" gives block'),
        # now it is allowed, but not for as long as people are pointed to it
        (REPLACED % ("{tool: alpha}", "") + ("  - {id: b, match: {tool: beta}, effect: block, from: "
                                            "2027-01-01}\ndefault: {effect: allow}"),
         'rule "b" gives block from 1 January 2027'),
        (REPLACED % ("{tool: alpha}", ", until: 2026-12-31") + ("  - {id: b, match: {tool: beta}, effect: "
                                                               "block, from: 2027-01-01}\ndefault: {effect: "
                                                               "allow}"), ""),
        # as of the rule's own beginning
        (REPLACED % ("{tool: alpha}", ", from: 2027-01-01") + ("  - {id: b, match: {tool: beta}, effect: block, "
                                                              "until: 2026-12-31}\ndefault: {effect: allow}"), ""),
        (REPLACED % ("{tool: alpha}", ", from: 2027-01-01") + ("  - {id: b, match: {tool: beta}, effect: allow, "
                                                              "until: 2026-12-31}"), "the default gives warn"),
        # allowed where it is pointed at a cleared gateway
        (REPLACED % ("{tool: alpha}", "") + ("  - {id: b, match: {tool: beta, endpoint_class: cleared-gateway}, "
                                            "effect: allow}\n"
         "endpoints: [{host: 'llm.*', class: cleared-gateway, residency: [in-house]}]"), ""),
        # allowed for those whom the rule is about
        (REPLACED % ("{tool: alpha, group: g}", "") + ("  - {id: b, match: {tool: beta, group: g}, effect: "
                                                      "allow}\ngroups: {g: {users: [ana], hosts: "
                                                      "[lab]}}\ndefault: {effect: block}"), ""),
        (REPLACED % ("{tool: alpha, host: lab-1}", "") + ("  - {id: b, match: {tool: beta, host: 'lab-*'}, "
                                                         "effect: allow}\ndefault: {effect: block}"), ""),
        (REPLACED % ("{tool: alpha}", "") + ("  - {id: b, match: {tool: beta, group: g}, effect: "
                                            "allow}\ngroups: {g: {users: [ana]}}\ndefault: {effect: block}"),
                                             "the default gives block"),
        (REPLACED % ("{tool: alpha, group: g}", "") + "  - {id: b, match: {tool: beta, group: g}, effect: allow}\n"
         "groups: {g: {unix_groups: [dev]}}\ndefault: {effect: block}", ""),
        # allowed for everybody but some
        (REPLACED % ("{tool: alpha}", "") + "  - {id: b, match: {tool: beta, group: g}, effect: block}\n"
         "groups: {g: {unix_groups: [dev], users: [ana]}}\ndefault: {effect: allow}", ""),
        (REPLACED % ("{tool: alpha, group: g}", "") + "  - {id: b, match: {tool: beta, group: g}, effect: block}\n"
         "groups: {g: {unix_groups: [dev], users: [ana]}}\ndefault: {effect: allow}", 'rule "b" gives block'),
        (REPLACED % ("{tool: alpha}", "") + "  - {id: b, match: {tool: beta, not: {user: ana}}, effect: allow}", ""),
        # allowed in some versions
        (REPLACED % ("{tool: alpha}", "") + "  - {id: b, match: {tool: beta, version: '>=2'}, effect: allow}\n"
         "default: {effect: block}", ""),
        (REPLACED % ("{tool: alpha}", "") + "  - {id: b, match: {tool: beta, version: '<2'}, effect: block}\n"
         "default: {effect: warn}", "the default gives warn"),
    ],
)  # fmt: skip
def test_a_replacement_must_itself_be_allowed(body: str, expected: str) -> None:
    told = [remark.what for remark in remarks(body) if remark.check == "replacement-not-allowed"]
    assert told == ([f'rule "a" points to "beta", which is itself not allowed: {expected}'] if expected else [])


def test_the_replacement_of_the_default_must_be_allowed_too() -> None:
    remark = only("default: {effect: block, replacement: beta}")
    assert remark.what == 'the default points to "beta", which is itself not allowed: the default gives block'
    assert str(remark.place) == "00.yaml:4:39"
    assert (
        found("rules: [{id: r, match: {tool: beta}, effect: allow}]\ndefault: {effect: block, replacement: beta}") == []
    )


def test_a_rule_that_has_ended_points_nobody_anywhere() -> None:
    assert found(REPLACED % ("{tool: alpha}", ", until: 2026-01-01")) == ["warning rule-ended"]


UNSEEN = "rules:\n  - {id: a, match: %s, effect: block%s}\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (UNSEEN % ("{tool: alpha, version: '<2'}", ""), ('rule "a" is skipped where the version is not seen: '
                                                        '"alpha" then gets warn by the default')),
        (UNSEEN % ("{tool: alpha, not: {group: g, user: x}}", "") + "groups: {g: {users: [u]}}",
         'rule "a" is skipped where the user or group is not seen: "alpha" then gets warn by the default'),
        (UNSEEN % ("{version: '<2'}", "") + "  - {id: b, match: {tool: beta}, effect: allow}\ndefault: {effect: block}",
         'rule "a" is skipped where the version is not seen: "beta" then gets allow by rule "b"'),
        (UNSEEN % ("{known: false, score: '>=0.8', user: x}", ""), ('rule "a" is skipped where the user is not '
                                                                   'seen: an unknown agent then gets warn by '
                                                                   'the default')),
        (UNSEEN % ("{tool: alpha, version: '<2', surface: binary, host: h}", ""), ('rule "a" is skipped where '
                                                                                  'the version is not seen: '
                                                                                  '"alpha" then gets warn by '
                                                                                  'the default')),
        # nothing weaker would decide
        (UNSEEN % ("{tool: alpha, version: '<2'}", "") + "default: {effect: block}", ""),
        (UNSEEN % ("{tool: alpha, version: '<2'}", "") + "  - {id: b, match: {tool: alpha}, effect: block}", ""),
        # it is not reached
        (("rules:\n  - {id: z, match: {tool: alpha}, effect: allow}\n  - {id: a, match: {kind: coding-agent, "
         "tool: alpha, version: '<2'}, effect: warn}"), ""),
        # what is always seen
        (UNSEEN % ("{tool: alpha, surface: binary, confidence: certain, host: h}", ""), ""),
        (UNSEEN % ("{known: false, score: '>=0.8'}", ""), ""),
        # it lets through by itself
        ("rules: [{id: a, match: {tool: alpha, version: '<2'}, effect: allow}]\ndefault: {effect: block}", ""),
        # it has ended
        (UNSEEN % ("{tool: alpha, version: '<2'}", ", until: 2026-01-01"), ""),
        # no tool it could be about
        (UNSEEN % ("{kind: relay, version: '<2'}", ""), ""),
    ],
)  # fmt: skip
def test_a_rule_that_is_skipped_where_something_was_not_seen_must_not_let_anything_through(
    body: str, expected: str
) -> None:
    told = [remark.what for remark in remarks(body) if remark.check == "undetermined"]
    assert told == ([expected] if expected else [])
