from __future__ import annotations

from clearance.catalog.facts import tool_facts
from clearance.catalog.index import values
from clearance.model.directive import LocalTool
from clearance.tasks.local_tools import with_local
from tests.builders import CHECKED, catalog, tool

CATALOG = catalog(tool("t", packages=("npm:t",)))
INHOUSE = LocalTool(
    "inhouse-coder",
    name="Inhouse Coder",
    kind="coding-agent",
    deployment="on-prem",
    residency=("in-house",),
    binaries=("icoder",),
    packages=("pypi:inhouse-coder",),
)


def test_a_tool_of_the_companys_own_is_looked_for() -> None:
    made = with_local(CATALOG, (INHOUSE,), CHECKED)
    own = made.tools["inhouse-coder"]
    assert made.by_package["pypi:inhouse-coder"] is own
    assert "~/.local/bin/icoder" in values(own.surfaces.installs)
    facts = tool_facts(own)
    assert (facts.deployment, facts.residency, facts.command) == ("on-prem", ("in-house",), "icoder")
    assert (facts.training, facts.retention) == ("unknown", "unknown")


def test_a_known_tool_shows_in_more_ways() -> None:
    made = with_local(CATALOG, (LocalTool("t", packages=("npm:@corp/t",), hosts=("t.corp.example",)),), CHECKED)
    assert made.by_package["npm:t"].id == made.by_package["npm:@corp/t"].id == "t"
    assert values(made.tools["t"].surfaces.hosts) == ("t.corp.example",)


def test_facts_alone_change_nothing_here() -> None:
    assert with_local(CATALOG, (LocalTool("t", risk="low"),), CHECKED) is CATALOG
    assert with_local(CATALOG, (), CHECKED) is CATALOG
