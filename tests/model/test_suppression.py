from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clearance.model.suppression import Suppression, Suppressions

HEADER = {"apiVersion": "clearance/v1", "kind": "Suppressions"}
ENTRY = {"reason": "a lab", "owner": "sec@example.com", "until": "2026-12-31"}


def test_what_is_written_comes_back_as_it_was_written() -> None:
    document = {**HEADER, "suppressions": [{**ENTRY, "tool": "t", "path": "/opt/*"}, {**ENTRY, "user": "ana"}]}
    made = msgspec.convert(document, Suppressions)
    assert msgspec.to_builtins(made) == document | {"suppressions": tuple(document["suppressions"])}
    assert msgspec.json.decode(msgspec.json.encode(made)) == document


def test_what_is_not_named_holds_for_everything() -> None:
    entry = msgspec.convert(ENTRY, Suppression)
    assert (entry.id, entry.tool, entry.surface, entry.path, entry.user) == (None,) * 5
    assert msgspec.convert(HEADER, Suppressions).suppressions == ()


def test_an_entry_is_frozen_and_can_be_a_key() -> None:
    entry = msgspec.convert(ENTRY, Suppression)
    with pytest.raises(AttributeError):
        entry.until = "2099-12-31"  # type: ignore[misc]
    assert {entry, msgspec.convert(ENTRY, Suppression)} == {entry}


@pytest.mark.parametrize("missing", ENTRY)
def test_a_reason_an_owner_and_an_end_must_be_given(missing: str) -> None:
    fields = {name: value for name, value in ENTRY.items() if name != missing}
    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{missing}`"):
        msgspec.convert(fields, Suppression)


@pytest.mark.parametrize(
    "document",
    [
        {**HEADER, "apiVersion": "clearance/v2"},
        {**HEADER, "kind": "Directive"},
        {**HEADER, "suppress": []},
        {"kind": "Suppressions"},
        {**HEADER, "suppressions": [{**ENTRY, "tols": "t"}]},
        {**HEADER, "suppressions": [{**ENTRY, "tool": 7}]},
        {**HEADER, "suppressions": [{**ENTRY, "until": None}]},
    ],
)
def test_what_does_not_fit_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, Suppressions)
