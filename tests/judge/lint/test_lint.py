"""Every check of the lint, on the smallest directive that it remarks on and on one that it must not remark on."""

from __future__ import annotations

import textwrap

import pytest

from clearance.judge.lint import CHECKS, lint
from clearance.model.review import Remark
from tests.judge.builders import AT, HOSTS, TOOLS, directive, facts

SWITCHES = {"alpha": frozenset({"DISABLE_TELEMETRY"}), "beta": frozenset({"beta.index"})}
METADATA = "metadata: {id: D, owner: o}\n"


def remarks(body: str) -> list[Remark]:
    merged = directive(body if "metadata:" in body else METADATA + textwrap.dedent(body))
    return list(lint(merged, TOOLS, AT, hosts=HOSTS, switches=SWITCHES))


def found(body: str) -> list[str]:
    return [f"{remark.severity} {remark.check}" for remark in remarks(body)]


def only(body: str) -> Remark:
    (remark,) = remarks(body)
    return remark


def rule(match: str, effect: str = "block", more: str = "") -> str:
    return f"rules: [{{id: r, match: {match}, effect: {effect}{more}}}]"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # tools
        (rule("{tool: alpha}"), []),
        (rule("{tool: [Alpha, 'be*']}"), []),
        (rule("{tool: alhpa}"), ["error unknown-tool"]),
        (rule("{tool: [alpha, zzz]}"), ["error unknown-tool"]),
        (rule("{not: {tool: zzz}}"), ["error unknown-tool"]),
        (rule("{tool: 'zzz*'}"), ["warning unknown-tool"]),
        ("tools: [{id: own, kind: relay}]\n" + rule("{tool: own}"), []),
        (rule("{tool: alpha}", more=", replacement: zzz"), ["error unknown-tool"]),
        ("default: {effect: block, replacement: zzz}", ["error unknown-tool"]),
        ("waivers: [{id: W, tool: zzz, until: 2026-12-31, owner: o, reason: r}]", ["error unknown-tool"]),
        ("waivers: [{id: W, match: {tool: zzz}, until: 2026-12-31, owner: o, reason: r}]", ["error unknown-tool"]),
        # vendors, countries, regions
        (rule("{vendor: [vendor, 'V*', unknown]}"), []),
        (rule("{vendor: Vendro}"), ["warning unknown-vendor"]),
        (rule("{country: [US, ch, unknown, '?S']}"), []),
        (rule("{country: China}"), ["warning unknown-country"]),
        (rule("{residency: [in-house, eu, unknown, us-east-1]}"), []),
        (rule("{not: {residency: inhouse}}"), ["warning unknown-region"]),
        (rule("{residency: In_House}"), ["warning unknown-region"]),
        ("endpoints: [{host: x, class: relay, residency: [eu, on-prem]}]", ["warning unknown-region"]),
        # groups
        ("groups: {g: {users: [a]}}\n" + rule("{tool: alpha, not: {group: g}}", "allow"), []),
        (rule("{group: g}", "allow"), ["error undefined-group"]),
        ("groups: {g: {}}\n" + rule("{group: g}", "allow"), ["error empty-group"]),
        ("groups: {g: {users: [a]}}", ["warning unused-group"]),
        ("waivers: [{id: W, tool: alpha, group: g, until: 2026-12-31, owner: o, reason: r}]",
         ["error undefined-group"]),
        # endpoints
        ("endpoints: [{host: x, class: cleared-gateway, residency: [eu]}, {host: y, class: relay}]", []),
        ("endpoints: [{host: x, class: cleared-gateway}]", ["warning endpoint-without-residency"]),
        ("endpoints: [{host: '*.x', class: relay, residency: [eu]}, {host: A.x, class: relay, residency: [eu]}]",
         ["warning hidden-endpoint"]),
        ("endpoints: [{host: a.x, class: relay, residency: [eu]}, {host: '*.x', class: relay, residency: [eu]}]", []),
        # the directive's own tools
        ("tools: [{id: own}]", ["warning tool-without-kind"]),
        ("tools: [{id: alpha, residency: [in-house]}]", ["warning in-house-with-vendor-hosts"]),
        ("tools: [{id: alpha, residency: [in-house], hosts: [llm.corp.example]}]", []),
        ("tools: [{id: local, residency: [in-house]}, {id: beta, residency: [eu]}]", []),
        # settings
        (rule("{tool: alpha}", "allow-with-settings", ", settings: {telemetry: off, DISABLE_TELEMETRY: '1'}"), []),
        (rule("{tool: alpha}", "allow-with-settings", ", settings: {beta.index: off}"), ["error unknown-switch"]),
        (rule("{kind: coding-agent}", "allow-with-settings", ", settings: {beta.index: off}"), []),
        (rule("{tool: alpha}", "allow-with-settings", ", settings: {telemetri: off}"), ["error unknown-switch"]),
        (rule("{tool: alpha}", "allow-with-settings"), ["error no-settings"]),
        (rule("{tool: alpha}", "warn", ", settings: {telemetry: off}"), ["warning settings-without-effect"]),
        # enforcement
        (rule("{tool: alpha}", "warn", ", enforce: block"), ["warning enforce-beyond-effect"]),
        (rule("{tool: alpha}", "allow", ", enforce: warn"), ["warning enforce-beyond-effect"]),
        (rule("{tool: alpha}", "block", ", enforce: observe"), []),
        (rule("{tool: alpha}", "allow", ", enforce: observe"), []),
        # matches of everything and nothing
        ("rules: [{id: r, match: {}, effect: block}, {id: s, match: {tool: alpha}, effect: warn}]",
         ["warning matches-everything", "error shadowed-rule"]),
        (rule("{}"), []),
        (rule("{tool: []}"), ["error matches-nothing"]),
        (rule("{tool: alpha, not: {tool: 'a*'}}"), ["error matches-nothing"]),
        ("waivers: [{id: W, match: {tool: alpha, not: {}}, until: 2026-12-31, owner: o, reason: r}]",
         ["error matches-nothing"]),
        # dates
        (rule("{tool: alpha}", more=", from: 2026-12-01, until: 2026-11-30"), ["error dates-reversed"]),
        (rule("{tool: alpha}", more=", from: 2026-12-01, until: 2026-12-01"), []),
        ("waivers: [{id: W, tool: alpha, from: 2027-12-31, until: 2026-12-31, owner: o, reason: r}]",
         ["error dates-reversed"]),
        ("waivers: [{id: W, tool: alpha, until: 2026-11-20, owner: o, reason: r}]", ["warning waiver-ended"]),
        ("waivers: [{id: W, tool: alpha, until: 2026-11-21, owner: o, reason: r}]", []),
        (rule("{tool: alpha}", more=", until: 2026-11-20"), ["warning rule-ended"]),
        (rule("{tool: alpha}", more=", until: 2026-11-21"), []),
        ("metadata: {id: D, review: 2026-11-20}", ["warning review-date-past"]),
        ("metadata: {id: D, review: 2026-11-21}", []),
        ("metadata: {id: D, review: 2026-11-21, timezone: Pacific/Kiritimati}", ["warning review-date-past"]),
        # waivers
        ("waivers: [{id: W, tool: alpha, until: 2026-12-31, reason: r}]", ["error waiver-without-owner"]),
        ("waivers: [{id: W, tool: alpha, until: 2026-12-31, owner: ' ', reason: r}]", ["error waiver-without-owner"]),
        ("waivers: [{id: W, tool: alpha, until: 2026-12-31, owner: o}]", ["warning waiver-without-reason"]),
        ("waivers: [{id: W, user: ana, until: 2026-12-31, owner: o, reason: r}]", ["error waiver-for-everything"]),
        ("waivers: [{id: W, match: {}, until: 2026-12-31, owner: o, reason: r}]", ["error waiver-for-everything"]),
        ("waivers: [{id: W, tool: '*', until: 2026-12-31, owner: o, reason: r}]", []),
        # texts
        (rule("{tool: alpha}",
         more=", replacement: beta, message: 'Use {replacement.name} {{x}}'") + "\ndefault: {effect: allow}", []),
        (rule("{tool: alpha}", more=", message: 'Use {replacement.nam}'"), ["error unknown-placeholder"]),
        (rule("{tool: alpha}", more=", message: 'Use {replacement.name}'"), ["warning empty-placeholder"]),
        (rule("{tool: alpha}", more=", message: 'Ask {contact}'"), ["warning empty-placeholder"]),
        ("contact: c\n" + rule("{tool: alpha}", more=", message: 'Ask {contact}'"), []),
        ("default: {effect: warn, message: '{zzz} {replacement.id}'}", ["warning empty-placeholder",
         "error unknown-placeholder"]),
        (rule("{tool: alpha, not: {user: 'svc-.*'}}", "allow"), ["warning glob-not-regex"]),
        (rule("{tool: alpha, host: '^lab'}", "allow"), ["warning glob-not-regex"]),
        ("groups: {g: {users: ['(a|b)'], hosts: ['lab-[0-9'], unix_groups: ['a[0-9]*']}}\n" + rule("{group: g}",
         "allow"),
         ["warning glob-not-regex", "warning glob-not-closed"]),
        ("endpoints: [{host: 'api\\.x$', class: relay, residency: [eu]}]", ["warning glob-not-regex"]),
        (rule("{known: false, score: 0.8}"), ["warning exact-score"]),
        (rule("{known: false, score: '0.8'}"), []),
        # the directive itself
        ("metadata: {id: D}", []),
    ],
)  # fmt: skip
def test_a_check_remarks_on_what_it_is_for_and_on_nothing_else(body: str, expected: list[str]) -> None:
    assert found(body) == expected


def test_a_directive_without_metadata() -> None:
    (remark,) = lint(directive("contact: c"), TOOLS, AT)
    assert (remark.check, str(remark.place)) == ("no-metadata", "00.yaml:1:1")


def test_a_remark_has_its_place_what_is_wrong_and_what_to_do() -> None:
    remark = only(rule("{tool: [beta, alhpa]}"))
    assert str(remark.place) == "00.yaml:4:38"
    assert remark.what == 'rule "r" names the tool "alhpa", which is not known'
    assert remark.remedy == 'did you mean "alpha"?'
    assert only("groups: {gg: {}}").place.column == 10
    assert only(rule("{group: devs}", "allow")).remedy == "define it under `groups:`"


def test_remarks_come_in_the_order_of_the_text_each_once() -> None:
    places = [(remark.place.line, remark.place.column) for remark in remarks("""
        metadata: {id: D, review: 2026-01-01}
        waivers: [{id: W, tool: zzz, until: 2026-01-01}]
        rules: [{id: r, match: {tool: [zzz, yyy]}, effect: block, until: 2026-01-01}]
        """)]  # fmt: skip
    assert places == sorted(places)
    assert len(set(places)) == len(places) - 1  # the waiver has neither owner nor reason


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


def test_every_check_is_registered() -> None:
    from clearance.judge.lint import consequences, reach, references, times, wording

    public = {
        check
        for module in (consequences, reach, references, times, wording)
        for name, check in vars(module).items()
        if callable(check) and getattr(check, "__module__", "") == module.__name__ and not name.startswith("_")
    }
    assert set(CHECKS) == public


def test_without_switches_and_hosts_every_setting_but_a_topic_is_unknown() -> None:
    body = METADATA + rule(
        "{tool: alpha}", "allow-with-settings", ", settings: {telemetry: off, DISABLE_TELEMETRY: '1'}"
    )
    assert [remark.check for remark in lint(directive(body), {"alpha": facts("alpha")}, AT)] == ["unknown-switch"]
