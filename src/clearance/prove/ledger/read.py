"""What a ledger holds, for whoever reads it: its records, their bytes, the hashes of the tree. Nothing is verified.

Guarantees: reading takes the memory of one line, from the newest on that of one file; a file that is dropped meanwhile
is read as its hashes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from clearance.model.record import Record
from clearance.prove.formats.record.json import parse
from clearance.prove.ledger import merkle, parts
from clearance.prove.ledger.parts import Part


def lines_of(folder: str, *, first: int = 1, newest_first: bool = False) -> Iterator[bytes]:
    """The lines of all records from a number on, as they are, each with its end. OSError where they cannot be read."""
    found = parts.parts_of(parts.names_in(folder))
    later = [*(part.first for part in found[1:]), None]
    spans = zip(found, later, strict=False)  # in a ledger that has no part yet, nothing comes before the end
    wanted = [part for part, end in spans if part.what == "records" and (not end or first < end)]
    for part in reversed(wanted) if newest_first else wanted:
        with parts.opened(os.path.join(folder, part.name)) as file:
            whole = (line for line in parts.lines(file) if line.endswith(b"\n"))
            yield from reversed(list(whole)) if newest_first else whole


def entries_of(folder: str, *, first: int = 1, newest_first: bool = False) -> Iterator[tuple[bytes, Record]]:
    """Every record from a number on that can be read, in order, with its bytes as they are (without the line's end).

    What cannot be read is left out; `verify` names it.
    """
    for line in lines_of(folder, first=first, newest_first=newest_first):
        try:
            record = parse(line)
        except ValueError:
            continue
        if record.n >= first:
            yield line[:-1], record


def records_of(folder: str, *, first: int = 1, newest_first: bool = False) -> Iterator[Record]:
    """The same without the bytes."""
    return (record for _, record in entries_of(folder, first=first, newest_first=newest_first))


def leaf_hashes(folder: str) -> Iterator[bytes]:
    """The leaf hash of every record in order, dropped ones included. ValueError where a part is missing; OSError."""
    expected = 1
    for part in parts.parts_of(parts.names_in(folder)):
        if part.first != expected:
            raise ValueError(f"{part.name} does not follow record {expected - 1}")
        file, what = _opened(folder, part)
        with file:
            if what == "hashes":
                for leaf in parts.hashes(file):
                    expected += 1
                    yield leaf
            else:
                for line in parts.lines(file):
                    if line.endswith(b"\n"):
                        expected += 1
                        yield merkle.leaf_hash(line[:-1])


def entry(folder: str, n: int) -> bytes | None:
    """The bytes of one record, without the line's end; None where they were dropped, or never were."""
    for line, record in entries_of(folder, first=n):
        if record.n >= n:
            return line if record.n == n else None
    return None


def _opened(folder: str, part: Part) -> tuple[BinaryIO, str]:
    try:
        return parts.opened(os.path.join(folder, part.name)), part.what
    except FileNotFoundError:
        if part.what == "hashes":
            raise
        return parts.opened(os.path.join(folder, parts.leaves_name(part.first))), "hashes"
