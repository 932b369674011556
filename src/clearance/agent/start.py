"""Puts the service together: the ledger, the catalog with the directive's own tools, and what it is to guard."""

from __future__ import annotations

import os

from clearance.agent.service import Service, Settings
from clearance.agent.watched import Watched, machines_network
from clearance.catalog import load_catalog
from clearance.log import LOG
from clearance.model.terms import Enforce
from clearance.observe.identity.rules import compile_rules
from clearance.prove.ledger.store import Ledger


def serve(
    *,
    directive: str,
    configured: str,
    mode: Enforce | None,
    watched: Watched,
    host: bool,
    network: bool,
    state: str,
    runtime: str,
    key: str = "",
) -> None:
    """Run until told to end. `Error` where it cannot begin."""
    if network and not host and machines_network():
        LOG.warning("the network here is the machine's own: it is left alone without --host")
        network = False
    catalog = load_catalog()
    ledger = Ledger.open(
        os.path.join(state, "ledger"), os.path.join(state, "keys", "ledger.key"), on_damage="set-aside"
    )
    settings = Settings(directive, configured, mode, watched, network, state, runtime, key)
    Service(settings, catalog, compile_rules(catalog), ledger).run()
