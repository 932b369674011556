"""How a service was started: what the command line says, as the parts of the service read it."""

from __future__ import annotations

from msgspec import Struct

from clearance.agent.watched import Watched
from clearance.model.terms import Enforce


class Settings(Struct, frozen=True):
    """How the service was started. `directive` empty: what was accepted last, else the configured one."""

    directive: str
    configured: str
    mode: Enforce | None
    watched: Watched
    network: bool
    state: str
    runtime: str
    key: str = ""
