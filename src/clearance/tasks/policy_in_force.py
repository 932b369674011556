"""The directive that holds on this host, ready to judge: the one named, else the configured, else a shipped example."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from msgspec import Struct

from clearance.catalog import Catalog, tool_facts
from clearance.config import KEYS
from clearance.judge.engine import Judge, compile_directive
from clearance.judge.parse import parse
from clearance.model.decision import PolicyRef, ToolFacts
from clearance.model.terms import EndpointClass
from clearance.tasks.policy import read_documents

EXAMPLE: Final = "approved-list.yaml"


class PolicyInForce(Struct, frozen=True):
    """A judge, the reference that every decision carries, and the facts on every tool that it knows."""

    judge: Judge
    ref: PolicyRef
    tools: Mapping[str, ToolFacts]


def load_policy(named: str | None, catalog: Catalog) -> PolicyInForce:
    """`named` is a file or folder. Without one the configured folder counts where it exists. `Error` for a bad one."""
    configured = next(key.default for key in KEYS if key.name == "directive")
    path = named or (configured if Path(configured).exists() else None)
    if path is not None:
        documents = read_documents(path)
    else:
        shipped = files("clearance.judge") / "examples" / EXAMPLE
        documents = [(EXAMPLE, shipped.read_bytes())]
    facts = {tool.id: tool_facts(tool) for tool in catalog.tools.values()}
    judge = compile_directive(parse(documents), facts, hosts=endpoint_classes(catalog), example=path is None)
    return PolicyInForce(judge, judge.policy, judge.tools)


def endpoint_classes(catalog: Catalog) -> dict[str, EndpointClass]:
    """The catalog's cloud providers and known relays, a glob and its class each."""
    classes: dict[str, EndpointClass] = {}
    shared = catalog.shared
    if shared is None:
        return classes
    for host in shared.cloud_hosts.value:
        classes[host] = "cloud-provider"
    for host in shared.relay_hosts.value:
        classes[host] = "relay"
    return classes
