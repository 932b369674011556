"""The queue of audits: a tool whose decision here has become of high risk is to be audited on this host, once."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct

from clearance.model.decision import Decision
from clearance.model.terms import RISKS

FOLDER: Final = "queue"
HIGH: Final = RISKS.index("high")


class Queued(Struct, frozen=True):
    """An audit that is due: of which tool, since when, and by which rule of which directive."""

    tool: str
    risk: str
    at: str
    rule: str | None
    generation: int
    sha256: str


class AuditQueue:
    """Audits that are due, one file each in the state folder."""

    def __init__(self, state: str) -> None:
        self._folder = Path(state) / FOLDER
        self._high: set[str] = {unquote(path.stem) for path in self._folder.glob("*.json")}

    def see(self, decision: Decision, at: str) -> Queued | None:
        """The audit that this decision makes due; None where none is, or where it was due already.

        When a tool is no longer of high risk, the next rise counts again.
        """
        if decision.tool is None:
            return None
        if decision.risk is None or RISKS.index(decision.risk) < HIGH:
            self._high.discard(decision.tool)
            return None
        if decision.tool in self._high:
            return None
        self._high.add(decision.tool)
        policy = decision.policy
        queued = Queued(decision.tool, decision.risk, at, decision.rule, policy.generation, policy.sha256)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / f"{quote(decision.tool, safe='')}.json").write_bytes(msgspec.json.encode(queued))
        except OSError:
            # The record of it goes to the ledger all the same.
            return queued
        return queued

    def names(self) -> tuple[str, ...]:
        """The tools whose audit is due."""
        return tuple(sorted(unquote(path.stem) for path in self._folder.glob("*.json")))
