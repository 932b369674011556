from __future__ import annotations

import msgspec
import pytest

from clearance.model.decision import PolicyRef
from clearance.model.status import EnforceStatus, GuardState, LedgerState, NetworkState, Paused

STATUS = EnforceStatus(
    "clearance/enforce-status/v1", "block", "2026-11-21T12:00:00.000Z", PolicyRef(3, "8f2c", ("D-1",)), ("/srv",),
    Paused("2026-11-21T12:30:00.000Z", "a test"), GuardState(7, events=3), NetworkState(), {"deadline": 1},
    LedgerState(5, "note"), ("/bin/sh",),
)  # fmt: skip
PUBLISHED = {
    "schema", "mode", "since", "policy", "watched", "paused", "guard", "network", "failures", "ledger", "critical",
}  # fmt: skip


def test_the_document_has_every_published_field() -> None:
    document = msgspec.to_builtins(STATUS)
    assert set(document) >= PUBLISHED
    assert set(document["guard"]) >= {"pid", "events", "allowed", "warned", "blocked", "killed", "late", "cached"}
    assert set(document["network"]) == {"names", "processes", "refused"}
    assert set(document["ledger"]) == {"records", "checkpoint"}
    assert document["paused"] == {"until": "2026-11-21T12:30:00.000Z", "reason": "a test"}


def test_it_is_read_again_also_with_fields_that_come_later() -> None:
    document = msgspec.to_builtins(STATUS) | {"later": 1}
    assert msgspec.convert(document, EnforceStatus, strict=False) == STATUS


def test_another_version_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(STATUS) | {"schema": "clearance/enforce-status/v2"}, EnforceStatus)
