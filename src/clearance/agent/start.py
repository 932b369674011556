"""Puts the service together: the ledger, the catalog with the directive's own tools, and what it is to guard."""

from __future__ import annotations

from msgspec import Struct

from clearance.agent.crew import Crew
from clearance.agent.watched import Watched, machines_network, watched
from clearance.log import LOG
from clearance.model.terms import Enforce


class Options(Struct, frozen=True):
    """What `clearance enforce run` was given. `directive` empty: the configured one, else what was accepted last."""

    state: str
    runtime: str
    configured: str
    directive: str = ""
    mode: Enforce | None = None
    watch: tuple[str, ...] = ()
    host: bool = False
    network: bool = True
    key: str = ""
    verbosity: int = 0


def serve(options: Options) -> None:
    """Run until told to end. `Error` where it cannot begin."""
    chosen = watched(options.watch, options.host)
    network = options.network
    if network and not options.host and machines_network():
        LOG.warning("the network here is the machine's own: it is left alone without --host")
        network = False
    crew = Crew(chosen, network=network)
    try:
        _serve(options, chosen, network, crew)
    finally:
        crew.stop()


def _serve(options: Options, chosen: Watched, network: bool, crew: Crew) -> None:
    # The command line reads `Options`, and needs none of this.
    from clearance.agent.footing import open_ledger
    from clearance.agent.service import Service
    from clearance.agent.settings import Settings
    from clearance.catalog import load_catalog
    from clearance.observe.identity.rules import compile_rules

    catalog = load_catalog()
    ledger = open_ledger(options.state)
    settings = Settings(
        options.directive,
        options.configured,
        options.mode,
        chosen,
        network,
        options.state,
        options.runtime,
        options.key,
    )
    Service(settings, catalog, compile_rules(catalog), ledger, crew).run()
