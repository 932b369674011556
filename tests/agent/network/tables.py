"""Tables as a service makes them of a directive, for the internet of these tests."""

from __future__ import annotations

import datetime as dt

from clearance.catalog.index import Catalog
from clearance.judge.engine import compile_directive
from clearance.model.network import NetworkTable
from clearance.model.terms import Enforce
from clearance.tasks.enforce.destinations import Compiled, Person, Surroundings, compile_network
from tests.agent.network import internet
from tests.judge.builders import directive

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
ANA, BO = 12_001, 12_002
PEOPLE = (Person(0, "root", ("root",)), Person(ANA, "ana", ("ana",)), Person(BO, "bo", ("bo", "research")))

DIRECTIVE = """
contact: https://intranet.example.com/ai-tools
groups: {research: {unix_groups: [research]}}
tools:
  - {id: coder, name: Coder, kind: coding-agent, deployment: cloud, hosts: ["*.vendor.example"]}
endpoints:
  - {host: relay.example.net, class: relay}
  - {host: "203.0.113.90", class: relay}
rules:
  - {id: business, match: {endpoint: "*.business.vendor.example"}, effect: allow}
  - {id: research, match: {tool: coder, group: research, endpoint: "*.vendor.example"}, effect: allow}
  - {id: relays, match: {endpoint_class: relay}, effect: block}
  - {id: coder, match: {tool: coder}, effect: block}
default: {effect: allow}
"""


def compiled(
    body: str = DIRECTIVE, *, mode: Enforce = "block", serial: int = 1, people: tuple[Person, ...] = PEOPLE
) -> Compiled:
    """The table of a directive and its decisions."""
    judge = compile_directive(directive(body), {}, 7)
    return compile_network(judge, Catalog([]), Surroundings(AT, "lab", people), mode=mode, serial=serial)


def table(body: str = DIRECTIVE, *, mode: Enforce = "block", serial: int = 1) -> NetworkTable:
    """The table, with the internet's own resolver of encrypted DNS among the known ones."""
    made = compiled(body, mode=mode, serial=serial).table
    return NetworkTable(
        serial=made.serial,
        generation=made.generation,
        mode=made.mode,
        names=made.names,
        addresses=made.addresses,
        guarded=made.guarded,
        resolver_names=(*made.resolver_names, "doh.example.net"),
        resolver_addresses=(*made.resolver_addresses, internet.SECURE_RESOLVER),
        text=made.text,
    )
