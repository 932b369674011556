"""Records as OCSF 1.9.0 events with the `record_integrity` profile, one JSON object a line, for a SIEM.

Guarantees: a decision is a Detection Finding (2004), everything else a Base Event (0). Each event carries one
attestation: the SHA-256 of its canonical JSON (RFC 8785) without that fingerprint, and a reference to the event before
it, so that the events of one export form a chain. `unmapped` names the record's number and leaf hash: `clearance ledger
prove` ties the record, and so the event, to a signed checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final

import msgspec
import rfc8785

from clearance import __version__
from clearance.model.record import Record
from clearance.prove.formats.escape import json_text, plain, scalars
from clearance.prove.formats.record.text import summary
from clearance.prove.formats.scan.ocsf import (
    CREATE,
    HIGH,
    INFORMATIONAL,
    LOW,
    MEDIUM,
    RISK_LEVELS,
    RISK_SEVERITY,
    RULE,
    SEVERITIES,
    VERSION,
    Object,
    file,
    milliseconds,
)

OTHER: Final = 99
SHA256: Final = {"algorithm_id": 3, "algorithm": "SHA-256", "encoding_id": 1, "encoding": "Hex"}
CANONICAL: Final = {"serialization_id": 2, "serialization": "JCS"}
STOPPED: Final = frozenset({"blocked", "killed", "refused", "would-block", "late"})
WARNED: Final = frozenset({"warned", "would-warn"})


def lines(entries: Iterable[tuple[bytes, Record]], origin: str) -> Iterator[str]:
    """The events of the records of a ledger, each as a line without its end."""
    for event in events(entries, origin):
        yield json_text(msgspec.json.encode(event))


def events(entries: Iterable[tuple[bytes, Record]], origin: str) -> Iterator[Object]:
    """The events, chained, of records with the bytes that the ledger holds of them. `origin` names the ledger; its
    first part is the host's name."""
    before: Object | None = None
    chain = ""
    for held, record in entries:
        chain = chain or f"{origin}#{record.n}"
        event = scalars(_event(held, record, origin))
        attestation: Object = {"uid": f"{chain}/{record.n}", "authority_uid": origin, "chain_uid": chain}
        if before is not None:
            attestation["prev_event"] = before
        event["attestation_list"] = [attestation]
        attestation["fingerprint"] = SHA256 | CANONICAL | {"value": sha256(rfc8785.dumps(event)).hexdigest()}
        before = {
            "uid": event["metadata"]["uid"],
            "type_uid": event["type_uid"],
            "fingerprint": attestation["fingerprint"],
        }
        yield event


def _event(held: bytes, record: Record, origin: str) -> Object:
    return {
        **(_finding(record) if record.kind == "decision" else _base(record)),
        "time": milliseconds(record.at),
        "message": plain(f"{record.outcome.done}: {summary(record)}", 2000),
        "metadata": {
            "version": VERSION,
            "product": {"name": "Clearance", "vendor_name": "Clearance", "version": __version__},
            "uid": f"{origin}/{record.n}",
            "sequence": record.n,
            "log_name": origin,
            "profiles": ["host", "record_integrity"],
        },
        "device": _device(origin),
        "unmapped": {
            "n": record.n,
            "kind": record.kind,
            "leaf_sha256": sha256(b"\0" + held).hexdigest(),
            "done": record.outcome.done,
            "latency_us": record.outcome.latency_us,
            "policy": {"generation": record.policy.generation, "sha256": record.policy.sha256},
            "subject": record.subject,
            "decision": record.decision,
        },
    }


def _classified(uid: int, name: str, category: str, activity: tuple[int, str], severity: int) -> Object:
    return {
        "category_uid": uid // 1000,
        "category_name": category,
        "class_uid": uid,
        "class_name": name,
        "activity_id": activity[0],
        "activity_name": activity[1],
        "type_uid": uid * 100 + activity[0],
        "type_name": f"{name}: {activity[1]}",
        "severity_id": severity,
        "severity": SEVERITIES[severity],
    }


def _base(record: Record) -> Object:
    severity = MEDIUM if record.kind == "failure" else INFORMATIONAL
    return _classified(0, "Base Event", "Uncategorized", (OTHER, record.kind), severity)


def _finding(record: Record) -> Object:
    decision: Object = record.decision or {}
    done = record.outcome.done
    risk: Any = decision.get("risk")
    severity = INFORMATIONAL
    if done in STOPPED:
        severity = RISK_SEVERITY.get(risk, HIGH)
    elif done in WARNED:
        severity = LOW
    rule = decision.get("rule") or (decision.get("waiver") and f"waiver:{decision['waiver']}") or "default"
    analytic: Object = {"type_id": RULE, "type": "Rule", "name": str(rule)}
    if decision.get("reason"):
        analytic["desc"] = str(decision["reason"])
    event = {
        **_classified(2004, "Detection Finding", "Findings", (CREATE, "Create"), severity),
        "status_id": 1,
        "status": "New",
        "is_alert": done in STOPPED | WARNED,
        "finding_info": {
            "uid": str(record.n),
            "title": plain(summary(record)),
            "types": ["AI coding tool"],
            "analytic": analytic,
            "created_time": milliseconds(record.at),
        },
        "evidences": [_evidence(record.subject)],
    }
    if risk in RISK_LEVELS:
        event |= {"risk_level_id": RISK_LEVELS[risk], "risk_level": str(risk).capitalize()}
    return event


def _evidence(subject: dict[str, Any]) -> Object:
    """Where it was seen; what a record holds under other names stands in `unmapped.subject`."""
    found: Object = {"data": {key: value for key, value in subject.items() if isinstance(value, str | int | float)}}
    tool = subject.get("tool")
    if tool:
        found["ai_agent"] = {
            "uid": str(tool), "name": str(subject.get("name") or tool), "type_id": 0, "type": "Unknown"
        }  # fmt: skip
        if subject.get("version"):
            found["ai_agent"]["version"] = str(subject["version"])
    path = subject.get("path")
    if isinstance(path, str) and path:
        found["file"] = file(path, regular=False)
    pid = subject.get("pid")
    if isinstance(pid, int) and 0 < pid < 1 << 31:
        found["process"] = {"pid": pid}
    if subject.get("user"):
        found["user"] = {"name": str(subject["user"])}
    return found


def _device(origin: str) -> Object:
    host = origin.partition("/")[0]
    return {"type_id": 0, "type": "Unknown", "hostname": host, "name": host, "os": {"type_id": 200, "name": "Linux"}}
