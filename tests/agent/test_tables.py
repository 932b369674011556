"""Tables made in a child are those that the service itself would make, and their rows lead to its decisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearance.agent import tables
from clearance.agent.policy import Policy
from clearance.catalog import Catalog
from clearance.model.network import Lookup
from clearance.tasks.enforce.surveyed import Survey
from clearance.tasks.enforce.table import Person, Tabled
from tests.agent.directives import AT, write


@pytest.fixture
def policy(policy: Policy, tmp_path: Path) -> Policy:
    """With a directive and what a survey found."""
    policy.take(write(tmp_path), AT)
    policy.surveyed(Survey((), (Person(0, "root"), Person(4711, "ana")), (("codex", "ana", "llm.example"),), ()))
    return policy


def told(made: Tabled) -> list[tuple[str, int | None, str | None]]:
    return [(one.tool, one.uid, made.decisions[one.row.decision].rule) for one in made.table.entries]


def test_a_child_judges_as_the_service_would(policy: Policy, catalog: Catalog) -> None:
    itself = policy.make(AT)
    made, network = tables.make(policy, catalog, "h", AT, network=False)
    assert network is None
    assert policy.tabled is made
    assert made.serial == itself.serial + 1
    assert (made.table.entries, made.table.general) == (itself.table.entries, itself.table.general)
    assert (made.table.versioned, made.table.users) == (itself.table.versioned, itself.table.users)
    assert made.decisions == itself.decisions
    assert ("aider", 4711, "ana") in told(made)


def test_the_networks_rows_lead_to_decisions_of_the_same_table(policy: Policy, catalog: Catalog) -> None:
    made, network = tables.make(policy, catalog, "h", AT, network=True)
    assert network is not None
    assert network.serial == made.serial
    verdict = Lookup(network).verdict("llm.example", 4711)
    assert verdict is not None
    decision = policy.decision(network.serial, verdict.row)
    assert decision is not None
    assert (decision.tool, decision.rule) == ("codex", "none")


def test_what_nobody_foresaw_gets_a_place_of_its_own(policy: Policy, catalog: Catalog) -> None:
    made, _ = tables.make(policy, catalog, "h", AT, network=True)
    before = list(made.decisions)
    row = made.row("aider", None, 4712, person=Person(4712, "ana"))
    assert made.decisions[row.decision].rule == "ana"
    assert made.decisions[: len(before)] == before


def test_without_a_child_the_service_judges(policy: Policy, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "apart", lambda *_: None)
    made, network = tables.make(policy, catalog, "h", AT, network=True)
    assert policy.tabled is made
    assert network is not None
    assert ("aider", 4711, "ana") in told(made)
