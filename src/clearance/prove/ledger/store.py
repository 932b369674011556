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

import contextlib
import datetime as dt
import os
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, Literal, Self

import msgspec

from clearance.errors import Error
from clearance.model.record import Draft, Outcome, PolicyMark, Record
from clearance.prove.formats.record.json import line, numbered
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import parts, retention
from clearance.prove.ledger.disk import Disk, Locked
from clearance.prove.ledger.merkle import leaf_hash
from clearance.prove.ledger.note import Signer, VerifierKey, usable_name, verifier_key
from clearance.prove.ledger.survey import Damaged, Standing, Torn, survey
from clearance.prove.ledger.survey import small_file as read_small

SEGMENT_BYTES: Final = 16 << 20
"""A file of records is closed once it is this large."""

CHECKPOINT_EVERY: Final = dt.timedelta(minutes=1)
"""How old the stored checkpoint may be when a record is appended."""

Clock = Callable[[], dt.datetime]


def now() -> dt.datetime:
    """The system's time."""
    return dt.datetime.now(dt.UTC)


def instant(at: dt.datetime) -> str:
    """The time as records carry it: RFC 3339 in UTC, to the millisecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class Unrecordable(Error):
    """A draft that no ledger could hold: trying it again is of no use."""


class Unsignable(Error):
    """Nothing can be signed now: the key is gone, or it is another one."""


def held(path: str) -> Signer:
    """The key in this file, in this process's memory; it is made where it is missing."""
    from clearance.prove.ledger.keys import load_or_make

    return load_or_make(path)


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

    def __init__(
        self, disk: Disk, signer: Signer, key: VerifierKey, standing: Standing, clock: Clock, segment_bytes: int
    ) -> None:
        self.origin = key.name
        self.key = key
        self.unsigned = ""
        """Why nothing could be signed when that was last tried; empty where it could."""
        self._disk = disk
        self._signer = signer
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._frontier = standing.frontier
        self._newest = standing.newest and standing.newest.name
        self._first = standing.newest.first if standing.newest else 1
        self._good = standing.good
        self._torn = standing.torn
        self._unclean = False
        self._refused = 0
        self._refused_why = ""
        self._refused_since = ""
        self._policy = PolicyMark()
        self._cut: list[str] = []
        self._signed_size = -1
        self._note_signed = ""
        self._signed_at = self._tried_at = dt.datetime.min.replace(tzinfo=dt.UTC)
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
        on_damage: Literal["refuse", "set-aside"] = "refuse",
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
        try:
            signs = signer(key_file)
            os.makedirs(folder, mode=0o700, exist_ok=True)
            door = disk(folder)
        except OSError as error:
            raise Error(f"{error.filename or folder}: {error.strerror}", remedy="the ledger cannot be kept") from error
        try:
            door.lock(parts.LOCK)
            try:
                return cls._opened(door, signs, verifier, clock, origin, segment_bytes, None)
            except Damaged as damage:
                if on_damage == "refuse":
                    raise Error(
                        f"{folder} is damaged: {damage}",
                        remedy=f"see what: clearance ledger verify {folder} --key …; then move it away: the next start "
                        "begins a new one",
                    ) from damage
                aside = _set_aside(door, clock())
                said: dict[str, object] = {"event": "ledger-damaged", "what": str(damage), "set_aside": aside}
                return cls._opened(door, signs, verifier, clock, origin, segment_bytes, said)
        except Locked as error:
            door.close()
            raise Error(str(error), remedy="one process at a time writes to a ledger") from error
        except OSError as error:
            door.close()
            raise Error(f"{error.filename or folder}: {error.strerror}", remedy="the ledger cannot be kept") from error
        except BaseException:
            door.close()
            raise

    @classmethod
    def _opened(
        cls,
        disk: Disk,
        signer: Signer,
        verifier: Callable[[Signer, str], VerifierKey],
        clock: Clock,
        origin: str | None,
        segment_bytes: int,
        first: dict[str, object] | None,
    ) -> Ledger:
        names = disk.names()
        if parts.META in names:
            try:
                meta = parts.parse_meta(read_small(disk, parts.META))
                key = verifier(signer, meta.origin)
            except ValueError as error:
                raise Damaged(f"{parts.META}: {error}") from error
            if str(key) != meta.key:
                raise Damaged(f"it belongs to the key {meta.key}, not to {key}")
        elif parts.parts_of(names):
            raise Damaged(f"{parts.META} is missing")
        else:
            origin = origin if origin is not None else new_origin(os.uname().nodename)
            key = verifier(signer, origin)
            made = parts.Meta(parts.LEDGER, origin, str(key), instant(clock()))
            disk.replace(parts.META, msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
        standing = survey(disk, key)
        ledger = cls(disk, signer, key, standing, clock, segment_bytes)
        for name in standing.superseded:
            disk.remove(name)
        if standing.newest:
            disk.sync(standing.newest.name)  # it may have been written, and not yet synced, when the process was killed
        disk.sync_folder()
        ledger._cut = [name for name in names if name.startswith("torn-") and name.endswith(_PENDING)]
        ledger._resume(first)
        return ledger

    def _resume(self, first: dict[str, object] | None) -> None:
        """Record at once what the opening found; where the disk has no room, that comes before the next record."""
        if not (self._torn or first or self._cut):
            return
        found = [] if first is None else [self._note("failure", first, "recorded")]
        try:
            self.append(found)
        except Error:
            if first is not None:
                raise

    @property
    def size(self) -> int:
        """How many records it holds."""
        return self._frontier.size

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
            return self._sign()

    def retain(self, since: dt.datetime) -> int:
        """Drop the oldest file of records if all in it are older than `since`, after recording it. How many went.

        One file a call, so that nobody waits long: call it until it returns 0. The records' leaf hashes stay, so that
        every checkpoint and every proof holds as before. `Error` where the file is not what was signed: then nothing is
        dropped.
        """
        with self._committing:
            self._usable()
            try:
                through = retention.last_to_drop(self._disk, since, self._first, self.key)
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
                    if self._signed_size != self._frontier.size and self._frontier.size:
                        self._sign()
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
                self._disk.append(self._newest or "", b"".join(fresh))
                self._disk.sync(self._newest or "")
        except (OSError, Error) as error:
            said = self._failed(error, sum(len(each.drafts) for each in batch))
            for each in batch:
                each.error, each.records = each.error or said, []
        except BaseException as error:
            # Stopped in the midst of it: nobody is told that anything was kept, and what was written is taken away.
            self._unclean = True
            for each in batch:
                each.error, each.records = Error(f"not recorded: {type(error).__name__}"), []
            raise
        else:
            self._good += sum(map(len, fresh))
            for data in fresh:
                self._frontier.add(leaf_hash(data[:-1]))
            self._refused = 0
            self._settle()
        finally:
            for each in batch:
                each.done = True
        self._sign_if_due()

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
        """Take away what does not belong behind the good bytes, and begin a new file where it is time."""
        if self._torn:
            self._keep_torn(self._torn)
            self._disk.truncate(self._torn.name, self._torn.good)
            self._disk.sync(self._torn.name)
            self._torn = None
        if self._unclean and self._newest:
            self._disk.truncate(self._newest, self._good)
            self._disk.sync(self._newest)
            self._unclean = False
        if self._newest is None or self._good >= self._segment_bytes:
            self._begin_file()

    def _begin_file(self) -> None:
        """Begin a new file of records; where its start cannot be signed now, go on with the one that is there."""
        first = self._frontier.size + 1
        if first > 1:
            try:
                signed = self._signed()
            except Unsignable:
                return
            self._disk.replace(parts.start_name(first), parts.start_bytes(self._frontier, signed))
        name = parts.records_name(first)
        self._disk.create(name)
        self._disk.sync_folder()
        if self._newest:
            self._disk.forget(self._newest)
        self._newest, self._first, self._good = name, first, 0

    def _keep_torn(self, torn: Torn) -> None:
        """Put what a crash left into a file of its own, from which it is recorded."""
        with self._disk.reader(torn.name) as file:
            file.seek(torn.good)
            name = f"torn-{self._frontier.size + 1:012d}{_PENDING}"
            self._disk.replace(name, file.read())
        if name not in self._cut:
            self._cut.append(name)

    def _own_records(self) -> list[Draft]:
        """What the ledger itself has to say before anything else is recorded."""
        said = []
        for name in self._cut:
            with self._disk.reader(name) as file:
                data = file.read()
            whole = data.count(b"\n")
            found = {"event": "tail-cut", "bytes": len(data), "sha256": sha256(data).hexdigest(), "line_ends": whole,
                     "kept_in": name.removesuffix(_PENDING)}  # fmt: skip
            said.append(self._note("failure", found, "repaired"))
        if self._refused:
            found = {
                "event": "records-refused", "count": self._refused, "why": self._refused_why,
                "since": self._refused_since,
            }  # fmt: skip
            said.append(self._note("failure", found, "refused"))
        return said

    def _settle(self) -> None:
        """What was kept of a torn end is recorded now; a crash before this is done only records it again."""
        try:
            for name in list(self._cut):
                self._disk.rename(name, name.removesuffix(_PENDING))
                self._disk.sync_folder()
                self._cut.remove(name)
        except OSError:
            pass  # tried again after the next record

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
        self._unclean = self._newest is not None
        if self._unclean and not self._torn:
            try:
                self._disk.truncate(self._newest or "", self._good)
                self._disk.sync(self._newest or "")
                self._unclean = False
            except OSError:
                pass  # tried again before the next record
        return Error(
            f"{self._disk.path}: {self._refused_why}; {count} record{'' if count == 1 else 's'} not kept",
            remedy="nothing that was recorded before is lost; recording goes on as soon as the disk lets it",
        )

    def _signed(self) -> str:
        """The tree as it is, signed. `Unsignable` where that cannot be done, which is not tried at every record."""
        if self.unsigned and abs(self._clock() - self._tried_at) < CHECKPOINT_EVERY:
            raise Unsignable(self.unsigned)
        self._tried_at = self._clock()
        tree = checkpoints.Checkpoint(self.origin, self._frontier.size, self._frontier.root())
        try:
            note = checkpoints.signed(tree, self._signer)
        except Error as error:
            self.unsigned = error.what
            raise Unsignable(error.what, remedy=error.remedy) from error
        self.unsigned = ""
        return note

    def _sign(self) -> str:
        if self._signed_size == self._frontier.size:
            return self._note_signed
        note = self._signed()
        try:
            self._disk.replace(parts.CHECKPOINT, note.encode())
        except OSError:
            return note  # true all the same; the stored one is older
        self._signed_size, self._note_signed, self._signed_at = self._frontier.size, note, self._clock()
        return note

    def _sign_if_due(self) -> None:
        # A clock that was set back makes it due as well.
        if self._frontier.size != self._signed_size and abs(self._clock() - self._signed_at) >= CHECKPOINT_EVERY:
            # Where it fails it is tried again after a later record.
            with contextlib.suppress(Unsignable):
                self._sign()


_PENDING: Final = ".pending"


def new_origin(host: str) -> str:
    """A name for a new ledger of this host, which no other ledger has."""
    said = "".join(c if usable_name(c) else "-" for c in host.lower()) or "host"
    return f"{said}/clearance/{os.urandom(8).hex()}"


def _set_aside(disk: Disk, at: dt.datetime) -> str:
    """Move everything but the lock into a folder inside. Its name."""
    name = f"damaged-{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{os.urandom(4).hex()}"
    os.mkdir(os.path.join(disk.path, name), 0o700)
    # The file that says whose ledger it is goes first: a crash then leaves what is found damaged again, never a ledger
    # of the same origin that begins anew.
    moving = [each for each in disk.names() if each != parts.LOCK and not each.startswith("damaged-")]
    for each in sorted(moving, key=lambda each: each != parts.META):
        disk.rename(each, f"{name}/{each}")
    disk.sync_folder()
    return name
