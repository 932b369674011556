"""Ledgers for tests: drafts, a clock that is set by hand, and a folder with a key."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from clearance.model.record import Draft, Outcome, PolicyMark
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger.clock import instant
from clearance.prove.ledger.note import VerifierKey
from clearance.prove.ledger.store import Ledger
from clearance.prove.ledger.verify import verify_folder

BEGIN = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
POLICY = PolicyMark(3, "8f2c41d0" * 8)
ORIGIN = "lab-7/clearance/test"
SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where folders of tests are made; None: the usual place."""


class Clock:
    """Tells the time that it was set to."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        self.now += dt.timedelta(**parts)


def draft(word: Any = "x", at: dt.datetime = BEGIN, **subject: Any) -> Draft:
    return Draft(instant(at), "change", {"event": "test", "word": word, **subject}, Outcome("recorded"), POLICY)


def opened(folder: Path, clock: Clock | None = None, **options: Any) -> Ledger:
    options.setdefault("origin", ORIGIN)
    return Ledger.open(str(folder / "ledger"), str(folder / "ledger.key"), clock=clock or Clock(), **options)


def filled(folder: Path, count: int, **options: Any) -> tuple[str, VerifierKey, str]:
    """A closed ledger of so many records: its folder, its key, and a checkpoint over all of them."""
    with opened(folder, **options) as ledger:
        for n in range(count):
            ledger.append([draft(n)])
        return str(folder / "ledger"), ledger.key, ledger.checkpoint()


def whole(folder: Path, ledger: Ledger, size: int) -> list[dict[str, Any]]:
    """Checks the ledger against a checkpoint over all of it; its records as documents."""
    note = ledger.checkpoint()
    given_ = checkpoints.opened(note, ledger.key)
    verdict = verify_folder(str(folder / "ledger"), ledger.key, given_)
    assert (verdict.damage, verdict.unfinished) == ((), "")
    assert verdict.size == verdict.checkpoint == given_.size == ledger.size == size
    names = sorted(name for name in os.listdir(folder / "ledger") if name.endswith(".jsonl"))
    lines = b"".join((folder / "ledger" / name).read_bytes() for name in names).splitlines()
    return [json.loads(line) for line in lines]
