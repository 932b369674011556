from __future__ import annotations

import pytest

from tests.judge.lint.reviewing import found, rule


@pytest.mark.parametrize(
    ("body", "expected"),
    [
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
    ],
)  # fmt: skip
def test_tools_must_be_known(body: str, expected: list[str]) -> None:
    assert found(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rule("{vendor: [vendor, 'V*', unknown]}"), []),
        (rule("{vendor: Vendro}"), ["warning unknown-vendor"]),
        (rule("{country: [US, ch, unknown, '?S']}"), []),
        (rule("{country: China}"), ["warning unknown-country"]),
        (rule("{residency: [in-house, eu, unknown, us-east-1]}"), []),
        (rule("{not: {residency: inhouse}}"), ["warning unknown-region"]),
        (rule("{residency: In_House}"), ["warning unknown-region"]),
        ("endpoints: [{host: x, class: relay, residency: [eu, on-prem]}]", ["warning unknown-region"]),
    ],
)  # fmt: skip
def test_vendors_countries_and_regions_that_look_like_slips(body: str, expected: list[str]) -> None:
    assert found(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("groups: {g: {users: [a]}}\n" + rule("{tool: alpha, not: {group: g}}", "allow"), []),
        (rule("{group: g}", "allow"), ["error undefined-group"]),
        ("groups: {g: {}}\n" + rule("{group: g}", "allow"), ["error empty-group"]),
        ("groups: {g: {users: [a]}}", ["warning unused-group"]),
        ("waivers: [{id: W, tool: alpha, group: g, until: 2026-12-31, owner: o, reason: r}]",
         ["error undefined-group"]),
    ],
)  # fmt: skip
def test_groups_must_be_defined_and_have_members(body: str, expected: list[str]) -> None:
    assert found(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("endpoints: [{host: x, class: cleared-gateway, residency: [eu]}, {host: y, class: relay}]", []),
        ("endpoints: [{host: x, class: cleared-gateway}]", ["warning endpoint-without-residency"]),
        ("endpoints: [{host: '*.x', class: relay, residency: [eu]}, {host: A.x, class: relay, residency: [eu]}]",
         ["warning hidden-endpoint"]),
        ("endpoints: [{host: a.x, class: relay, residency: [eu]}, {host: '*.x', class: relay, residency: [eu]}]", []),
    ],
)  # fmt: skip
def test_endpoints_must_say_where_data_stays_and_be_reached(body: str, expected: list[str]) -> None:
    assert found(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("tools: [{id: own}]", ["warning tool-without-kind"]),
        ("tools: [{id: alpha, residency: [in-house]}]", ["warning in-house-with-vendor-hosts"]),
        ("tools: [{id: alpha, residency: [in-house], hosts: [llm.corp.example]}]", []),
        ("tools: [{id: local, residency: [in-house]}, {id: beta, residency: [eu]}]", []),
    ],
)  # fmt: skip
def test_tools_of_ones_own(body: str, expected: list[str]) -> None:
    assert found(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rule("{tool: alpha}", "allow-with-settings", ", settings: {telemetry: off, DISABLE_TELEMETRY: '1'}"), []),
        (rule("{tool: alpha}", "allow-with-settings", ", settings: {beta.index: off}"), ["error unknown-switch"]),
        (rule("{kind: coding-agent}", "allow-with-settings", ", settings: {beta.index: off}"), []),
        (rule("{tool: alpha}", "allow-with-settings", ", settings: {telemetri: off}"), ["error unknown-switch"]),
    ],
)  # fmt: skip
def test_settings_must_be_data_switches_of_a_tool_that_the_rule_can_match(body: str, expected: list[str]) -> None:
    assert found(body) == expected
