"""The facts that a directive matches on."""

from __future__ import annotations

from clearance.catalog.facts import tool_facts
from clearance.model.decision import ToolFacts
from tests.catalog.sample import tool


def test_every_fact_comes_from_the_entry() -> None:
    assert tool_facts(tool()) == ToolFacts(
        id="acme-coder",
        name="Acme Coder",
        vendor="Acme",
        country="CZ",
        kind=("coding-agent",),
        deployment="cloud",
        residency=("eu",),
        retention=30,
        training="never",
        risk="medium",
        command="acme",
        hosts=("api.acme.example", "*.acme.example"),
    )


def test_a_risk_that_the_entry_gives_wins_over_the_neutral_one() -> None:
    given = 'risk: {value: critical, source: ["https://acme.example"], checked: 2026-11-21}\n'
    assert tool_facts(tool(("command: acme", given + "command: acme"))).risk == "critical"
