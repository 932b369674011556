"""Checkpoints of a tree (c2sp.org/tlog-checkpoint) and proofs that an entry is in it (c2sp.org/tlog-proof). Pure.

Guarantees: what is parsed is exactly what these formats allow; the same checkpoint or proof gives the same text. To
check a proof takes the key alone: its checkpoint must be signed, and its path must lead from the entry to that root.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from clearance.prove.ledger import merkle
from clearance.prove.ledger.note import Signer, Unsigned, VerifierKey, decoded, encoded, sign, verified_text

PROOF: Final = "c2sp.org/tlog-proof@v1"
LARGEST_PROOF: Final = 16 << 20
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(Struct, frozen=True):
    """The tree of a log at one size."""

    origin: str
    size: int
    root: bytes


class Proof(Struct, frozen=True):
    """That an entry stands at `index` (from 0) of the tree that `checkpoint`, a signed note, tells of.

    `extra` is not authenticated by itself; Clearance puts the entry there, which the path then proves.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


def signed(checkpoint: Checkpoint, private: Signer) -> str:
    """The checkpoint as a note, signed in the name of its origin."""
    text = f"{checkpoint.origin}\n{checkpoint.size}\n{encoded(checkpoint.root)}\n"
    return sign(text, private, checkpoint.origin)


def opened(note: str | bytes, key: VerifierKey) -> Checkpoint:
    """The checkpoint of a note. `Unsigned` unless this key signed it in its own log's name and it is well formed."""
    found = parse(verified_text(note, key))
    if found.origin != key.name:
        raise Unsigned(f"it is a checkpoint of {found.origin}, not of {key.name}")
    return found


def parse(text: str) -> Checkpoint:
    """The checkpoint that a note's text says. `Unsigned` where it says none."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines) or not _NUMBER.fullmatch(lines[1]):
        raise Unsigned("it is not a checkpoint: origin, size, root")
    try:
        root = decoded(lines[2])
    except ValueError as error:
        raise Unsigned(f"the root of the checkpoint: {error}") from error
    if len(root) != merkle.SIZE:
        raise Unsigned("the root of the checkpoint is not a SHA-256 hash")
    return Checkpoint(lines[0], int(lines[1]), root)


def proof_text(proof: Proof) -> str:
    """The proof as C2SP writes it."""
    extra = [] if proof.extra is None else [f"extra {encoded(proof.extra)}"]
    return "\n".join([PROOF, *extra, f"index {proof.index}", *map(encoded, proof.path), "", proof.checkpoint])


def parse_proof(data: str | bytes) -> Proof:
    """The proof in a text. ValueError where it is none."""
    if len(data) > LARGEST_PROOF:
        raise ValueError("it is too large to be a proof")
    try:
        text = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
    head, empty, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != PROOF or not empty or not checkpoint:
        raise ValueError(f"it does not begin with {PROOF}, or holds no checkpoint")
    extra = decoded(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
    word, _, number = (lines.pop(0) if lines else "").partition(" ")
    if word != "index" or not _NUMBER.fullmatch(number):
        raise ValueError("it does not say at which index the entry stands")
    path = tuple(decoded(line) for line in lines)
    if len(path) > 64 or any(len(node) != merkle.SIZE for node in path):
        raise ValueError("its path is not one of SHA-256 hashes")
    return Proof(int(number), path, checkpoint, extra)


def proven(proof: Proof, entry: bytes, key: VerifierKey) -> Checkpoint:
    """The checkpoint that the entry is proven to be in. ValueError (`Unsigned` among them) says why it is not."""
    checkpoint = opened(proof.checkpoint, key)
    root = merkle.root_from_inclusion(merkle.leaf_hash(entry), proof.index, checkpoint.size, proof.path)
    if root != checkpoint.root:
        raise ValueError(f"the entry is not the one at index {proof.index} of the tree in the checkpoint")
    return checkpoint
