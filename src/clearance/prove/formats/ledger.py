"""What `clearance ledger` says: the verdict on a ledger, and its gaps, for people and for programs.

Guarantees as for decisions (`decision.py`): documents name their schema, and the same verdict gives the same text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from clearance.prove.formats import wording
from clearance.prove.formats.escape import plain, scalar
from clearance.prove.ledger.gaps import Gap
from clearance.prove.ledger.verify import Verdict

VERIFY: Final = "clearance/ledger-verify/v1"


def state(verdict: Verdict) -> str:
    """`verified`, `damaged`, `incomplete` or `empty`; the strongest that holds."""
    if verdict.damages:
        return "damaged"
    if verdict.unfinished:
        return "incomplete"
    return "verified" if verdict.size or verdict.checkpoint is not None else "empty"


def document(verdict: Verdict, origin: str) -> dict[str, Any]:
    """The verdict as other programs read it."""
    return {
        "schema": VERIFY,
        "origin": scalar(origin),
        "state": state(verdict),
        "first": verdict.first,
        "complete_to": verdict.size,
        "signed_to": verdict.signed,
        "checkpoint": verdict.checkpoint,
        "dropped_to": verdict.dropped,
        "root": verdict.root.hex() if verdict.root else None,
        "damages": verdict.damages,
        "damage": [{"file": scalar(d.file), "line": d.line, "what": d.what} for d in verdict.damage],
        "unfinished": verdict.unfinished,
        "gaps": [
            {
                "after": found.after,
                "from": _instant(found.begin),
                "until": _instant(found.end),
                "announced": found.announced,
            }
            for found in verdict.gaps
        ],
    }


def text(verdict: Verdict, origin: str) -> str:
    """The verdict for people: the answer first."""
    return "\n".join(_lines(verdict, plain(origin))) + "\n"


def _lines(verdict: Verdict, origin: str) -> Iterator[str]:
    size = f"{verdict.size:,}"
    match state(verdict):
        case "damaged":
            yield f"DAMAGED  {origin}: {wording.many(verdict.damages, 'place')} not as signed."
        case "incomplete":
            yield f"INCOMPLETE  {origin}: {verdict.unfinished}."
        case "empty":
            yield f"{origin}: nothing was recorded yet."
        case _ if verdict.checkpoint is not None:
            yield f"VERIFIED  {origin}: up to record {verdict.checkpoint:,} it is what the given checkpoint signed."
        case _:
            yield f"VERIFIED  {origin}: complete to record {size} only."
    for found in verdict.damage:
        where = f"{found.file}:{found.line}" if found.line else found.file
        yield f"  {plain(where)}  {plain(found.what)}"
    if verdict.damages > len(verdict.damage):
        yield f"  … and {verdict.damages - len(verdict.damage):,} more"
    if state(verdict) == "empty":
        return
    yield f"Read: records {verdict.first:,} to {size}; signed up to record {verdict.signed:,}{_newer(verdict)}."
    if verdict.dropped:
        yield f"Up to record {verdict.dropped:,} only hashes are left: those records were dropped on record."
    for gap_found in verdict.gaps:
        yield gap(gap_found)
    if verdict.checkpoint is None and not verdict.damages:
        yield "Whether more was cut off at the end can only be told against a checkpoint kept elsewhere: --checkpoint"


def _newer(verdict: Verdict) -> str:
    newer = verdict.size - verdict.signed
    return f"; {wording.many(newer, 'record')} newer than the last signature" if newer > 0 else ""


def gap(found: Gap) -> str:
    """A time without records."""
    if found.end < found.begin:
        return f"After record {found.after:,} the clock goes back: {_instant(found.begin)} to {_instant(found.end)}."
    length = found.end - found.begin
    why = "; the service had been stopped" if found.announced else ", though heartbeats were due"
    if found.again:
        why = ": the service ended without saying so, and began again"
    until = "since" if found.open else "until"
    end = f"{_instant(found.begin)}" if found.open else f"{_instant(found.end)}"
    begin = "" if found.open else f"from {_instant(found.begin)} "
    return f"No record {begin}{until} {end} ({_length(length)}) after record {found.after:,}{why}."


def _length(length: dt.timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 2880 else wording.many(minutes // 1440, "day")


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds")[:-6] + "Z"
