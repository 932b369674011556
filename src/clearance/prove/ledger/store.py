"""The ledger while it is written: append-only files of records with a signed Merkle tree over them.

Guarantees:
- A record that `append` has returned is on disk for good (written and synced) and stands in the tree at its number.
- What `append` refused, the disk being full or broken, is in no tree; the ledger goes on as soon as the disk does, and
  says in a record of its own how many were refused and why.
- Callers that append at the same time share one sync (group commit).
- What a crash leaves behind the last whole record is kept in a file beside, cut off, and recorded.
- A checkpoint is signed only over records that are on disk, so every one is consistent with every other.
- Where nothing can be signed, records are kept all the same, and signed as soon as that is possible again.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Final, Literal, Self

from clearance.errors import Error
from clearance.model.record import Draft, Outcome, PolicyMark, Record
from clearance.prove.formats.record.json import line, numbered
from clearance.prove.ledger import parts, retention
from clearance.prove.ledger.clock import Clock, instant, now
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.merkle import leaf_hash
from clearance.prove.ledger.note import Signer, VerifierKey, verifier_key
from clearance.prove.ledger.opening import OnDamage, Opened, held, open_folder
from clearance.prove.ledger.seal import Seal, Unsignable
from clearance.prove.ledger.survey import Damaged
from clearance.prove.ledger.tail import Tail

SEGMENT_BYTES: Final = 16 << 20
"""A file of records is closed once it is this large."""


class Unrecordable(Error):
    """A draft that no ledger could hold: trying it again is of no use."""


class _Commit:
    """What one caller wants to have recorded, and what became of it."""

    __slots__ = ("done", "drafts", "error", "records")

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.records: list[Record] = []
        self.error: Error | None = None
        self.done = False


class Ledger:
    """A ledger open for writing. Threads may share it; a forked child must not use it."""

    def __init__(self, opened: Opened, clock: Clock, segment_bytes: int) -> None:
        self.origin = opened.key.name
        self.key = opened.key
        self._disk = opened.disk
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._frontier = opened.standing.frontier
        self._tail = Tail(opened.disk, opened.standing, opened.pending)
        self._seal = Seal(opened.disk, opened.signer, self.origin, clock)
        self._refused = 0
        self._refused_why = ""
        self._refused_since = ""
        self._policy = PolicyMark()
        self._waiting: list[_Commit] = []
        self._door = threading.Lock()
        self._committing = threading.Lock()
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: str,
        key_file: str,
        *,
        clock: Clock = now,
        origin: str | None = None,
        segment_bytes: int = SEGMENT_BYTES,
        on_damage: OnDamage = "refuse",
        disk: Callable[[str], Disk] = Disk,
        signer: Callable[[str], Signer] = held,
        verifier: Callable[[Signer, str], VerifierKey] = verifier_key,
    ) -> Ledger:
        """The ledger in this folder, which is made where there is none, as is the key (PEM, for its owner only).

        `origin` names a new ledger; by default after the host. `signer` gives who signs with the key of a file, and
        `verifier` who checks that, under a name; by default this process does both. `Error` where another process
        writes to it, where it cannot be read, or where it is not what was signed; with `set-aside`, a damaged one is
        moved, whole, to a folder inside, and a new one begins whose first record says so.
        """
        opened = open_folder(
            folder, key_file, clock=clock, origin=origin, on_damage=on_damage, disk=disk, signer=signer,
            verifier=verifier,
        )  # fmt: skip
        try:
            ledger = cls(opened, clock, segment_bytes)
            ledger._resume(opened.event)
        except BaseException:
            opened.disk.close()
            raise
        return ledger

    def _resume(self, event: dict[str, object] | None) -> None:
        """Record at once what the opening found; where the disk has no room, that comes before the next record."""
        if not (self._tail.was_torn or event):
            return
        found = [] if event is None else [self._note("failure", event, "recorded")]
        try:
            self.append(found)
        except Error:
            if event is not None:
                raise

    @property
    def size(self) -> int:
        """How many records it holds."""
        return self._frontier.size

    @property
    def unsigned(self) -> str:
        """Why nothing could be signed when that was last tried; empty where it could."""
        return self._seal.unsigned

    def append(self, records: Sequence[Draft]) -> list[Record]:
        """The records with their numbers, once they are on disk for good. They stand together, in this order.

        `Error` where they cannot be written: then none of them is in the ledger. It is `Unrecordable` where one of them
        holds what no record can, so that it would be refused for ever.
        """
        mine = _Commit(records)
        with self._door:
            self._waiting.append(mine)
        with self._committing:
            if not mine.done:
                with self._door:
                    batch, self._waiting = self._waiting, []
                self._commit(batch)
        if mine.error:
            raise mine.error
        return mine.records

    def checkpoint(self) -> str:
        """The tree as it is, signed, as a C2SP checkpoint. It is stored beside the records, too, if there is room.

        `Unsignable` where it cannot be signed now.
        """
        with self._committing:
            self._usable()
            return self._seal.stored(self._frontier)

    def retain(self, since: dt.datetime) -> int:
        """Drop the oldest file of records if all in it are older than `since`, after recording it. How many went.

        One file a call, so that nobody waits long: call it until it returns 0. The records' leaf hashes stay, so that
        every checkpoint and every proof holds as before. `Error` where the file is not what was signed: then nothing is
        dropped.
        """
        with self._committing:
            self._usable()
            try:
                through = retention.last_to_drop(self._disk, since, self._tail.first, self.key)
            except (Damaged, OSError) as error:
                raise Error(f"no records were dropped from {self._disk.path}: {error}") from error
        if not through:
            return 0
        said = {"event": retention.DROPPED, "through": through, "older_than": instant(since)}
        self.append([self._note("change", said, "recorded")])
        with self._committing:
            try:
                return retention.drop(self._disk, through)
            except OSError as error:
                raise Error(f"{self._disk.path}: {error.strerror}", remedy="it goes on when called again") from error

    def close(self) -> None:
        """Sign, if that is possible, and let others write. Calling it again does nothing."""
        with self._committing:
            if not self._closed:
                try:
                    if self._frontier.size:
                        self._seal.stored(self._frontier)
                except Unsignable:
                    pass  # the last checkpoint stays; what came later stands behind it
                finally:
                    self._closed = True
                    self._disk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _usable(self) -> None:
        if self._closed:
            raise Error("the ledger is closed")

    def _commit(self, batch: list[_Commit]) -> None:
        """Write what all of them want in one go, and sync once."""
        fresh: list[bytes] = []
        try:
            self._usable()
            self._make_ready()
            own = _Commit(self._own_records())
            for each in (own, *batch):
                self._encode(each, fresh)
            if fresh:
                self._tail.write(b"".join(fresh))
        except (OSError, Error) as error:
            said = self._failed(error, sum(len(each.drafts) for each in batch))
            for each in batch:
                each.error, each.records = each.error or said, []
        except BaseException as error:
            # Stopped in the midst of it: nobody is told that anything was kept, and what was written is taken away.
            self._tail.spoilt()
            for each in batch:
                each.error, each.records = Error(f"not recorded: {type(error).__name__}"), []
            raise
        else:
            self._tail.keep(sum(map(len, fresh)))
            for data in fresh:
                self._frontier.add(leaf_hash(data[:-1]))
            self._refused = 0
            self._tail.settle()
        finally:
            for each in batch:
                each.done = True
        self._seal.store_if_due(self._frontier)

    def _encode(self, each: _Commit, fresh: list[bytes]) -> None:
        n = self._frontier.size + len(fresh) + 1
        try:
            each.records = [numbered(draft, n + place) for place, draft in enumerate(each.drafts)]
            fresh += [line(record) + b"\n" for record in each.records]
        except ValueError as error:
            each.error = Unrecordable(f"not recorded: {error}")
            each.records = []
        if each.drafts and not each.error:
            self._policy = each.drafts[-1].policy

    def _make_ready(self) -> None:
        """Take away what does not belong behind the last record, and begin a new file where it is time.

        Where the start of a new file cannot be signed now, it goes on with the one that is there.
        """
        first = self._frontier.size + 1
        self._tail.clean(first)
        if self._tail.exists and self._tail.length < self._segment_bytes:
            return
        if first > 1:
            try:
                signed = self._seal.signed(self._frontier)
            except Unsignable:
                return
            self._disk.replace(parts.start_name(first), parts.start_bytes(self._frontier, signed))
        self._tail.begin(first)

    def _own_records(self) -> list[Draft]:
        """What the ledger itself has to say before anything else is recorded."""
        said = [self._note("failure", found, "repaired") for found in self._tail.torn_ends()]
        if self._refused:
            found: dict[str, object] = {
                "event": "records-refused", "count": self._refused, "why": self._refused_why,
                "since": self._refused_since,
            }  # fmt: skip
            said.append(self._note("failure", found, "refused"))
        return said

    def _note(self, kind: Literal["failure", "change"], subject: dict[str, object], done: str) -> Draft:
        return Draft(instant(self._clock()), kind, subject, Outcome(done), self._policy)

    def _failed(self, error: OSError | Error, count: int) -> Error:
        """Leave the file as it was before, if the disk lets us; else before the next record."""
        if isinstance(error, Error):
            return error
        if not self._refused:
            self._refused_since = instant(self._clock())
        self._refused += count
        self._refused_why = error.strerror or str(error)
        self._tail.take_back()
        return Error(
            f"{self._disk.path}: {self._refused_why}; {count} record{'' if count == 1 else 's'} not kept",
            remedy="nothing that was recorded before is lost; recording goes on as soon as the disk lets it",
        )
