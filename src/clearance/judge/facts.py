"""The facts on tools that a directive is judged with: the catalog's, with the directive's own winning over them.

A field that the directive's `tools` entry gives replaces the catalog's; a tool that the catalog does not know is
made of the entry alone, and what it leaves out is `unknown`. Its risk is then `medium`, since a risk always has a
value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clearance.model.decision import ToolFacts
from clearance.model.directive import LocalTool
from clearance.model.terms import IN_HOUSE, UNKNOWN


def merged(local: Iterable[LocalTool], catalog: Mapping[str, ToolFacts]) -> dict[str, ToolFacts]:
    """All tools by id, in id order."""
    tools = dict(catalog)
    for entry in local:
        tools[entry.id] = merge(entry, tools.get(entry.id))
    return dict(sorted(tools.items()))


def merge(local: LocalTool, known: ToolFacts | None) -> ToolFacts:
    """The facts of one tool. A tool stated to be `local`, without a word on residency, keeps its data in-house."""
    base = known or ToolFacts(
        id=local.id,
        name=local.id,
        vendor=UNKNOWN,
        country=UNKNOWN,
        kind=(),
        deployment=UNKNOWN,
        residency=(UNKNOWN,),
        retention=UNKNOWN,
        training=UNKNOWN,
        risk="medium",
        command=local.binaries[0] if local.binaries else "",
    )
    kind = (local.kind,) if isinstance(local.kind, str) else local.kind
    residency = local.residency
    if residency is None and local.deployment == "local":
        residency = (IN_HOUSE,)
    return ToolFacts(
        id=local.id,
        name=base.name if local.name is None else local.name,
        vendor=base.vendor if local.vendor is None else local.vendor,
        country=base.country if local.country is None else local.country,
        kind=base.kind if kind is None else kind,
        deployment=base.deployment if local.deployment is None else local.deployment,
        residency=base.residency if residency is None else residency,
        retention=base.retention if local.retention is None else local.retention,
        training=base.training if local.training is None else local.training,
        risk=base.risk if local.risk is None else local.risk,
        command=base.command if local.command is None else local.command,
        hosts=local.hosts or base.hosts,
    )
