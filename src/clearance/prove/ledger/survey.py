"""What a ledger's folder holds when a writer opens it: where the tree stands, and what a crash left behind.

Guarantees: only the newest file of records is read where its start is known and signed, so that opening costs one file;
otherwise all are. Nothing is changed. What the stored checkpoints count and the files no longer hold is damage, never
repaired silently.
"""

from __future__ import annotations

from msgspec import Struct

from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import merkle, parts
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.merkle import Frontier
from clearance.prove.ledger.note import VerifierKey
from clearance.prove.ledger.parts import LARGEST_SMALL_FILE, Part


class Damaged(ValueError):
    """The files are not those of the ledger that was signed. It says what is wrong."""


class Torn(Struct, frozen=True):
    """What lies behind the last whole record of the newest file: the file, how much of it is good, how much is not."""

    name: str
    good: int
    bytes: int


class Standing(Struct, frozen=True):
    """Where the ledger stands. `newest` is the file to go on with, None before the first record."""

    frontier: Frontier
    newest: Part | None
    good: int
    torn: Torn | None
    superseded: tuple[str, ...]


def survey(disk: Disk, key: VerifierKey) -> Standing:
    """The standing of a ledger that belongs to this key. `Damaged` says what is wrong with it."""
    names = disk.names()
    found = parts.parts_of(names)
    kept = _checkpoint(disk, names, key)
    frontier, rest = _beginning(disk, names, found, key)
    if kept and kept.size < frontier.size:
        kept = None  # older than the signed start of the newest file
    good, torn = 0, None
    for part in rest:
        if part.first != frontier.size + 1:
            raise Damaged(f"{part.name} does not follow record {frontier.size}")
        good, torn = _run_through(disk, part, frontier, kept)
        if torn and part != rest[-1]:
            raise Damaged(f"{part.name} ends within a record, and later records follow")
    if kept and kept.size > frontier.size:
        raise Damaged(f"records {frontier.size + 1} to {kept.size} are missing, which a checkpoint counts")
    if found and found[-1].what == "hashes":
        raise Damaged(f"{found[-1].name} is the newest part, and the newest records are never dropped")
    superseded = tuple(
        parts.records_name(part.first)
        for part in map(parts.part_of, names)
        if part and part.what == "hashes" and parts.records_name(part.first) in names
    )
    return Standing(frontier, found[-1] if found else None, good, torn, superseded)


def small_file(disk: Disk, name: str) -> bytes:
    """A file that is small by its nature. `Damaged` where it is not."""
    with disk.reader(name) as file:
        data = file.read(LARGEST_SMALL_FILE + 1)
    if len(data) > LARGEST_SMALL_FILE:
        raise Damaged(f"{name} is too large")
    return data


def _checkpoint(disk: Disk, names: list[str], key: VerifierKey) -> checkpoints.Checkpoint | None:
    if parts.CHECKPOINT not in names:
        return None
    try:
        return checkpoints.opened(small_file(disk, parts.CHECKPOINT), key)
    except ValueError as error:
        raise Damaged(f"its checkpoint: {error}") from error


def _beginning(disk: Disk, names: list[str], found: list[Part], key: VerifierKey) -> tuple[Frontier, list[Part]]:
    """The tree before the newest file of records where that is known and signed, and what is to be read from there."""
    if not found:
        return Frontier(), []
    newest = found[-1]
    name = parts.start_name(newest.first)
    if newest.first > 1 and name in names:
        try:
            start = parts.parse_start(small_file(disk, name))
            frontier = Frontier(newest.first - 1, start.frontier)
            signed = checkpoints.opened(start.checkpoint, key)
        except ValueError:
            return Frontier(), found
        if signed.size == frontier.size and signed.root == frontier.root():
            return frontier, [newest]
    return Frontier(), found


def _run_through(
    disk: Disk, part: Part, frontier: Frontier, kept: checkpoints.Checkpoint | None
) -> tuple[int, Torn | None]:
    """Take the part into the tree. How many bytes of it are whole records, and what follows them."""
    good = 0
    with disk.reader(part.name) as file:
        for piece in parts.lines(file) if part.what == "records" else parts.hashes(file):
            leaf = _leaf(part, piece, frontier.size + 1)
            if leaf is None:
                break
            frontier.add(leaf)
            good += len(piece)
            if kept and frontier.size == kept.size and frontier.root() != kept.root:
                raise Damaged(f"records up to {kept.size} are not those that were signed")
    size = disk.size(part.name)
    return good, Torn(part.name, good, size - good) if size > good else None


def _leaf(part: Part, piece: bytes, n: int) -> bytes | None:
    """The leaf hash of the next record; None where the piece is not that record."""
    if part.what == "hashes":
        return piece if len(piece) == merkle.SIZE else None
    if not piece.endswith(b"\n"):
        return None
    try:
        return merkle.leaf_hash(piece[:-1]) if parts.head_of(piece).n == n else None
    except ValueError:
        return None
