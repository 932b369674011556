"""What others measure a ledger by: a proof of one record, the newest checkpoint, the public key."""

from __future__ import annotations

import os
import sys
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cyclopts import Parameter
from cyclopts.validators import Number

from clearance.cli.ledger.reading import content, folder_of, key_of, naming, opened
from clearance.cli.options import Flag, Output
from clearance.cli.output import write
from clearance.errors import Error
from clearance.prove.formats.escape import plain
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import merkle, parts, read
from clearance.prove.ledger.checkpoint import Proof

RecordNumber = Annotated[int, Parameter(validator=Number(gte=1))]


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
    folder = folder_of(ledger)
    note = _stored(folder)
    tree = checkpoints.parse(note.rpartition("\n\n")[0] + "\n")
    if record > tree.size:
        print(f"record {record} is not in the newest checkpoint, which covers {tree.size}", file=sys.stderr)
        return 3
    index = record - 1
    try:
        with naming(folder):
            path = merkle.range_roots(merkle.inclusion_ranges(index, tree.size), read.leaf_hashes(folder))
            entry = read.entry(folder, record)
    except ValueError as error:
        raise Error(f"{plain(folder)}: {error}", remedy="see what is wrong: clearance ledger verify") from error
    proof = Proof(index, tuple(path), note, entry)
    if entry is not None:
        _hold(proof, entry, folder)
    write(checkpoints.proof_text(proof), output)
    return 0


def checkpoint(*, ledger: str | None = None, output: Output = None) -> int:
    """Print the newest signed checkpoint. Keep it elsewhere: it is what a later `verify` is measured by.

    Parameters
    ----------
    ledger
        The ledger's folder. Default: `ledger` in the configured state folder.
    output
        Write to this file instead of the terminal.
    """
    write(_stored(folder_of(ledger)), output)
    return 0


def public_key(*, ledger: str | None = None, pem: Flag = False) -> int:
    """Print the public key that a ledger's checkpoints are signed with. Keep it elsewhere, too.

    Parameters
    ----------
    ledger
        The ledger's folder. Default: `ledger` in the configured state folder.
    pem
        In PEM, for other programs, instead of NAME+ID+KEY as C2SP writes it.
    """
    key = key_of(folder_of(ledger))
    if pem:
        public = Ed25519PublicKey.from_public_bytes(key.public)
        print(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), end="")
    else:
        print(key)
    return 0


def _stored(folder: str) -> str:
    """The newest checkpoint, its signature verified."""
    path = os.path.join(folder, parts.CHECKPOINT)
    note = content(path)
    opened(note, key_of(folder), path)
    return note.decode()


def _hold(proof: Proof, entry: bytes, folder: str) -> None:
    """Refuse to hand out a proof that proves nothing, the ledger being damaged."""
    try:
        checkpoints.proven(proof, entry, key_of(folder))
    except ValueError as error:
        raise Error(
            f"{plain(folder)} is not what its checkpoint signed", remedy="see what is wrong: clearance ledger verify"
        ) from error
