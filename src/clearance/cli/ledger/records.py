"""What was recorded, and when nobody was there to record: shown, exported."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Final, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from clearance.act.journald import SOCKET, Journal
from clearance.cli.ledger.reading import folder_of, meta_of, naming
from clearance.cli.options import Flag, Output
from clearance.cli.output import write_lines
from clearance.cli.times import SPAN, instant
from clearance.errors import Error
from clearance.model.record import Record, RecordKind
from clearance.prove.formats import ledger as ledger_format
from clearance.prove.formats.escape import json_text, plain
from clearance.prove.formats.record import journal, ocsf, text
from clearance.prove.ledger import gaps as gap
from clearance.prove.ledger import read

JOURNAL_PATIENCE: Final = 5.0
"""Seconds that the journal may take for one record."""

HEARTBEAT: Final = 300.0
"""Seconds between two heartbeats of a service."""


@Parameter(name="*")
@dataclass(frozen=True)
class Chosen:
    """Which records. Whatever is left out does not matter."""

    kind: Annotated[tuple[RecordKind, ...], Parameter(negative=())] = ()
    "Only records of this kind; may be given several times."
    tool: str | None = None
    "Only records about this tool's id."
    user: str | None = None
    "Only records about this user."
    done: str | None = None
    "Only records with this outcome: blocked, killed, warned, would-block, …"
    rule: str | None = None
    "Only decisions by this rule."
    since: str | None = None
    "Not before this time: 2026-07-10, or 2026-07-10T09:00Z."
    until: str | None = None
    "Before this time."


def show(
    *,
    ledger: str | None = None,
    chosen: Chosen | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=sys.maxsize))] = 50,
    heartbeat: Annotated[float | None, SPAN] = None,
    json: Flag = False,
) -> int:
    """Show records, the newest first.

    Parameters
    ----------
    ledger
        The ledger's folder. Default: `ledger` in the configured state folder.
    limit
        At most so many.
    heartbeat
        Also show times without records in which a heartbeat was due every so many seconds.
    json
        Each record as it is, one a line.
    """
    folder = folder_of(ledger)
    every = None if heartbeat is None else dt.timedelta(seconds=heartbeat)
    shown = 0
    for entry, record in islice(_entries(folder, chosen, newest_first=True), limit):
        shown += 1
        print(json_text(entry) if json else text.line(record))
    if every and not json:
        for found in _gaps(folder, every):
            print(ledger_format.gap(found))
    if not shown:
        print(f"no such record in {plain(folder)}", file=sys.stderr)
        return 3
    return 0


def gaps(
    *,
    ledger: str | None = None,
    heartbeat: Annotated[float, SPAN] = HEARTBEAT,
    since: str | None = None,
) -> int:
    """Show when nobody was there to record: the service was stopped, killed or held, or the machine was off.

    A running service writes a heartbeat when nothing else is to be written. A gap that it announced (it was stopped in
    order) is shown as such. Exit code 1 where one was not announced.

    Parameters
    ----------
    ledger
        The ledger's folder. Default: `ledger` in the configured state folder.
    heartbeat
        How often one is due, in seconds.
    since
        Only gaps that end after this time.
    """
    folder = folder_of(ledger)
    start = instant("--since", since)
    found = _gaps(folder, dt.timedelta(seconds=heartbeat))
    with naming(folder):
        empty = next(read.records_of(folder), None) is None
    shown = [one for one in found if start is None or one.end >= start]
    for one in shown:
        print(ledger_format.gap(one))
    if empty:
        print(f"no record in {plain(folder)}", file=sys.stderr)
        return 3
    if not shown:
        print("no gap: a record or a heartbeat in every interval", file=sys.stderr)
    return int(any(not one.announced for one in shown))


def export(
    *,
    ledger: str | None = None,
    chosen: Chosen | None = None,
    format: Literal["json", "ocsf", "journal"] = "json",  # noqa: A002 - the option's name is what counts
    first: Annotated[int, Parameter(name="--from", validator=Number(gte=1))] = 1,
    output: Output = None,
    socket: str = SOCKET,
) -> int:
    """Export records, the oldest first: as they are, as OCSF 1.9 events, or to the systemd journal.

    Parameters
    ----------
    ledger
        The ledger's folder. Default: `ledger` in the configured state folder.
    format
        json: each record as it is, one a line (all of them can be verified again); ocsf: one event a line; journal: to
        the journal's socket.
    first
        The number of the record to begin with.
    output
        Write to this file instead of the terminal.
    socket
        The journal's socket.
    """
    folder = folder_of(ledger)
    entries = _entries(folder, chosen, first=first)
    if format == "journal":
        count = _to_journal(entries, socket)
    elif format == "ocsf":
        count = write_lines((event.encode() for event in ocsf.lines(entries, meta_of(folder).origin)), output)
    else:
        count = write_lines((entry for entry, _ in entries), output)
    print(f"{count:,} records", file=sys.stderr)
    return 0 if count else 3


def _entries(
    folder: str, chosen: Chosen | None, *, first: int = 1, newest_first: bool = False
) -> Iterator[tuple[bytes, Record]]:
    """The records that were asked for, with their bytes. `Error` at once for a time that is none."""
    asked = chosen or Chosen()
    since, until = instant("--since", asked.since), instant("--until", asked.until)
    wanted = {"tool": asked.tool, "user": asked.user}

    def matches(record: Record) -> bool:
        at = gap.instant(record.at)
        return (
            (not asked.kind or record.kind in asked.kind)
            and all(value is None or record.subject.get(name) == value for name, value in wanted.items())
            and asked.done in (None, record.outcome.done)
            and (asked.rule is None or (record.decision or {}).get("rule") == asked.rule)
            and (since is None or (at is not None and at >= since))
            and (until is None or (at is not None and at < until))
        )

    def found() -> Iterator[tuple[bytes, Record]]:
        with naming(folder):
            for entry, record in read.entries_of(folder, first=first, newest_first=newest_first):
                if matches(record):
                    yield entry, record

    return found()


def _gaps(folder: str, every: dt.timedelta) -> list[gap.Gap]:
    with naming(folder):
        return list(gap.gaps(read.records_of(folder), every, dt.datetime.now(dt.UTC)))


def _to_journal(entries: Iterator[tuple[bytes, Record]], path: str) -> int:
    count = 0
    with Journal(path, timeout=JOURNAL_PATIENCE) as to:
        for held, record in entries:
            with naming(path):
                taken = to.send(journal.entry(record, held))
            if not taken:
                raise Error(
                    f"the journal took no more after record {record.n - 1}",
                    remedy=f"go on with: clearance ledger export --format journal --from {record.n}",
                )
            count += 1
    return count
