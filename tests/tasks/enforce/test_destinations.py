"""The table of a directive: what is refused to whom, and that the judge says the same."""

from __future__ import annotations

import datetime as dt

import pytest

from clearance.catalog.compiled import load_catalog
from clearance.catalog.index import Catalog
from clearance.judge.engine import compile_directive
from clearance.model.decision import Request
from clearance.model.network import Lookup
from clearance.model.terms import Enforce
from clearance.tasks.enforce.destinations import Compiled, Person, Surroundings, compile_network
from clearance.tasks.policy_in_force import load_policy
from tests.judge.builders import directive

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
ANA, BO = Person(1001, "ana", ()), Person(1002, "bo", ("research",))
TWO = """
tools:
  - {id: one, kind: coding-agent, deployment: cloud, hosts: ["api.one.example", "shared.example"]}
  - {id: two, kind: coding-agent, deployment: cloud, hosts: ["api.two.example", "shared.example", "*.wide.example"]}
"""


def compiled(body: str, *, configured: dict[tuple[str, str | None], str] | None = None, mode: Enforce = "block",
             catalog: Catalog | None = None, first: int = 0) -> Compiled:  # fmt: skip
    judge = compile_directive(directive(body), {}, 1, hosts=catalog.hosts if catalog else None)
    around = Surroundings(AT, "lab", (ANA, BO), configured or {})
    return compile_network(judge, catalog or Catalog([]), around, mode=mode, serial=4, first=first)


def actions(made: Compiled, name: str) -> list[str | None]:
    """For ana, bo, and whoever is neither."""
    found = Lookup(made.table)
    verdicts = [found.verdict(name, uid) or found.address(name, uid) for uid in (1001, 1002, None)]
    return [verdict.row.action if verdict else None for verdict in verdicts]


def test_a_barred_tools_hosts_are_refused_but_not_those_it_shares_with_an_allowed_one() -> None:
    made = compiled(TWO + "rules: [{id: r, match: {tool: one}, effect: block}]\ndefault: {effect: allow}")
    assert actions(made, "api.one.example") == ["block"] * 3
    assert actions(made, "shared.example") == ["allow"] * 3
    assert actions(made, "api.two.example") == ["allow"] * 3
    assert actions(made, "elsewhere.example") == [None] * 3


def test_shared_by_barred_tools_alone_it_is_refused() -> None:
    made = compiled(TWO + "rules: [{id: r, match: {kind: coding-agent}, effect: block}]\ndefault: {effect: allow}")
    assert actions(made, "shared.example") == ["block"] * 3


def test_a_name_inside_an_allowed_tools_wider_one_is_left_to_it() -> None:
    body = TWO.replace("api.one.example", "x.wide.example")
    made = compiled(body + "rules: [{id: r, match: {tool: one}, effect: block}]\ndefault: {effect: allow}")
    assert "block" not in actions(made, "x.wide.example")


def test_cleared_inside_barred() -> None:
    made = compiled(
        TWO
        + "rules: [{id: a, match: {endpoint: '*.business.wide.example'}, effect: allow},"
        + "{id: r, match: {tool: two}, effect: block}]\ndefault: {effect: allow}"
    )
    assert actions(made, "x.wide.example") == ["block"] * 3
    assert actions(made, "x.business.wide.example") == ["allow"] * 3


def test_groups_and_waivers_are_by_user() -> None:
    made = compiled(
        TWO
        + "groups: {research: {unix_groups: [research]}}\n"
        + "rules: [{id: r, match: {tool: one}, effect: block}]\ndefault: {effect: allow}\n"
        + "waivers: [{id: w, tool: one, group: research, until: 2027-01-01}]"
    )
    assert actions(made, "api.one.example") == ["block", "allow", "block"]


@pytest.mark.parametrize(("mode", "action"), [("observe", "allow"), ("warn", "warn"), ("block", "block")])
def test_the_hosts_mode_and_what_would_be(mode: Enforce, action: str) -> None:
    made = compiled(TWO + "default: {effect: block}", mode=mode)
    verdict = Lookup(made.table).verdict("api.one.example", None)
    assert verdict is not None
    assert (verdict.row.action, verdict.row.would) == (action, "block")


def test_enforce_of_a_rule_and_settings_that_are_asked_for() -> None:
    weaker = compiled(
        TWO + "rules: [{id: r, match: {tool: one}, effect: block, enforce: warn}]\ndefault: {effect: allow}"
    )
    assert actions(weaker, "api.one.example") == ["warn"] * 3
    settings = TWO + "rules: [{id: r, match: {tool: one}, effect: allow-with-settings, settings: {a: 1}}]\n"
    assert not compiled(settings + "default: {effect: allow}").table.guarded


def test_a_relay_is_refused_where_every_tool_is_barred_there() -> None:
    catalog = load_catalog()
    relays = "rules: [{id: relays, match: {endpoint_class: relay}, effect: block}"
    assert (
        actions(compiled(TWO + relays + "]\ndefault: {effect: allow}", catalog=catalog), "openrouter.ai")
        == ["block"] * 3
    )
    used = relays.replace("[{", "[{id: fine, match: {tool: two}, effect: allow}, {", 1) + "]\ndefault: {effect: allow}"
    assert "block" not in actions(compiled(TWO + used, catalog=catalog), "openrouter.ai")


def test_where_a_tool_is_pointed_is_judged_for_that_user() -> None:
    body = (
        TWO + "rules: [{id: r, match: {tool: one, endpoint_class: unknown}, effect: block}]\ndefault: {effect: allow}"
    )
    made = compiled(body, configured={("one", "ana"): "Relay.Example.", ("one", "bo"): "127.0.0.1"})
    assert actions(made, "relay.example") == ["block", None, None]
    assert actions(made, "127.0.0.1") == [None] * 3


def test_an_address_is_refused_only_where_it_was_named_as_one() -> None:
    body = (
        TWO + "rules: [{id: r, match: {tool: one, endpoint_class: unknown}, effect: block}]\ndefault: {effect: allow}"
    )
    made = compiled(body, configured={("one", "ana"): "192.0.2.7"})
    assert [one.network for one in made.table.addresses] == ["192.0.2.7/32"]
    assert actions(made, "192.0.2.7") == ["block", None, None]


def test_the_models_of_a_cloud_provider_are_everybodys() -> None:
    catalog = load_catalog()
    body = "rules: [{id: r, match: {not: {residency: in-house}}, effect: block}]"
    name = "bedrock-runtime.us-east-1.amazonaws.com"
    assert actions(compiled(TWO + body, catalog=catalog), name) == [None] * 3
    named = body.replace("[{", f"[{{id: n, match: {{endpoint: {name}}}, effect: block}}, {{", 1)
    assert actions(compiled(TWO + named, catalog=catalog), name) == ["block"] * 3


def test_where_nothing_would_happen_the_table_is_empty() -> None:
    made = compiled(TWO + "default: {effect: allow}").table
    assert (made.names, made.addresses, made.guarded) == ((), (), ())


def test_rows_lead_to_their_decision() -> None:
    made = compiled(TWO + "rules: [{id: r, match: {tool: one}, effect: block}]\ndefault: {effect: allow}", first=50)
    verdict = Lookup(made.table).verdict("api.one.example", 1001)
    assert verdict is not None
    decision = made.decisions[verdict.row.decision - 50]
    assert (decision.tool, decision.rule, decision.effect) == ("one", "r", "block")
    assert (made.table.serial, made.table.generation) == (4, 1)


def test_the_table_says_what_the_judge_says_for_every_host_of_the_catalog() -> None:
    catalog = load_catalog()
    policy = load_policy(None, catalog)
    around = Surroundings(AT, "lab", (ANA,))
    found = Lookup(compile_network(policy.judge, catalog, around, mode="block", serial=1).table)
    checked = 0
    for host, owners in catalog.by_host.items():
        if "*" in host or len(catalog.at_host(host)) != 1:
            continue
        request = Request(policy.tools[owners[0].id], AT, surface="endpoint", endpoint=host, user="ana",
                          unix_groups=(), host="lab")  # fmt: skip
        verdict = found.verdict(host, 1001)
        assert verdict is not None
        decision = policy.judge.decide(request)
        asked = "allow" if decision.effect in ("allow", "allow-with-settings") else decision.enforce
        assert verdict.row.would == asked
        checked += 1
    assert checked > 80
