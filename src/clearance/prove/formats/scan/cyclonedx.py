"""A scan as CycloneDX 1.7 JSON: a bill of the AI coding tools of a host, and of the services that they send to.

Guarantees: a component for each tool and version, each MCP server that a tool launches and each unknown agent, with
where it was seen as evidence; a service for each host that a tool or MCP server sends to; what the directive says and
what was not looked at as properties named `clearance:…`. The serial number follows from the content.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec
from cyclonedx.model import DataClassification, DataFlow, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.component_evidence import (
    AnalysisTechnique,
    ComponentEvidence,
    Identity,
    IdentityField,
    Method,
    Occurrence,
)
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.service import Service
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot7

from clearance import __version__
from clearance.model.decision import Decision, ToolFacts
from clearance.model.sighting import ScanResult, Sighting, SwitchState, Unknown
from clearance.model.terms import UNKNOWN, Confidence, EndpointClass, Surface
from clearance.prove.formats import wording
from clearance.prove.formats.escape import json_text, scalar, scalars
from clearance.prove.formats.outline import ToolGroup, holes, tool_groups
from clearance.prove.formats.rendering import RenderOptions

CONFIDENCES: Final[dict[Confidence, Decimal]] = {
    "certain": Decimal("1"),
    "strong": Decimal("0.8"),
    "weak": Decimal("0.4"),
}

TECHNIQUES: Final[dict[Surface, AnalysisTechnique]] = {
    "binary": AnalysisTechnique.BINARY_ANALYSIS,
    "package": AnalysisTechnique.MANIFEST_ANALYSIS,
    "editor-extension": AnalysisTechnique.MANIFEST_ANALYSIS,
    "browser-extension": AnalysisTechnique.MANIFEST_ANALYSIS,
    "instructions": AnalysisTechnique.FILENAME,
    "session-store": AnalysisTechnique.FILENAME,
    "process": AnalysisTechnique.INSTRUMENTATION,
    "socket": AnalysisTechnique.INSTRUMENTATION,
}

LONGEST_VERSION: Final = 160
"""CycloneDX allows 1,024 characters, and an undecodable one is written with up to six."""

HOST: Final = re.compile("[A-Za-z0-9._-]{1,253}")
"""Names of which an address can be made; what a scanned file gave as a host may be anything."""

SENT: Final = "source code, prompts and command output"
"""What a coding tool exchanges with the model service that it uses."""

CALLED: Final = "calls of the server's tools and their results"
"""What it exchanges with an MCP server."""


def render(result: ScanResult, options: RenderOptions) -> str:
    """The bill, indented, ending with a line feed."""
    document = scalars(json.loads(JsonV1Dot7(bill(result)).output_as_string()))
    return json_text(msgspec.json.format(msgspec.json.encode(document), indent=2)) + "\n"


def bill(result: ScanResult) -> Bom:
    """The bill of one scan."""
    host = Component(name=result.host.name, type=ComponentType.DEVICE, bom_ref="host")
    metadata = BomMetaData(
        timestamp=moment(result.finished),
        tools=ToolRepository(
            components=[Component(name="Clearance", version=__version__, type=ComponentType.APPLICATION)]
        ),
        component=host,
        properties=context(result),
    )
    bom = Bom(metadata=metadata, serial_number=uuid5(NAMESPACE_URL, fingerprint(result)))
    facts = {tool.id: tool for tool in result.tools}
    services: dict[str, Service] = {}
    for group in tool_groups(result.sightings, result.tools):
        for part in by_version(group):
            needs = [*servers(part), *hosts(part, facts, services)]
            component = tool(part)
            bom.components.add(component)
            bom.components.update(need for need in needs if isinstance(need, Component))
            bom.dependencies.add(
                Dependency(ref=component.bom_ref, dependencies=[Dependency(ref=need.bom_ref) for need in needs])
            )
    bom.components.update(agent(seen) for seen in result.unknown)
    bom.dependencies.add(
        Dependency(ref=host.bom_ref, dependencies=[Dependency(ref=component.bom_ref) for component in bom.components])
    )
    bom.services.update(services.values())
    return bom


def moment(text: str) -> dt.datetime:
    """A time of the result as a value; the beginning of 1970 for what is none (the library would take the clock's)."""
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return dt.datetime.fromtimestamp(0, dt.UTC)


def fingerprint(result: ScanResult) -> str:
    """What makes this scan itself: the host, the time, and all that was seen."""
    ids = sorted([*(seen.id for seen in result.sightings), *(seen.id for seen in result.unknown)])
    return scalar("\n".join(("clearance/scan/v1", result.host.name, result.started, result.finished, *ids)))


def context(result: ScanResult) -> list[Property]:
    """The directive, and what was not looked at: without it a short bill would look complete."""
    lacks = [f"{item.path} ({item.reason})" for item in result.skipped]
    lacks += [wording.hole(hole) for hole in holes(result.coverage)]
    return properties(
        [
            ("root", result.host.root),
            ("os", result.host.os),
            ("directive", " + ".join(result.policy.directives)),
            ("directive:sha256", result.policy.sha256),
            ("directive:generation", str(result.policy.generation)),
            *(("not-looked-at", text) for text in lacks),
        ]
    )


def properties(pairs: Iterable[tuple[str, str]]) -> list[Property]:
    """Properties in this program's name space; empty ones are left out."""
    return [Property(name=f"clearance:{name}", value=value) for name, value in pairs if value]


def by_version(group: ToolGroup) -> list[ToolGroup]:
    """The group split by version. What shows no version goes to the one that the same person has, else to the first."""
    if len(group.versions) <= 1:
        return [group]
    of_user = {s.user: s.version for s in reversed(group.sightings) if s.version}
    parts: dict[str, list[Sighting]] = {version: [] for version in group.versions}
    for seen in group.sightings:
        parts[seen.version or of_user.get(seen.user) or group.versions[0]].append(seen)
    facts = (group.facts,) if group.facts else ()
    return [part for seen in parts.values() for part in tool_groups(seen, facts)]


def tool(group: ToolGroup) -> Component:
    """A tool in one version, with its vendor, what holds for it, and where it was seen."""
    version = group.versions[0] if group.versions else None
    seen = [s for s in group.sightings if s.surface != "mcp-server"]
    facts = group.facts
    return Component(
        bom_ref=f"tool:{group.tool}{f'@{version}' if version else ''}",
        type=ComponentType.APPLICATION,
        name=group.name,
        version=version[:LONGEST_VERSION] if version else None,
        supplier=OrganizationalEntity(name=facts.vendor) if facts else None,
        evidence=evidence(seen) if seen else None,
        properties=properties([*known(group.tool, facts), *judged(d for v in group.verdicts for d in [v.decision])])
        + properties(("switch", switch(state)) for state in switches(seen))
        + properties(("setting-differs", said) for said in wording.deviations(seen)),
    )


def known(tool_id: str, facts: ToolFacts | None) -> list[tuple[str, str]]:
    """What the catalog says of the tool."""
    if facts is None:
        return [("tool", tool_id)]
    return [
        ("tool", tool_id),
        ("vendor:country", facts.country),
        *(("kind", kind) for kind in facts.kind),
        ("deployment", facts.deployment),
        *(("residency", region) for region in facts.residency),
        ("retention-days", str(facts.retention)),
        ("training", facts.training),
    ]


def judged(decisions: Iterable[Decision | None]) -> list[tuple[str, str]]:
    """What the directive says: each verdict with its reason."""
    said = []
    for decision in decisions:
        if decision:
            said += [("effect", decision.effect), ("decision", f"{decision.effect}: {wording.why(decision)}")]
            said.append(("risk", decision.risk or ""))
            said.append(("replacement", decision.replacement.tool if decision.replacement else ""))
    return list(dict.fromkeys(said))


def switches(seen: Iterable[Sighting]) -> list[SwitchState]:
    """Each data switch once in each state that it has for somebody."""
    return list(dict.fromkeys(state for s in seen for state in s.switches))


def switch(state: SwitchState) -> str:
    """A data switch in a line."""
    value = f" ({state.value})" if state.value else ""
    return f"{state.name}: {state.state}{value}, stops {state.stops}"


def evidence(seen: Iterable[Sighting]) -> ComponentEvidence:
    """How sure the identification is and by what methods, and every place."""
    ordered = list(seen)
    methods = {
        (TECHNIQUES.get(s.surface, AnalysisTechnique.OTHER), CONFIDENCES[s.confidence], f"{e.kind}: {e.detail}")
        for s in ordered
        for e in s.evidence
        if e.kind != "line"
    }
    return ComponentEvidence(
        identity=[
            Identity(
                field=IdentityField.NAME,
                confidence=max(CONFIDENCES[s.confidence] for s in ordered),
                methods=[Method(technique=how, confidence=sure, value=what) for how, sure, what in sorted(methods)],
            )
        ],
        occurrences=[occurrence(s) for s in ordered],
    )


def occurrence(seen: Sighting) -> Occurrence:
    """One place."""
    user = f"{seen.user}: " if seen.user else ""
    return Occurrence(
        bom_ref=f"sighting:{seen.id}",
        location=seen.path,
        line=wording.line_of(seen),
        additional_context=user + wording.sighting(seen),
    )


def servers(group: ToolGroup) -> list[Component]:
    """The MCP servers that the tool launches. One that lies elsewhere is a service."""
    return [
        Component(
            bom_ref=f"mcp:{seen.id}",
            type=ComponentType.APPLICATION,
            name=seen.name,
            description=f"MCP server of {group.name}",
            evidence=evidence([seen]),
            properties=properties((e.kind, e.detail) for e in seen.evidence),
        )
        for seen in group.sightings
        if seen.surface == "mcp-server" and seen.endpoint is None
    ]


def hosts(group: ToolGroup, facts: Mapping[str, ToolFacts], services: dict[str, Service]) -> list[Service]:
    """The services that the tool sends to: those seen, else its own default. Each is added to `services` once."""
    seen = [s for s in group.sightings if s.endpoint]
    found = []
    for s in seen:
        mcp = s.surface == "mcp-server"
        kind = s.endpoint.class_ if mcp and s.endpoint else wording.endpoint_class(s)
        host = s.endpoint.host if s.endpoint else ""
        about = f"MCP server {s.name} of {group.name}" if mcp else ""
        found.append(service(host, kind, services, group, about, CALLED if mcp else SENT))
    tool_facts = facts.get(group.tool)
    if tool_facts and tool_facts.hosts and all(s.surface == "mcp-server" for s in seen):
        found.append(service(tool_facts.hosts[0], "vendor", services, group, f"default host of {group.name}", SENT))
    return list({one.bom_ref.value: one for one in found}.values())


def service(
    host: str, kind: EndpointClass, services: dict[str, Service], group: ToolGroup, description: str, sent: str
) -> Service:
    """The service at a host. Whoever runs a cleared gateway is inside the company's trust boundary."""
    known_service = services.get(host)
    if known_service is not None:
        return known_service
    vendor = group.facts.vendor if group.facts and kind == "vendor" and group.facts.vendor != UNKNOWN else ""
    services[host] = Service(
        bom_ref=f"service:{host}",
        name=host,
        provider=OrganizationalEntity(name=vendor) if vendor else None,
        description=description or None,
        endpoints=[XsUri(f"https://{host}")] if HOST.fullmatch(host) else [],
        x_trust_boundary=kind != "cleared-gateway",
        data=[DataClassification(flow=DataFlow.BI_DIRECTIONAL, classification=sent)],
        properties=properties([("endpoint-class", kind)]),
    )
    return services[host]


def agent(seen: Unknown) -> Component:
    """A program that acts like an agent and is in no catalog."""
    name = seen.path.replace("\\", "/").rstrip("/").rpartition("/")[2] or seen.path
    return Component(
        bom_ref=f"unknown:{seen.id}",
        type=ComponentType.APPLICATION,
        name=name,
        description="Looks like an AI coding agent; no catalog entry knows it",
        evidence=ComponentEvidence(
            identity=[Identity(field=IdentityField.NAME, confidence=Decimal(f"{min(max(seen.score, 0), 1):.2f}"))],
            occurrences=[Occurrence(location=seen.path, additional_context=seen.user or None)],
        ),
        properties=properties([*(("trait", trait) for trait in seen.traits), *judged([seen.decision])]),
    )
