"""Dropping the content of old records without breaking a proof: the file goes, the leaf hashes of its records stay.

Guarantees: only whole files from the oldest on are dropped, never the newest; each only after its records were found
to be those that the tree was signed over; the hashes are on disk before the records go. Whoever removes a file in
another way is found out by `verify`, since the ledger holds no record of it.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Final

from clearance.prove.formats.record.json import parse
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import merkle, parts
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.merkle import Frontier
from clearance.prove.ledger.note import VerifierKey
from clearance.prove.ledger.parts import Part
from clearance.prove.ledger.survey import Damaged, small_file

DROPPED: Final = "records-dropped"
"""`subject.event` of the record that says so; `subject.through` is the last number dropped so far."""


def last_to_drop(disk: Disk, since: dt.datetime, newest: int, key: VerifierKey) -> int:
    """The last record of the oldest file of records, if all in it are older; else 0. `Damaged` where it is not as
    signed."""
    for part, following in pairwise(parts.parts_of(disk.names())):
        if part.what == "records":
            if part.first >= newest or _newest_instant(disk, part) >= since:
                return 0
            _check(disk, part, following, key)
            return following.first - 1
    return 0


def drop(disk: Disk, through: int) -> int:
    """Drop the files up to this record. How many records went. Called again after a crash, it goes on."""
    count = 0
    for part, following in pairwise(parts.parts_of(disk.names())):
        if part.what == "records" and following.first - 1 <= through:
            disk.replace(parts.leaves_name(part.first), b"".join(_leaves(disk, part)))
            disk.remove(part.name)
            disk.sync_folder()
            count += following.first - part.first
    return count


def _leaves(disk: Disk, part: Part) -> list[bytes]:
    with disk.reader(part.name) as file:
        return [merkle.leaf_hash(line.removesuffix(b"\n")) for line in parts.lines(file)]


def _newest_instant(disk: Disk, part: Part) -> dt.datetime:
    """The latest time of the part's records, since a clock may have been set back between two of them."""
    latest = dt.datetime.min.replace(tzinfo=dt.UTC)
    with disk.reader(part.name) as file:
        for line in parts.lines(file):
            try:
                at = dt.datetime.fromisoformat(parse(line).at)
            except ValueError as error:
                raise Damaged(f"{part.name}: {error}") from error
            latest = max(latest, at if at.tzinfo else at.replace(tzinfo=dt.UTC))
    return latest


def _check(disk: Disk, part: Part, following: Part, key: VerifierKey) -> None:
    """`Damaged` unless the part leads from its own start to the signed start of the one that follows."""
    try:
        nodes: tuple[bytes, ...] = ()
        if part.first > 1:
            nodes = parts.parse_start(small_file(disk, parts.start_name(part.first))).frontier
        frontier = Frontier(part.first - 1, nodes)
        for leaf in _leaves(disk, part):
            frontier.add(leaf)
        start = parts.parse_start(small_file(disk, parts.start_name(following.first)))
        signed = checkpoints.opened(start.checkpoint, key)
    except (ValueError, FileNotFoundError) as error:
        raise Damaged(f"{part.name}: {error}") from error
    if (signed.size, signed.root) != (frontier.size, frontier.root()):
        raise Damaged(f"{part.name} does not hold the records that were signed")
