"""A directive that was read, ready to judge with the facts of the catalog. Reads nothing."""

from __future__ import annotations

from clearance.catalog import Catalog, tool_facts
from clearance.judge.engine import Judge, compile_directive
from clearance.judge.merged import Merged
from clearance.model.decision import ToolFacts


def judge_of(merged: Merged, catalog: Catalog, generation: int = 0, *, example: bool = False) -> Judge:
    """The directive ready to judge, with the catalog's facts."""
    return compile_directive(merged, facts(catalog), generation, hosts=catalog.hosts, example=example)


def facts(catalog: Catalog) -> dict[str, ToolFacts]:
    """The catalog's facts by tool id."""
    return {tool.id: tool_facts(tool) for tool in catalog.tools.values()}
