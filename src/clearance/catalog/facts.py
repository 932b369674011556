"""The facts on a tool that a directive can match on. Pure."""

from __future__ import annotations

from clearance.catalog.index import values
from clearance.catalog.risk import neutral_risk
from clearance.model.decision import ToolFacts
from clearance.model.tool import Tool


def tool_facts(tool: Tool) -> ToolFacts:
    """The catalog's facts on a tool, before a directive's own facts are laid over them.

    `risk` is the entry's own where it gives one, else `neutral_risk`. `hosts` are the vendor's default endpoints in the
    order of the entry, telemetry not among them; none for a tool that sends only where it is told to.
    """
    data = tool.data
    return ToolFacts(
        id=tool.id,
        name=tool.name,
        vendor=tool.vendor.value.name,
        country=tool.vendor.value.country,
        kind=tool.kind.value,
        deployment=data.deployment.value,
        residency=data.residency.value,
        retention=data.retention.value,
        training=data.training.value,
        risk=tool.risk.value if tool.risk else neutral_risk(data),
        command=tool.command,
        hosts=values(tool.surfaces.hosts),
    )
