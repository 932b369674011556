"""Whether a ledger is what was signed: offline, alone, in one pass, in memory that does not grow with it.

Guarantees: against a checkpoint kept elsewhere every record that was changed, moved, dropped, doubled or cut off up to
that checkpoint is found. Without one the result says up to where the records are whole, and up to where they are
signed; whether more were cut off at the end nobody can tell then. Where the start of a file is signed, damage before it
does not hide what follows: the verdict names the file and the records.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final

from msgspec import Struct

from clearance.model.record import STARTED, STOPPED
from clearance.prove.formats.record.json import parse
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import merkle, parts, retention
from clearance.prove.ledger.checkpoint import Checkpoint
from clearance.prove.ledger.disk import being_written
from clearance.prove.ledger.gaps import Gap, GapFinder
from clearance.prove.ledger.merkle import Frontier
from clearance.prove.ledger.note import VerifierKey
from clearance.prove.ledger.parts import Part

MOST_TOLD: Final = 100
"""Damages that are told one by one; all are counted."""


class Damage(Struct, frozen=True):
    """A place where the ledger is not what was signed. `line` counts from 1; 0: no line of the file."""

    file: str
    line: int
    what: str


class Verdict(Struct, frozen=True):
    """What was found. `size` is the number of the last whole record, `first` that of the first one that was looked at.

    `signed` is the last record that a signature of the key covers, `checkpoint` the size of the given checkpoint if the
    records up to it are those that it signs. Up to `dropped`, records were dropped on record and only hashes are left.
    `unfinished` says what could not be looked at, or lies unfinished at the end.
    """

    first: int
    size: int
    root: bytes | None
    signed: int
    checkpoint: int | None
    dropped: int
    damage: tuple[Damage, ...]
    damages: int
    unfinished: str = ""
    gaps: tuple[Gap, ...] = ()


def verify_folder(
    folder: str, key: VerifierKey, given: Checkpoint | None = None, finder: GapFinder | None = None
) -> Verdict:
    """The verdict on a ledger's folder. OSError where it cannot be read."""
    names = parts.names_in(folder)
    walk = _Walk(folder, key, given, finder)
    if parts.CHECKPOINT in names:
        try:
            stored = checkpoints.opened(parts.small_file(os.path.join(folder, parts.CHECKPOINT)), key)
            walk.expect(stored, parts.CHECKPOINT)
        except ValueError as error:
            walk.damage(parts.CHECKPOINT, 0, f"the stored checkpoint: {error}")
    walk.through(parts.parts_of(names), starts={name for name in names if name.endswith(".start")})
    return walk.verdict()


def verify_file(
    path: str, key: VerifierKey, given: Checkpoint | None = None, finder: GapFinder | None = None
) -> Verdict:
    """The verdict on one file of records: a ledger's, or an export. One that begins later than with record 1 is tied to
    the tree by the signed start that lies beside it. OSError where it cannot be read."""
    folder, name = os.path.split(os.path.abspath(path))
    walk = _Walk(folder, key, given, finder)
    first = _first_number(path)
    start = parts.start_name(first)
    walk.through([Part(first, name, "records")], starts={start} & set(parts.names_in(folder)), alone=True)
    return walk.verdict()


def _first_number(path: str) -> int:
    with parts.opened(path) as file:
        try:
            return max(1, parts.head_of(next(parts.lines(file), b"")).n)
        except ValueError:
            return 1


class _Walk:
    """One pass over the parts, with all that is to hold at some size of the tree."""

    def __init__(self, folder: str, key: VerifierKey, given: Checkpoint | None, finder: GapFinder | None) -> None:
        self._folder = folder
        self._key = key
        self._given = given
        self._finder = finder
        self._frontier = Frontier()
        self._expected = 1
        self._first = 1
        self._known = True  # the tree so far could be built
        self._matched = 0  # the last size at which a signed root was met
        self._signed = 0
        self._given_matched = False
        self._wanted: dict[int, list[tuple[Checkpoint, str]]] = {}
        self._largest: tuple[int, str] = (0, "")
        self._told: list[Damage] = []
        self._damages = 0
        self._dropped = 0
        self._announced = 0
        self._unfinished = ""
        self._gaps: list[Gap] = []
        if given:
            self.expect(given, "the given checkpoint")

    def expect(self, checkpoint: Checkpoint, name: str) -> None:
        """The tree has to have this root at this size."""
        self._wanted.setdefault(checkpoint.size, []).append((checkpoint, name))
        if checkpoint.size > self._largest[0]:
            self._largest = (checkpoint.size, name)

    def damage(self, file: str, line: int, what: str) -> None:
        """Something is not as it was signed."""
        self._damages += 1
        if len(self._told) < MOST_TOLD:
            self._told.append(Damage(file, line, what))

    def through(self, found: Sequence[Part], starts: set[str], *, alone: bool = False) -> None:
        """Read all parts in order. `alone`: it is one file, which may begin later than the ledger."""
        for place, part in enumerate(found):
            last = place == len(found) - 1
            self._begin(part, starts, alone=alone)
            if part.what == "records":
                try:
                    self._records(part, last=last)
                except FileNotFoundError:
                    # Dropped on record since the folder was listed; if its hashes are not there either, that is said.
                    self._hashes(Part(part.first, parts.leaves_name(part.first), "hashes"))
            else:
                self._hashes(part)
        self._at_size(found[-1].name if found else "")

    def verdict(self) -> Verdict:
        """What all of it comes to."""
        size = self._expected - 1
        largest, name = self._largest
        if largest > size:
            self.damage(name, 0, f"{_span(size + 1, largest)} missing, which this checkpoint counts")
        if self._dropped > self._announced:
            self.damage(
                parts.leaves_name(self._first), 0,
                f"{_span(self._announced + 1, self._dropped)} gone, and no record says that they were dropped",
            )  # fmt: skip
        if self._given and not self._given_matched and not self._damages and not self._unfinished:
            self._unfinished = "the given checkpoint is of a time before the first record of this file"
        return Verdict(
            first=self._first,
            size=size,
            root=self._frontier.root() if self._known else None,
            signed=self._signed,
            checkpoint=self._given.size if self._given and self._given_matched else None,
            dropped=self._dropped,
            damage=tuple(self._told),
            damages=self._damages,
            unfinished=self._unfinished,
            gaps=tuple(self._gaps),
        )

    def _begin(self, part: Part, starts: set[str], *, alone: bool) -> None:
        """Come to a part: it has to follow the one before, and its signed start has to agree with what was read."""
        start = self._start(part, starts)
        if alone and part.first > 1:
            self._first = self._expected = part.first
            if start:
                self._frontier = start.copy()
                self._matched = self._signed = start.size
            else:
                self._known = False
                self._unfinished = (
                    f"it begins with record {part.first}, and nothing signed says what came before: "
                    "verify the whole folder, or an export from record 1 on"
                )
        elif part.first > self._expected:
            self.damage(part.name, 0, f"{_span(self._expected, part.first - 1)} missing before this file")
            self._known, self._expected = False, part.first
        elif part.first < self._expected:
            self.damage(part.name, 0, f"it begins with record {part.first}, which was already read")
            self._known, self._expected = False, part.first
        if start and not alone:
            if self._known and self._frontier.root() != start.root():
                self._mismatch(part.name, start.size)
            self._frontier, self._known, self._matched = start.copy(), True, start.size
            self._signed = start.size
        self._at_size(part.name)

    def _start(self, part: Part, starts: set[str]) -> Frontier | None:
        """The signed tree before the part, where there is one."""
        name = parts.start_name(part.first)
        if part.first == 1 or name not in starts:
            return None
        try:
            start = parts.parse_start(parts.small_file(os.path.join(self._folder, name)))
            frontier = Frontier(part.first - 1, start.frontier)
            signed = checkpoints.opened(start.checkpoint, self._key)
            if (signed.size, signed.root) != (frontier.size, frontier.root()):
                self.damage(name, 0, "what it says of the tree is not what is signed in it")
                return None
        except ValueError as error:
            self.damage(name, 0, str(error))
            return None
        return frontier

    def _records(self, part: Part, *, last: bool) -> None:
        number = 0
        with parts.opened(os.path.join(self._folder, part.name)) as file:
            add, wanted = self._frontier.add, self._wanted
            for piece in parts.lines(file):
                number += 1
                if piece[-1] != 10:
                    self._without_end(part, number, piece, last=last and not file.read(1))
                    continue
                try:
                    head = parts.head_of(piece)
                except ValueError as error:
                    self.damage(part.name, number, f"record {self._expected} should stand here; {error}")
                    self._known = False
                    self._expected += 1
                    continue
                if head.n != self._expected:
                    self._out_of_order(part, number, head.n)
                self._expected += 1
                add(sha256(b"\0" + piece[:-1]).digest())
                if self._expected - 1 in wanted:
                    self._at_size(part.name)
                if self._finder:
                    self._look_for_gap(head, piece)
                if b'"records-dropped"' in piece:
                    self._note_dropped(piece)

    def _without_end(self, part: Part, number: int, piece: bytes, *, last: bool) -> None:
        if last and self._expected > self._largest[0]:
            if being_written(self._folder, parts.LOCK):
                return
            self._unfinished = (
                f"behind record {self._expected - 1}, {part.name} ends within a line ({len(piece)} bytes): "
                "a crash left it; the next start of the service puts it aside, and says so"
            )
            return
        self.damage(part.name, number, f"record {self._expected} should stand here; the line has no end")
        self._known = False

    def _out_of_order(self, part: Part, line: int, n: int) -> None:
        self._known = False
        if n > self._expected:
            self.damage(part.name, line, f"{_span(self._expected, n - 1)} missing before record {n}")
            self._expected = n
        else:
            self.damage(part.name, line, f"record {n} stands where record {self._expected} should")
            self._expected -= 1

    def _hashes(self, part: Part) -> None:
        with parts.opened(os.path.join(self._folder, part.name)) as file:
            for piece in parts.hashes(file):
                if len(piece) != merkle.SIZE:
                    self.damage(part.name, 0, "it does not consist of whole hashes")
                    self._known = False
                    return
                self._frontier.add(piece)
                self._expected += 1
                if self._expected - 1 in self._wanted:
                    self._at_size(part.name)
        self._dropped = self._expected - 1

    def _at_size(self, file: str) -> None:
        """Compare the tree with every root that is known for its size."""
        if not self._known:
            return
        for checkpoint, name in self._wanted.get(self._frontier.size, ()):
            if checkpoint.root == self._frontier.root():
                self._matched = self._signed = max(self._signed, checkpoint.size)
                self._given_matched |= checkpoint is self._given
            else:
                self._mismatch(name if checkpoint is self._given else file, checkpoint.size)

    def _mismatch(self, file: str, size: int) -> None:
        if self._matched < size:
            self.damage(file, 0, f"{_span(self._matched + 1, size)} not what was signed: changed, or exchanged")
        else:
            self.damage(file, 0, f"the first {size} records are signed in two ways")
        self._known = False

    def _note_dropped(self, piece: bytes) -> None:
        try:
            record = parse(piece)
        except ValueError:
            return
        through = record.subject.get("through")
        if record.kind == "change" and record.subject.get("event") == retention.DROPPED and isinstance(through, int):
            self._announced = max(self._announced, through)

    def _look_for_gap(self, head: parts.Head, piece: bytes) -> None:
        assert self._finder is not None
        event = None
        if b'"stopped"' in piece or b'"started"' in piece:
            with suppress(ValueError):
                event = parse(piece).subject.get("event")
        found = self._finder.see(head.n, head.at, stopped=event == STOPPED, started=event == STARTED)
        if found and len(self._gaps) < MOST_TOLD:
            self._gaps.append(found)


def _span(first: int, last: int) -> str:
    return f"record {first} is" if first == last else f"records {first} to {last} are"
