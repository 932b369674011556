"""A record as an entry of the systemd journal, in the native protocol of its socket. Pure.

Guarantees: an entry is fields in the order below, every value safe for any content (a value that holds a newline is
written with its length); `CLEARANCE_RECORD` holds the whole record, byte for byte as the ledger keeps it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from clearance.model.record import Record
from clearance.prove.formats.record.json import line
from clearance.prove.formats.record.text import summary

MESSAGE_ID: Final = "8a1f6f1c0d3e4f7aa1d2c5b3e9f40712"
"""What a journal is searched by for all records of Clearance."""

ERROR, WARNING, NOTICE, INFORMATION = 3, 4, 5, 6
PRIORITIES: Final = {"blocked": WARNING, "killed": WARNING, "refused": WARNING, "late": WARNING, "warned": NOTICE,
    "would-block": NOTICE, "would-warn": NOTICE}  # fmt: skip


def entry(record: Record, held: bytes | None = None) -> bytes:
    """The entry, ready to be sent in one message. `held` are the record's bytes where it was read from a ledger."""
    found = _fields(record, line(record) if held is None else held)
    return b"".join(_field(name, value) for name, value in found if value)


def _fields(record: Record, held: bytes) -> Iterator[tuple[str, str]]:
    priority = ERROR if record.kind == "failure" else PRIORITIES.get(record.outcome.done, INFORMATION)
    decision = record.decision or {}
    yield "MESSAGE", f"{record.outcome.done}: {summary(record)}"
    yield "PRIORITY", str(priority)
    yield "SYSLOG_IDENTIFIER", "clearance"
    yield "MESSAGE_ID", MESSAGE_ID
    yield "CLEARANCE_N", str(record.n)
    yield "CLEARANCE_AT", record.at
    yield "CLEARANCE_KIND", record.kind
    yield "CLEARANCE_DONE", record.outcome.done
    yield "CLEARANCE_GENERATION", str(record.policy.generation)
    for name, value in (
        ("TOOL", record.subject.get("tool")), ("RULE", decision.get("rule")), ("WAIVER", decision.get("waiver")),
        ("USER", record.subject.get("user")), ("PATH", record.subject.get("path")),
    ):  # fmt: skip
        yield f"CLEARANCE_{name}", "" if value is None else str(value)
    yield "CLEARANCE_RECORD", held.decode()


def _field(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "surrogateescape")
    if b"\n" in data:
        return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
    return f"{name}=".encode() + data + b"\n"
