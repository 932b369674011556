"""What somebody does who has the public key alone: verify a whole ledger, check the proof of one record."""

from __future__ import annotations

import datetime as dt
import os
import sys
from typing import Annotated, Final

from clearance.cli.ledger.reading import content, exists, meta_of, naming, opened
from clearance.cli.options import Flag
from clearance.cli.output import print_document
from clearance.cli.times import SPAN
from clearance.errors import Error
from clearance.prove.formats import ledger as ledger_format
from clearance.prove.formats.escape import json_text, plain
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import parts
from clearance.prove.ledger.gaps import GapFinder
from clearance.prove.ledger.note import VerifierKey, parse_key, public_of_pem, usable_name
from clearance.prove.ledger.verify import verify_file, verify_folder

CODES: Final = {"verified": 0, "damaged": 1, "empty": 3, "incomplete": 4}
"""The exit code of each verdict."""


def verify(
    path: str,
    /,
    *,
    key: str,
    checkpoint: str | None = None,
    heartbeat: Annotated[float | None, SPAN] = None,
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
    if not exists(path):
        raise Error(f"{plain(path)}: there is no such file or folder")
    note = None if checkpoint is None else content(checkpoint)
    used = _key(key, path if os.path.isdir(path) else os.path.dirname(path), note)
    given = None if note is None or checkpoint is None else opened(note, used, checkpoint)
    finder = None if heartbeat is None else GapFinder(dt.timedelta(seconds=heartbeat))
    with naming(path):
        verdict = (verify_folder if os.path.isdir(path) else verify_file)(path, used, given, finder)
    if json:
        print_document(ledger_format.document(verdict, used.name))
    else:
        print(ledger_format.text(verdict, used.name), end="")
    return CODES[ledger_format.state(verdict)]


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
        found = checkpoints.parse_proof(content(proof))
    except ValueError as error:
        raise Error(f"{plain(proof)} is no proof: {error}") from error
    used = _key(key, None, found.checkpoint.encode())
    entry = found.extra if record is None else content(record).removesuffix(b"\n")
    if entry is None:
        raise Error("the proof does not hold the record", remedy="name a file with its line: --record FILE")
    try:
        tree = checkpoints.proven(found, entry, used)
    except ValueError as error:
        print(f"NOT PROVEN  {plain(str(error))}", file=sys.stderr)
        return 1
    print(json_text(entry) if _is_text(entry) else plain(repr(entry)))
    print(f"PROVEN  record {found.index + 1} of {plain(used.name)}, in its checkpoint of {tree.size}", file=sys.stderr)
    return 0


def _key(given: str, folder: str | None, note: bytes | None) -> VerifierKey:
    """The key that was named: a vkey, or a file with one, or a file with a key in PEM."""
    try:
        return parse_key(given)
    except ValueError as error:
        if not os.path.exists(given):
            raise Error(
                f"--key: {plain(given)} is neither a file nor a key: {error}", remedy="see: clearance ledger key"
            ) from error
    data = content(given)
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
    return meta_of(folder).origin if folder and os.path.isfile(os.path.join(folder, parts.META)) else ""


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
