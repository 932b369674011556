"""The state of enforcement on a host, as `clearance enforce status --json` gives it (`clearance/enforce-status/v1`)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from clearance.model.decision import PolicyRef
from clearance.model.terms import Enforce


class Paused(Struct, frozen=True):
    """Nothing is blocked until `until` (RFC 3339, UTC)."""

    until: str
    reason: str


class GuardState(Struct, frozen=True):
    """Counters of the exec guard since the service began. `late`: let through at the deadline; `cached`: files that the
    kernel need not ask about again; `early`: let through at once because the program was examined when it was written.
    """

    pid: int
    events: int = 0
    allowed: int = 0
    warned: int = 0
    blocked: int = 0
    killed: int = 0
    late: int = 0
    cached: int = 0
    early: int = 0


class NetworkState(Struct, frozen=True):
    """Host names that are barred, processes that were cut off, connections and names that were refused."""

    names: int = 0
    processes: int = 0
    refused: int = 0


class LedgerState(Struct, frozen=True):
    """Records that are safely kept, and the newest signed checkpoint over them."""

    records: int = 0
    checkpoint: str = ""


class EnforceStatus(Struct, frozen=True):
    """All of it. `ready` is True once events are answered; `critical` are the programs that no directive can block.

    `policy` has the generation 0 where no directive is in force. `refused` says why the last one was not put in force,
    and where; empty since another one was.
    """

    schema: Literal["clearance/enforce-status/v1"]
    mode: Enforce
    since: str
    policy: PolicyRef
    watched: tuple[str, ...]
    paused: Paused | None
    guard: GuardState
    network: NetworkState
    failures: dict[str, int]
    ledger: LedgerState
    critical: tuple[str, ...]
    ready: bool = True
    tracker: dict[str, int] = {}
    queue: tuple[str, ...] = ()
    refused: str = ""
