"""`clearance ledger`: verify the record of what was decided and done, prove a part of it, show it, export it.

Exit codes: `verify` 0 verified, 1 not as it was signed, 3 nothing was recorded, 4 something could not be looked at;
`check` 0 proven, 1 not; the others 0, or 3 where there is no such record. What cannot be read is 2 everywhere.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cyclopts import App, Parameter
from cyclopts.validators import Number

from clearance.act.journald import SOCKET, Journal
from clearance.config import load_settings
from clearance.errors import Error
from clearance.model.record import Record, RecordKind
from clearance.prove.formats import ledger as ledger_format
from clearance.prove.formats.escape import json_text, plain
from clearance.prove.formats.record import journal, ocsf, text
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import gaps as gap
from clearance.prove.ledger import merkle, parts, read
from clearance.prove.ledger.checkpoint import Checkpoint, Proof
from clearance.prove.ledger.note import Unsigned, VerifierKey, parse_key, public_of_pem, usable_name
from clearance.prove.ledger.verify import verify_file, verify_folder

app = App(name="ledger", help="Verify, prove, show and export the record of what was decided and done.")

Flag = Annotated[bool, Parameter(negative=())]
Output = Annotated[str | None, Parameter(alias="-o")]
RecordNumber = Annotated[int, Parameter(validator=Number(gte=1))]
CODES = {"verified": 0, "damaged": 1, "empty": 3, "incomplete": 4}
JOURNAL_PATIENCE = 5.0
HEARTBEAT = 300.0
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


@app.command
def verify(
    path: str,
    /,
    *,
    key: str,
    checkpoint: str | None = None,
    heartbeat: Annotated[float | None, Parameter(validator=Number(gt=0))] = None,
    json: Flag = False,
) -> int:
    """Check that a ledger is what was signed: nothing changed, moved, dropped or cut off. Works offline and alone.

    Parameters
    ----------
    path
        A ledger's folder, one of its files of records, or an export of them.
    key
        The ledger's public key, as `clearance ledger key` prints it, or a file that holds it (also PEM).
    checkpoint
        A checkpoint that was kept elsewhere. Only it shows whether something was cut off at the end.
    heartbeat
        Also list times without records in which a heartbeat was due every so many seconds.
    json
        The verdict as JSON.
    """
    if not os.path.exists(path):
        raise Error(f"{plain(path)}: there is no such file or folder")
    note = None if checkpoint is None else _read(checkpoint)
    used = _key(key, path if os.path.isdir(path) else os.path.dirname(path), note)
    given = None if note is None or checkpoint is None else _opened(note, used, checkpoint)
    finder = None if heartbeat is None else gap.GapFinder(dt.timedelta(seconds=heartbeat))
    try:
        verdict = (verify_folder if os.path.isdir(path) else verify_file)(path, used, given, finder)
    except OSError as error:
        raise _unreadable(error, path) from error
    if json:
        _print_json(ledger_format.document(verdict, used.name))
    else:
        print(ledger_format.text(verdict, used.name), end="")
    return CODES[ledger_format.state(verdict)]


@app.command
def prove(record: RecordNumber, /, *, ledger: str | None = None, output: Output = None) -> int:
    """Write a proof that a record is in the ledger, which others can check with the key alone (C2SP tlog-proof).

    It proves against the newest checkpoint that covers the record. The record itself travels in the proof.

    Parameters
    ----------
    record
        The record's number.
    ledger
        The ledger's folder. Default: `ledger` in the configured state folder.
    output
        Write to this file instead of the terminal.
    """
    folder = _folder(ledger)
    note = _stored(folder)
    tree = checkpoints.parse(note.rpartition("\n\n")[0] + "\n")
    if record > tree.size:
        print(f"record {record} is not in the newest checkpoint, which covers {tree.size}", file=sys.stderr)
        return 3
    index = record - 1
    try:
        path = merkle.range_roots(merkle.inclusion_ranges(index, tree.size), read.leaf_hashes(folder))
        entry = read.entry(folder, record)
    except OSError as error:
        raise _unreadable(error, folder) from error
    except ValueError as error:
        raise Error(f"{plain(folder)}: {error}", remedy="see what is wrong: clearance ledger verify") from error
    proof = Proof(index, tuple(path), note, entry)
    if entry is not None:
        _hold(proof, entry, folder)
    _write(checkpoints.proof_text(proof), output)
    return 0


@app.command
def check(proof: str, /, *, key: str, record: str | None = None) -> int:
    """Check a proof that a record is in a ledger. The record is printed once it is proven.

    Parameters
    ----------
    proof
        The proof, as `clearance ledger prove` wrote it.
    key
        The ledger's public key, or a file that holds it.
    record
        The record, if the proof does not hold it: a file with its one line.
    """
    try:
        found = checkpoints.parse_proof(_read(proof))
    except ValueError as error:
        raise Error(f"{plain(proof)} is no proof: {error}") from error
    used = _key(key, None, found.checkpoint.encode())
    entry = found.extra if record is None else _read(record).removesuffix(b"\n")
    if entry is None:
        raise Error("the proof does not hold the record", remedy="name a file with its line: --record FILE")
    try:
        tree = checkpoints.proven(found, entry, used)
    except ValueError as error:
        print(f"NOT PROVEN  {error}", file=sys.stderr)
        return 1
    print(json_text(entry) if _is_text(entry) else plain(repr(entry)))
    print(f"PROVEN  record {found.index + 1} of {plain(used.name)}, in its checkpoint of {tree.size}", file=sys.stderr)
    return 0


@app.command
def checkpoint(*, ledger: str | None = None, output: Output = None) -> int:
    """Print the newest signed checkpoint. Keep it elsewhere: it is what a later `verify` is measured by.

    Parameters
    ----------
    ledger
        The ledger's folder. Default: `ledger` in the configured state folder.
    output
        Write to this file instead of the terminal.
    """
    _write(_stored(_folder(ledger)), output)
    return 0


@app.command(name="key")
def public_key(*, ledger: str | None = None, pem: Flag = False) -> int:
    """Print the public key that a ledger's checkpoints are signed with. Keep it elsewhere, too.

    Parameters
    ----------
    ledger
        The ledger's folder. Default: `ledger` in the configured state folder.
    pem
        In PEM, for other programs, instead of NAME+ID+KEY as C2SP writes it.
    """
    key = parse_key(_meta(_folder(ledger)).key)
    if pem:
        public = Ed25519PublicKey.from_public_bytes(key.public)
        print(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), end="")
    else:
        print(key)
    return 0


@app.command
def show(
    *,
    ledger: str | None = None,
    chosen: Chosen | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1))] = 50,
    heartbeat: Annotated[float | None, Parameter(validator=Number(gt=0))] = None,
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
    folder = _folder(ledger)
    every = None if heartbeat is None else dt.timedelta(seconds=heartbeat)
    shown = 0
    for entry, record in islice(_chosen(read.entries_of(folder, newest_first=True), chosen), limit):
        shown += 1
        print(json_text(entry) if json else text.line(record))
    if every and not json:
        for found in gap.gaps(read.records_of(folder), every, dt.datetime.now(dt.UTC)):
            print(ledger_format.gap(found))
    if not shown:
        print(f"no such record in {plain(folder)}", file=sys.stderr)
        return 3
    return 0


@app.command(name="gaps")
def gaps_(
    *,
    ledger: str | None = None,
    heartbeat: Annotated[float, Parameter(validator=Number(gt=0))] = HEARTBEAT,
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
    folder = _folder(ledger)
    start = _instant("--since", since)
    try:
        found = list(gap.gaps(read.records_of(folder), dt.timedelta(seconds=heartbeat), dt.datetime.now(dt.UTC)))
        empty = next(read.records_of(folder), None) is None
    except OSError as error:
        raise _unreadable(error, folder) from error
    shown = [one for one in found if start is None or one.end >= start]
    for one in shown:
        print(ledger_format.gap(one))
    if empty:
        print(f"no record in {plain(folder)}", file=sys.stderr)
        return 3
    if not shown:
        print("no gap: a record or a heartbeat in every interval", file=sys.stderr)
    return int(any(not one.announced for one in shown))


@app.command
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
    folder = _folder(ledger)
    entries = _chosen(read.entries_of(folder, first=first), chosen)
    try:
        if format == "journal":
            count = _to_journal(entries, socket)
        elif format == "ocsf":
            count = _lines_out((event.encode() for event in ocsf.lines(entries, _meta(folder).origin)), output)
        else:
            count = _lines_out((entry for entry, _ in entries), output)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unreadable(error, folder) from error
    print(f"{count:,} records", file=sys.stderr)
    return 0 if count else 3


def _chosen(entries: Iterator[tuple[bytes, Record]], chosen: Chosen | None) -> Iterator[tuple[bytes, Record]]:
    """Those that were asked for."""
    asked = chosen or Chosen()
    since, until = _instant("--since", asked.since), _instant("--until", asked.until)
    wanted = {"tool": asked.tool, "user": asked.user}
    for entry, record in entries:
        at = gap.instant(record.at)
        if (
            (not asked.kind or record.kind in asked.kind)
            and all(value is None or record.subject.get(name) == value for name, value in wanted.items())
            and asked.done in (None, record.outcome.done)
            and (asked.rule is None or (record.decision or {}).get("rule") == asked.rule)
            and (since is None or (at is not None and at >= since))
            and (until is None or (at is not None and at < until))
        ):
            yield entry, record


def _instant(option: str, value: str | None) -> dt.datetime | None:
    if value is None:
        return None
    at = gap.instant(value)
    if at is None:
        raise Error(f'{option} "{plain(value)}" is not a time', remedy="write 2026-07-10, or 2026-07-10T09:00Z")
    return at


def _folder(given: str | None) -> str:
    """The ledger's folder."""
    folder = given or os.path.join(load_settings(os.environ)["state"].value, "ledger")
    if not os.path.isdir(folder):
        raise Error(f"{plain(folder)}: there is no ledger", remedy="name its folder with --ledger")
    return folder


def _meta(folder: str) -> parts.Meta:
    try:
        return parts.parse_meta(parts.small_file(os.path.join(folder, parts.META)))
    except OSError as error:
        raise _unreadable(error, folder) from error
    except ValueError as error:
        raise Error(f"{plain(os.path.join(folder, parts.META))}: {error}") from error


def _stored(folder: str) -> str:
    """The newest checkpoint, its signature verified."""
    path = os.path.join(folder, parts.CHECKPOINT)
    note = _read(path)
    _opened(note, parse_key(_meta(folder).key), path)
    return note.decode()


def _opened(note: bytes, key: VerifierKey, path: str) -> Checkpoint:
    try:
        return checkpoints.opened(note, key)
    except Unsigned as error:
        raise Error(f"{plain(path)}: {error}", remedy="nothing can be measured by it") from error


def _key(given: str, folder: str | None, note: bytes | None) -> VerifierKey:
    """The key that was named: a vkey, or a file with one, or a file with a key in PEM."""
    try:
        return parse_key(given)
    except ValueError as error:
        if not os.path.exists(given):
            raise Error(
                f"--key: {plain(given)} is neither a file nor a key: {error}", remedy="see: clearance ledger key"
            ) from error
    data = _read(given)
    try:
        found = public_of_pem(data) if data.lstrip().startswith(b"-----") else parse_key(data.decode())
    except ValueError as error:
        raise Error(f"--key: {plain(given)}: {error}", remedy="see: clearance ledger key") from error
    if isinstance(found, VerifierKey):
        return found
    name = _origin(folder, note)
    if not usable_name(name):
        raise Error(
            f"--key: {plain(given)} bears no name, and neither ledger nor checkpoint says whose it is",
            remedy="name the key as `clearance ledger key` prints it",
        )
    return VerifierKey(name, found)


def _origin(folder: str | None, note: bytes | None) -> str:
    """The log whose name a key without one is to have. It is signed with everything else, so a wrong one fails."""
    if note is not None:
        return note.split(b"\n", 1)[0].decode("utf-8", "replace")
    return _meta(folder).origin if folder and os.path.isfile(os.path.join(folder, parts.META)) else ""


def _hold(proof: Proof, entry: bytes, folder: str) -> None:
    """Refuse to hand out a proof that proves nothing, the ledger being damaged."""
    try:
        checkpoints.proven(proof, entry, parse_key(_meta(folder).key))
    except ValueError as error:
        raise Error(
            f"{plain(folder)} is not what its checkpoint signed", remedy="see what is wrong: clearance ledger verify"
        ) from error


def _to_journal(entries: Iterator[tuple[bytes, Record]], path: str) -> int:
    count = 0
    with Journal(path, timeout=JOURNAL_PATIENCE) as to:
        for held, record in entries:
            if not to.send(journal.entry(record, held)):
                raise Error(
                    f"the journal took no more after record {record.n - 1}",
                    remedy=f"go on with: clearance ledger export --format journal --from {record.n}",
                )
            count += 1
    return count


def _lines_out(lines: Iterator[bytes], output: str | None) -> int:
    count = 0
    if output is None and sys.stdout.isatty():
        for count, line in enumerate(lines, 1):  # noqa: B007 - what was counted is returned
            print(json_text(line))
        return count
    with open(output, "wb") if output else open(sys.stdout.fileno(), "wb", closefd=False) as out:
        for count, line in enumerate(lines, 1):  # noqa: B007 - what was counted is returned
            out.write(line + b"\n")
    return count


def _write(data: str, output: str | None) -> None:
    if output is None:
        print(data, end="")
        return
    try:
        with open(output, "w", encoding="utf-8", newline="") as file:
            file.write(data)
    except OSError as error:
        raise _unreadable(error, output) from error


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(checkpoints.LARGEST_PROOF + 1)
    except OSError as error:
        raise _unreadable(error, path) from error


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(error: OSError, path: str) -> Error:
    return Error(f"{plain(str(error.filename or path))}: {error.strerror or error}")


def _print_json(document: dict[str, object]) -> None:
    print(json_text(msgspec.json.format(msgspec.json.encode(document), indent=2)))
