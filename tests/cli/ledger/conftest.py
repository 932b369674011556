from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from clearance.prove.ledger.store import Ledger
from tests.prove.formats.record.recorded import BLOCKED, HEARTBEAT
from tests.prove.ledger.making import Clock


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder with a ledger of 7 records: 5 decisions and a heartbeat before and after them."""
    monkeypatch.setenv("CLEARANCE_STATE", str(tmp_path))
    clock = Clock()
    with Ledger.open(
        str(tmp_path / "ledger"), str(tmp_path / "keys" / "ledger.key"), clock=clock, origin="lab-7/clearance/1",
        segment_bytes=3000,
    ) as ledger:  # fmt: skip
        ledger.append([HEARTBEAT])
        ledger.append([
            structs.replace(BLOCKED, at=f"2026-11-21T09:4{n}:00Z", subject={**BLOCKED.subject, "pid": n})
            for n in range(5)
        ])  # fmt: skip
        (tmp_path / "old-checkpoint").write_text(ledger.checkpoint())
        ledger.append([structs.replace(HEARTBEAT, at="2026-11-21T12:00:00Z")])
    return tmp_path
