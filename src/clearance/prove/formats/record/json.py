"""A record as the document `clearance/record/v1`, and as the line that the ledger keeps of it.

Guarantees: a line is canonical JSON (RFC 8785), so the same record is the same bytes everywhere; strings are valid
Unicode (`escape.scalar`); numbers that JSON readers would round, or that are written in several ways, are strings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import rfc8785

from clearance.model.record import Draft, Outcome, PolicyMark, Record, RecordKind
from clearance.prove.formats import decision as decisions
from clearance.prove.formats.escape import scalar

SCHEMA: Final = "clearance/record/v1"
"""The schema that the document names."""

LONGEST: Final = 1 << 20
"""Bytes of a line, without its end."""

_EXACT: Final = (1 << 53) - 1
_LEAST: Final = 1e-5


class _Stored(msgspec.Struct):
    schema: str
    n: int
    at: str
    kind: RecordKind
    subject: dict[str, Any]
    decision: dict[str, Any] | None
    outcome: Outcome
    policy: PolicyMark


_ENCODER: Final = msgspec.json.Encoder(order="sorted")
"""Writes what `numbered` gives as RFC 8785 does, ten times as fast; a test compares the two."""

_DECODER: Final = msgspec.json.Decoder(_Stored)


def numbered(draft: Draft, n: int) -> Record:
    """The draft as the record of this number. ValueError where its subject holds what JSON cannot."""
    try:
        subject = _plain(draft.subject, scalar)
    except RecursionError:
        raise ValueError("its subject is nested too deep") from None
    return Record(
        n=n,
        at=draft.at,
        kind=draft.kind,
        subject=subject,
        # Its document is valid Unicode already, and would not come through a second time as it is.
        decision=None if draft.decision is None else _plain(decisions.document(draft.decision), str),
        outcome=Outcome(scalar(draft.outcome.done), draft.outcome.latency_us),
        policy=draft.policy,
    )


def document(record: Record) -> dict[str, Any]:
    """The record as other programs read it."""
    return {
        "schema": SCHEMA,
        "n": record.n,
        "at": record.at,
        "kind": record.kind,
        "subject": record.subject,
        "decision": record.decision,
        "outcome": {"done": record.outcome.done, "latency_us": record.outcome.latency_us},
        "policy": {"generation": record.policy.generation, "sha256": record.policy.sha256},
    }


def line(record: Record) -> bytes:
    """The record's line, without its end. ValueError where it would be longer than `LONGEST`."""
    written = document(record)
    try:
        data = _ENCODER.encode(written)
        if not data.isascii():
            # The canonical order of names is that of UTF-16, which another encoder need not know.
            data = rfc8785.dumps(written)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise ValueError(f"the record cannot be written as JSON: {error}") from error
    if len(data) > LONGEST:
        raise ValueError(f"the record takes {len(data)} bytes; {LONGEST} is the most")
    return data


def parse(data: bytes) -> Record:
    """The record of a line. ValueError where it is none, or of a version that is not known here."""
    try:
        found = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it is not a record: {error}") from error
    if found.schema != SCHEMA:
        raise ValueError(f"it is a record of the version {scalar(found.schema)!r}, not of {SCHEMA}")
    return Record(found.n, found.at, found.kind, found.subject, found.decision, found.outcome, found.policy)


def _plain(value: Any, text: Callable[[str], str]) -> Any:
    """The value in what canonical JSON can hold without loss. ValueError for what is no JSON value."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if -_EXACT <= value <= _EXACT else str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {text(str(key)): _plain(item, text) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, text) for item in value]
    raise ValueError(f"a record cannot hold a {type(value).__name__}")


def _number(value: float) -> int | float | str:
    """The number if every encoder writes it alike: neither very large, nor very small, nor infinite, nor none."""
    if not _LEAST <= abs(value) <= _EXACT and value:
        return str(value)
    return int(value) if value.is_integer() else value
