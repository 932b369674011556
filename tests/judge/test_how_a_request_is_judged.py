"""Each numbered sentence of "How a request is judged" (contracts), one section and several tests each."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from clearance.errors import Error
from clearance.judge.enforcement import carried_out
from clearance.judge.instants import written
from clearance.model.decision import VetResult
from clearance.model.terms import ENFORCES
from clearance.prove.formats.decision import document
from tests.judge.builders import ALPHA, AT, BETA, LOCAL, TOOLS, ask, at, decide, directive, facts, judge, rule_for

# 1. A match is true, false or undetermined.

NOBODY_KNOWS = facts(
    "alpha",
    vendor="unknown",
    country="unknown",
    kind=(),
    deployment="unknown",
    residency=("unknown",),
    retention="unknown",
    training="unknown",
)


@pytest.mark.parametrize(
    "match",
    ["vendor: Vendor", "country: US", "kind: coding-agent", "deployment: cloud", "residency: in-house",
     "retention: '<=30'", "retention: '!=30'", "training: never"],
)  # fmt: skip
def test_1_a_catalog_fact_that_nobody_knows_is_the_value_unknown(match: str) -> None:
    assert rule_for(f"{{{match}}}", NOBODY_KNOWS) is False
    assert rule_for(f"{{not: {{{match}}}}}", NOBODY_KNOWS) is True


@pytest.mark.parametrize(
    "match", ["vendor: unknown", "country: unknown", "deployment: unknown", "residency: unknown",
              "retention: unknown", "training: unknown"],
)  # fmt: skip
def test_1_unknown_is_a_value_to_match_on(match: str) -> None:
    assert rule_for(f"{{{match}}}", NOBODY_KNOWS) is True
    assert rule_for(f"{{{match}}}", ALPHA) is False


@pytest.mark.parametrize(
    "match",
    ["version: '>=1'", "surface: binary", "user: ana", "host: lab-1", "confidence: certain", "group: g"],
)  # fmt: skip
def test_1_what_could_not_be_observed_here_is_undetermined(match: str) -> None:
    body = (
        "groups: {g: {users: [ana], unix_groups: [dev], hosts: [lab-1]}}\n"
        f"rules: [{{id: r, match: {{{match}}}, effect: block}}]"
    )
    assert decide(body).undetermined == ("r",)
    assert decide(body.replace(match, f"not: {{{match}}}")).undetermined == ("r",)


def test_1_a_score_that_was_not_made_is_undetermined_and_a_known_tool_has_none() -> None:
    assert rule_for("{score: '>=0.5'}", None) is None
    assert rule_for("{score: '>=0.5'}", ALPHA) is False
    assert rule_for("{not: {score: '>=0.5'}}", ALPHA) is True


def test_1_not_keeps_undetermined_however_deep() -> None:
    assert rule_for("{not: {not: {not: {user: ana}}}}") is None
    assert rule_for("{not: {not: {user: ana}}}", user="ana") is True
    assert rule_for("{not: {not: {not: {user: ana}}}}", user="ana") is False


def test_1_a_match_with_a_false_field_is_false_whatever_was_not_observed() -> None:
    assert rule_for("{user: ana, kind: relay}") is False
    assert rule_for("{kind: relay, user: ana}") is False
    assert rule_for("{not: {user: ana, kind: relay}}") is True
    assert rule_for("{user: ana, host: lab}", host="other") is False


def test_1_else_with_an_undetermined_field_it_is_undetermined() -> None:
    assert rule_for("{kind: coding-agent, user: ana}") is None
    assert rule_for("{user: ana, host: lab}", user="ana") is None
    assert rule_for("{not: {kind: coding-agent, user: ana}}") is None


def test_1_an_undetermined_rule_is_skipped_and_listed() -> None:
    decision = decide("""
        rules:
          - {id: one, match: {tool: alpha, user: ana}, effect: block}
          - {id: two, match: {tool: beta, user: ana}, effect: block}
          - {id: three, match: {version: "<2"}, effect: block}
          - {id: four, match: {tool: alpha}, effect: allow}
          - {id: five, match: {user: bo}, effect: block}
        """)
    assert (decision.rule, decision.undetermined) == ("four", ("one", "three"))


# 2. Residency and endpoint class are those of tool and endpoint together.

GATEWAY = """
    endpoints:
      - {host: "llm.corp.example", class: cleared-gateway, residency: [in-house]}
      - {host: "*.corp.example", class: relay}
      - {host: "api.beta.example", class: vendor, residency: [eu]}
    rules:
      - {id: in-house, match: {residency: in-house}, effect: allow}
      - {id: gateway, match: {endpoint_class: cleared-gateway}, effect: warn}
      - {id: no-residency, match: {not: {residency: in-house}}, effect: block}
    """


def test_2_a_cloud_tool_pointed_at_a_cleared_gateway_has_the_gateways_residency() -> None:
    decision = decide(GATEWAY, endpoint="llm.corp.example")
    assert (decision.effect, decision.rule, decision.endpoint_class) == ("allow", "in-house", "cleared-gateway")


def test_2_a_local_tool_pointed_elsewhere_loses_its_own_residency() -> None:
    assert decide(GATEWAY, LOCAL).effect == "allow"
    decision = decide(GATEWAY, LOCAL, endpoint="relay.example")
    assert (decision.effect, decision.endpoint_class) == ("block", "relay")


@pytest.mark.parametrize(
    ("tool", "endpoint", "expected"),
    [
        (ALPHA, "api.alpha.example", "vendor"),
        (ALPHA, "API.Alpha.Example.", "vendor"),
        (ALPHA, "eu.cloud.example", "cloud-provider"),
        (ALPHA, "relay.example", "relay"),
        (ALPHA, "other.corp.example", "relay"),
        (ALPHA, "nobody.example", "unknown"),
        (BETA, "api.alpha.example", "unknown"),
        (None, "eu.cloud.example", "cloud-provider"),
        (None, "api.alpha.example", "unknown"),
        (None, "llm.corp.example", "cleared-gateway"),
    ],
)
def test_2_the_directives_endpoints_come_first_then_the_tools_own_hosts_then_the_catalogs_lists(
    tool: object, endpoint: str, expected: str
) -> None:
    assert decide(GATEWAY, tool, endpoint=endpoint).endpoint_class == expected


def test_2_where_no_endpoint_is_seen_the_tools_own_default_counts() -> None:
    assert decide(GATEWAY, ALPHA).endpoint_class == "vendor"
    assert rule_for("{residency: us, endpoint: api.alpha.example}", ALPHA) is True
    assert rule_for("{residency: eu}", ALPHA) is False
    moved = facts("alpha", hosts=("llm.corp.example", "api.alpha.example"))
    assert decide(GATEWAY, moved).rule == "in-house"
    assert decide(GATEWAY, facts("alpha", hosts=())).endpoint_class == "unknown"


def test_2_no_residency_no_start_holds_at_the_start_of_a_program() -> None:
    assert decide(GATEWAY, ALPHA).effect == "block"
    assert decide(GATEWAY, facts("alpha", residency=("unknown",))).effect == "block"
    assert decide(GATEWAY, None, score=0.9).effect == "block"


def test_2_a_vendors_endpoint_named_by_the_directive_keeps_the_tools_residency_unless_it_says_where() -> None:
    assert rule_for("{residency: eu}", BETA) is False
    body = (
        "endpoints: [{host: api.beta.example, class: vendor%s}]\nrules: [{id: r, match: {residency: %s}, "
        "effect: block}]"
    )
    assert decide(body % ("", "us"), BETA).rule == "r"
    assert decide(body % (", residency: [EU]", "eu"), BETA).rule == "r"
    assert decide(body % (", residency: [EU]", "us"), BETA).rule is None


def test_2_an_endpoint_that_gives_no_residency_has_an_unknown_one() -> None:
    body = (
        "endpoints: [{host: llm.corp.example, class: cleared-gateway}]\nrules: [{id: r, match: {residency: "
        "unknown}, effect: block}]"
    )
    assert decide(body, ALPHA, endpoint="llm.corp.example").rule == "r"


# 3. Waivers in force come first, then rules in order, then the default.

WAIVED = """
    groups: {research: {users: [ana, "b*"], hosts: ["lab-*"]}}
    rules:
      - {id: first, match: {tool: alpha}, effect: block}
      - {id: second, match: {tool: [alpha, beta]}, effect: warn}
    default: {effect: allow-with-settings, reason: none}
    waivers:
      - {id: W-1, tool: alpha, group: research, until: 2026-12-31, owner: o, reason: study}
      - {id: W-2, match: {surface: binary}, user: cy, host: "h?", until: 2026-12-31, owner: o}
    """


def test_3_the_first_waiver_that_matches_gives_allow() -> None:
    decision = decide(WAIVED, user="ana")
    assert (decision.effect, decision.enforce, decision.waiver, decision.rule) == ("allow", "observe", "W-1", None)
    assert (decision.reason, decision.undetermined, decision.message) == ("study", (), "")


def test_3_a_waiver_matches_on_tool_or_match_and_on_group_user_and_host_where_given() -> None:
    assert decide(WAIVED, user="cy", host="h1", surface="binary").waiver == "W-2"
    assert decide(WAIVED, BETA, user="cy", host="h1", surface="binary").waiver == "W-2"
    assert decide(WAIVED, user="cy", host="h12", surface="binary").waiver is None
    assert decide(WAIVED, user="di", host="h1", surface="binary").waiver is None
    assert decide(WAIVED, user="cy", host="h1", surface="config").waiver is None
    assert decide(WAIVED, BETA, user="ana", host="x").waiver is None


def test_3_a_waiver_that_cannot_be_determined_does_not_hold() -> None:
    decision = decide(WAIVED)
    assert (decision.waiver, decision.rule, decision.undetermined) == (None, "first", ())


def test_3_then_the_first_true_rule_in_order_decides() -> None:
    assert decide(WAIVED, user="x", host="y").rule == "first"
    assert decide(WAIVED, BETA, user="x", host="y").rule == "second"


def test_3_then_the_default() -> None:
    decision = decide(WAIVED, LOCAL, user="x", host="y")
    assert (decision.rule, decision.waiver, decision.effect, decision.reason) == (
        None,
        None,
        "allow-with-settings",
        "none",
    )
    assert decide("rules: []").effect == "warn"


# 4. A group matches when any of its users, unix groups or hosts does.

GROUP = """
    groups:
      g: {users: [ana, "svc-*"], unix_groups: [dev, "ai-*"], hosts: ["lab-*"]}
      h: {users: [cy]}
    rules: [{id: r, match: {group: %s}, effect: block}]
    """


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"user": "ana"}, True),
        ({"user": "svc-build"}, True),
        ({"unix_groups": ("users", "dev")}, True),
        ({"unix_groups": ("ai-team",)}, True),
        ({"host": "LAB-7"}, True),
        ({"user": "x", "unix_groups": ("y",), "host": "lab-7"}, True),
        ({"user": "x", "unix_groups": ("y",), "host": "z"}, False),
        ({"user": "x", "unix_groups": (), "host": "z"}, False),
        ({"user": "x", "host": "z"}, None),
        ({"user": "x", "unix_groups": ()}, None),
        ({"unix_groups": (), "host": "z"}, None),
        ({"user": "Ana", "unix_groups": ("Dev",), "host": "z"}, False),
        ({}, None),
    ],
)
def test_4_a_group_matches_when_any_of_its_users_unix_groups_or_hosts_does(
    seen: dict[str, object], expected: bool | None
) -> None:
    decision = decide(GROUP % "g", **seen)
    assert (None if decision.undetermined else decision.rule == "r") is expected


def test_4_several_groups_are_any_of_them_and_what_a_group_lacks_is_not_asked_for() -> None:
    assert decide(GROUP % "[g, h]", user="cy").rule == "r"
    assert decide(GROUP % "h", user="cy").rule == "r"
    decision = decide(GROUP % "h", user="x")
    assert (decision.rule, decision.undetermined) == (None, ())


def test_4_a_group_that_is_not_defined_or_empty_has_nobody() -> None:
    assert rule_for("{group: nobody}") is False
    assert rule_for("{not: {group: nobody}}") is True


# 5. A rule or waiver outside its from and until is skipped; upcoming names what would change the decision.

DATED = """
    metadata: {id: D, timezone: %s}
    rules: [{id: r, match: {tool: alpha}, effect: block, from: 2026-07-10, until: 2026-07-12}]
    default: {effect: allow}
    waivers: [{id: W, tool: alpha, until: 2026-12-31, from: 2026-12-01, owner: o}]
    """


@pytest.mark.parametrize(
    ("zone", "instant", "rule"),
    [
        ("UTC", "2026-07-09T23:59:59.999999", None),
        ("UTC", "2026-07-10T00:00:00", "r"),
        ("UTC", "2026-07-12T23:59:59.999999", "r"),
        ("UTC", "2026-07-13T00:00:00", None),
        ("Asia/Tokyo", "2026-07-09T15:00:00", "r"),
        ("Asia/Tokyo", "2026-07-09T14:59:59.999999", None),
        ("Asia/Tokyo", "2026-07-12T15:00:00", None),
        ("America/New_York", "2026-07-10T03:59:59", None),
        ("America/New_York", "2026-07-10T04:00:00", "r"),
        ("America/New_York", "2026-07-13T03:59:59", "r"),
    ],
)
def test_5_a_bare_date_is_a_whole_day_in_the_directives_zone(zone: str, instant: str, rule: str | None) -> None:
    assert decide(DATED % zone, at=at(instant)).rule == rule


def test_5_a_waiver_until_31_december_holds_on_that_day() -> None:
    assert decide(DATED % "UTC", at=at("2026-12-31T23:59:59")).waiver == "W"
    assert decide(DATED % "UTC", at=at("2027-01-01T00:00:00")).waiver is None
    assert decide(DATED % "UTC", at=at("2026-11-30T23:59:59")).waiver is None


def test_5_a_waivers_days_are_those_of_the_directives_zone_too() -> None:
    assert decide(DATED % "Asia/Tokyo", at=at("2026-12-31T14:59:59")).waiver == "W"
    assert decide(DATED % "Asia/Tokyo", at=at("2026-12-31T15:00:00")).waiver is None
    assert decide(DATED % "America/New_York", at=at("2027-01-01T04:59:59")).waiver == "W"
    assert decide(DATED % "America/New_York", at=at("2026-12-01T04:59:59")).waiver is None


def test_5_a_date_with_a_time_is_that_instant_and_until_excludes_it() -> None:
    body = """
        metadata: {id: D, timezone: Europe/Zurich}
        rules:
          - {id: r, match: {tool: alpha}, effect: block, from: "2026-07-10T09:00Z", until: "2026-07-10T12:00"}
        """
    assert decide(body, at=at("2026-07-10T08:59:59.999999")).rule is None
    assert decide(body, at=at("2026-07-10T09:00:00")).rule == "r"
    assert decide(body, at=at("2026-07-10T09:59:59.999999")).rule == "r"
    assert decide(body, at=at("2026-07-10T10:00:00")).rule is None


def test_5_a_rule_outside_its_time_is_skipped_and_not_listed() -> None:
    decision = decide("rules: [{id: r, match: {user: ana}, effect: block, until: 2026-01-01}]")
    assert decision.undetermined == ()


def test_5_upcoming_names_the_first_rule_that_is_true_but_has_not_begun_and_would_change_the_decision() -> None:
    decision = decide("""
        rules:
          - {id: other-tool, match: {tool: beta}, effect: block, from: 2027-01-01}
          - {id: not-seen, match: {user: ana}, effect: block, from: 2027-01-01}
          - {id: soon, match: {tool: alpha}, effect: block, from: 2027-03-01}
          - {id: sooner-but-later-in-order, match: {tool: alpha}, effect: warn, from: 2027-02-01}
        default: {effect: allow}
        """)
    assert decision.effect == "allow"
    assert decision.upcoming is not None
    assert msgspec.to_builtins(decision.upcoming) == {"rule": "soon", "effect": "block", "from": "2027-03-01"}


@pytest.mark.parametrize(
    "rules",
    [
        # an earlier rule decides then as it does now
        """- {id: now, match: {tool: alpha}, effect: allow}
           - {id: later, match: {tool: alpha}, effect: block, from: 2027-01-01}""",
        # it says the same
        """- {id: later, match: {tool: alpha}, effect: block, from: 2027-01-01}
           - {id: now, match: {tool: alpha}, effect: block}""",
        # it has ended before it begins
        """- {id: later, match: {tool: alpha}, effect: block, from: 2027-01-01, until: 2026-12-01}
           - {id: now, match: {tool: alpha}, effect: allow}""",
        # it has begun
        """- {id: begun, match: {tool: alpha}, effect: block, from: 2026-11-21T12:00:00Z}
           - {id: now, match: {tool: alpha}, effect: allow}""",
    ],
)
def test_5_a_rule_that_would_change_nothing_is_not_upcoming(rules: str) -> None:
    assert decide(f"rules:\n           {rules}\n").upcoming is None


def test_5_a_waiver_that_outlasts_the_beginning_hides_what_is_upcoming_and_one_that_ends_before_does_not() -> None:
    body = """
        rules: [{id: later, match: {tool: alpha}, effect: block, from: 2027-01-01}]
        default: {effect: allow}
        waivers: [{id: W, tool: alpha, until: %s, owner: o}]
        """
    assert decide(body % "2027-06-30").upcoming is None
    ends_before = decide(body % "2026-12-31")
    assert (ends_before.waiver, ends_before.upcoming and ends_before.upcoming.rule) == ("W", "later")


def test_5_a_rule_behind_one_that_ends_in_time_is_upcoming() -> None:
    decision = decide("""
        rules:
          - {id: until-then, match: {tool: alpha}, effect: allow, until: 2026-12-31}
          - {id: from-then, match: {tool: alpha}, effect: block, from: 2027-01-01}
        """)
    assert (decision.rule, decision.upcoming and decision.upcoming.rule) == ("until-then", "from-then")


@pytest.mark.parametrize("change", ["enforce: observe", "risk: critical", "settings: {a: 1}"])
def test_5_enforcement_risk_and_settings_are_part_of_what_would_change(change: str) -> None:
    body = """
        rules:
          - {id: later, match: {tool: alpha}, effect: block, from: 2027-01-01, %s}
          - {id: now, match: {tool: alpha}, effect: block}
        """
    upcoming = decide(body % change).upcoming
    assert upcoming is not None
    assert upcoming.rule == "later"
    assert decide(body % "reason: new words").upcoming is None


def test_5_since_is_when_the_deciding_rule_began_as_the_directive_writes_it() -> None:
    assert decide(DATED % "UTC", at=at("2026-07-11")).since == "2026-07-10"
    assert decide(DATED % "UTC", at=at("2026-07-01")).since is None


# 6. Several files are read in name order.

ONE = """
    metadata: {id: D-1, title: first, timezone: Asia/Tokyo}
    contact: one
    groups: {a: {users: [ana]}}
    tools: [{id: own, name: Own}]
    endpoints: [{host: a.example, class: relay}]
    rules: [{id: r1, match: {tool: alpha}, effect: warn}]
    default: {effect: block}
    waivers: [{id: W1, tool: beta, until: 2026-12-31, owner: o}]
    protected: ["a/**"]
    audit: {content: always}
    enforcement: {blast_radius: 7}
    """
TWO = """
    metadata: {id: D-2, title: second}
    contact: two
    groups: {b: {users: [bo]}}
    tools: [{id: own2, name: Own2}]
    endpoints: [{host: b.example, class: cleared-gateway}]
    rules: [{id: r2, match: {tool: [alpha, own]}, effect: block}]
    default: {effect: allow}
    waivers: [{id: W2, tool: own2, until: 2026-12-31, owner: o}]
    protected: ["b/**"]
    """


def test_6_rules_waivers_tools_endpoints_and_groups_are_concatenated_in_name_order() -> None:
    merged = directive(ONE, TWO).directive
    assert [rule.id for rule in merged.rules] == ["r1", "r2"]
    assert [waiver.id for waiver in merged.waivers] == ["W1", "W2"]
    assert [tool.id for tool in merged.tools] == ["own", "own2"]
    assert [endpoint.host for endpoint in merged.endpoints] == ["a.example", "b.example"]
    assert list(merged.groups) == ["a", "b"]
    assert merged.protected == ("a/**", "b/**")
    assert judge(ONE, TWO).decide(ask()).rule == "r1"
    assert judge(TWO, ONE).decide(ask()).rule == "r2"


def test_6_default_contact_audit_enforcement_and_metadata_come_from_the_last_file_that_gives_them() -> None:
    merged = directive(ONE, TWO)
    document = msgspec.to_builtins(merged.directive)
    assert document["metadata"] == {"id": "D-2", "title": "second"}
    assert (document["contact"], document["default"]) == ("two", {"effect": "allow"})
    assert (document["audit"], document["enforcement"]) == ({"content": "always"}, {"blast_radius": 7})
    decision = judge(ONE, TWO).decide(ask(facts("gamma")))
    assert (decision.policy.directives, decision.policy.title) == (("D-1", "D-2"), "second")
    assert (decision.effect, decision.contact) == ("allow", "two")


@pytest.mark.parametrize(
    ("section", "noun"),
    [
        ("rules: [{id: x, match: {}, effect: warn}]", 'rule "x"'),
        ("waivers: [{id: x, until: 2026-12-31}]", 'waiver "x"'),
        ("tools: [{id: x}]", 'tool "x"'),
        ("endpoints: [{host: x, class: relay}]", 'endpoint "x"'),
        ("groups: {x: {users: [a]}}", 'group "x"'),
    ],
)
def test_6_the_same_id_twice_is_an_error_with_both_places(section: str, noun: str) -> None:
    with pytest.raises(Error) as caught:
        directive(section, "\n" + section)
    assert str(caught.value).startswith("01.yaml:4:")
    assert f"{noun} is there twice" in str(caught.value)
    assert "the first is at 00.yaml:3:" in str(caught.value)


def test_6_the_order_is_that_of_the_names_not_that_of_the_reading() -> None:
    from clearance.judge.parse import parse
    from tests.judge.builders import HEADER

    texts = [(name, (HEADER + f"contact: {name}").encode()) for name in ("20-b", "10-a", "30-c")]
    assert parse(texts).directive.contact == "30-c"
    assert parse(texts).sha256 == parse(reversed(texts)).sha256


# 7. What happens is the weakest of effect, enforce and the host's mode.


@pytest.mark.parametrize(
    ("effect", "enforce", "expected"),
    [
        ("allow", None, "observe"),
        ("allow", "block", "observe"),
        ("allow-with-settings", None, "block"),
        ("allow-with-settings", "warn", "warn"),
        ("allow-with-settings", "observe", "observe"),
        ("warn", None, "warn"),
        ("warn", "block", "warn"),
        ("warn", "observe", "observe"),
        ("block", None, "block"),
        ("block", "warn", "warn"),
        ("block", "observe", "observe"),
    ],
)
def test_7_a_decision_carries_the_weaker_of_effect_and_enforce(effect: str, enforce: str | None, expected: str) -> None:
    given = f", enforce: {enforce}" if enforce else ""
    decision = decide(f"rules: [{{id: r, match: {{}}, effect: {effect}{given}}}]")
    assert (decision.effect, decision.enforce) == (effect, expected)
    by_default = decide(f"default: {{effect: {effect}{given}}}")
    assert (by_default.effect, by_default.enforce) == (effect, expected)


@pytest.mark.parametrize("mode", ENFORCES)
@pytest.mark.parametrize("enforce", ENFORCES)
def test_7_the_hosts_mode_weakens_it_further(mode: str, enforce: str) -> None:
    weaker = min(mode, enforce, key=("observe", "warn", "block").index)
    assert carried_out("block", enforce, mode) == weaker  # type: ignore[arg-type]
    assert carried_out("allow-with-settings", enforce, mode) == weaker  # type: ignore[arg-type]
    assert carried_out("warn", enforce, mode) == min(weaker, "warn", key=("observe", "warn", "block").index)  # type: ignore[arg-type]
    assert carried_out("allow", enforce, mode) == "observe"  # type: ignore[arg-type]


def test_7_allow_with_settings_carries_its_settings() -> None:
    decision = decide("rules: [{id: r, match: {}, effect: allow-with-settings, settings: {telemetry: off, n: 3}}]")
    assert decision.settings == {"telemetry": "off", "n": 3}


# 8. generation, sha256, and the same decision byte for byte.


def test_8_generation_and_sha256_name_the_directive() -> None:
    decision = judge(ONE, generation=3).decide(ask())
    assert decision.policy.generation == 3
    assert decision.policy.sha256 == directive(ONE).sha256
    assert len(decision.policy.sha256) == 64


def test_8_sha256_is_of_the_canonical_json_of_the_merged_directive() -> None:
    import hashlib

    canonical = (
        b'{"apiVersion":"clearance/v1","contact":"\xc3\xa9","kind":"Directive",'
        b'"rules":[{"effect":"block","from":"2026-07-10","id":"r","match":{"not":{"kind":["relay"]},"tool":"a"}}]}'
    )
    body = (
        'rules: [{effect: block, id: r, from: 2026-07-10, match: {tool: "a", not: {kind: [relay]}}}]  # '
        'c\ncontact: "\\u00e9"'
    )
    assert directive(body).sha256 == hashlib.sha256(canonical).hexdigest()
    split = (
        "contact: é",
        (
            "rules:\n- id: r\n  match:\n    not: {kind: [relay]}\n    tool: a\n  effect: block\n  from: "
            "2026-07-10\nwaivers: []\n"
        ),
    )
    assert directive(*split).sha256 == directive(body).sha256
    assert directive(body.replace("block", "warn")).sha256 != directive(body).sha256


def test_8_an_instant_is_written_in_utc_whatever_its_zone() -> None:
    tokyo = AT.astimezone(dt.timezone(dt.timedelta(hours=9)))
    body = "rules: [{id: r, match: {tool: alpha}, effect: block, from: 2026-11-21T12:00:00Z}]"
    assert decide(body, at=tokyo) == decide(body, at=AT)
    assert decide(body, at=AT.replace(tzinfo=None)) == decide(body, at=AT)
    assert (decide(body).at, written(tokyo)) == ("2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z")


PROGRAM = """
import sys, json, msgspec
from tests.judge import test_how_a_request_is_judged as here
from tests.judge.builders import ask, judge, TOOLS
from clearance.prove.formats.decision import document
bodies = (here.WAIVED, here.GATEWAY, here.ONE, here.GROUP % "[g, h]", here.DATED % "Asia/Tokyo")
for body in bodies:
    for tool in (*TOOLS.values(), None):
        for user in (None, "ana", "x"):
            request = ask(tool, user=user, host="lab-1", endpoint="eu.cloud.example", version="1.2")
            print(msgspec.json.encode(document(judge(body).decide(request))).decode())
            print(msgspec.json.encode(judge(body).explain(request)).decode())
"""


def test_8_the_same_request_and_directive_give_the_same_decision_byte_for_byte_on_every_machine() -> None:
    root = Path(__file__).parents[2]
    outputs = set()
    for seed, zone, language in (("0", "UTC", "C"), ("1", "Asia/Tokyo", "C.UTF-8"), ("4242", "America/New_York", "C")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": language}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=root, env=environment, capture_output=True, check=True
        )
        outputs.add(run.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 5 * (len(TOOLS) + 1) * 3 * 2


def test_8_a_decision_is_made_anew_from_the_request_alone() -> None:
    one = judge(WAIVED)
    requests = [ask(tool, user=user) for tool in (*TOOLS.values(), None) for user in ("ana", "x", None)]
    once = [json.dumps(document(one.decide(request))) for request in requests]
    again = [json.dumps(document(one.decide(request))) for request in reversed(requests)]
    assert once == again[::-1] == [json.dumps(document(judge(WAIVED).decide(request))) for request in requests]


def test_8_facts_that_changed_since_are_those_of_the_request() -> None:
    one = judge("rules: [{id: r, match: {vendor: Other}, effect: block}]")
    assert one.decide(ask(ALPHA)).rule is None
    assert one.decide(ask(facts("alpha", vendor="Other"))).rule == "r"
    assert one.decide(ask(ALPHA)).rule is None


def test_a_tool_that_was_vetted_lately() -> None:
    fresh = VetResult("no-dependence-found", at("2026-11-01"))
    assert rule_for("{vetted: {within_days: 90, verdict: [no-dependence-found]}}", vetted=fresh) is True
    assert rule_for("{not: {vetted: {within_days: 90}}}") is True
