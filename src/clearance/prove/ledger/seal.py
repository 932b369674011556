"""Signing the tree while it grows: the newest checkpoint, kept beside the records.

Guarantees: where nothing can be signed that is said, and tried again after a while; the checkpoint from before stays.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Final

from clearance.errors import Error
from clearance.prove.ledger import checkpoint as checkpoints
from clearance.prove.ledger import parts
from clearance.prove.ledger.clock import Clock
from clearance.prove.ledger.disk import Disk
from clearance.prove.ledger.merkle import Frontier
from clearance.prove.ledger.note import Signer

CHECKPOINT_EVERY: Final = dt.timedelta(minutes=1)
"""How old the stored checkpoint may be when a record is appended."""


class Unsignable(Error):
    """Nothing can be signed now: the key is gone, or it is another one."""


class Seal:
    """Signs one ledger's tree, whose records are on disk. `Unsignable` where that cannot be done."""

    def __init__(self, disk: Disk, signer: Signer, origin: str, clock: Clock) -> None:
        self.unsigned = ""
        """Why nothing could be signed when that was last tried; empty where it could."""
        self._disk = disk
        self._signer = signer
        self._origin = origin
        self._clock = clock
        self._size = -1
        self._note = ""
        self._at = self._tried_at = dt.datetime.min.replace(tzinfo=dt.UTC)

    def signed(self, tree: Frontier) -> str:
        """The tree as it is, signed. Where it failed, that is not tried again at every record."""
        if self.unsigned and abs(self._clock() - self._tried_at) < CHECKPOINT_EVERY:
            raise Unsignable(self.unsigned)
        self._tried_at = self._clock()
        checkpoint = checkpoints.Checkpoint(self._origin, tree.size, tree.root())
        try:
            note = checkpoints.signed(checkpoint, self._signer)
        except Error as error:
            self.unsigned = error.what
            raise Unsignable(error.what, remedy=error.remedy) from error
        self.unsigned = ""
        return note

    def _covers(self, tree: Frontier) -> bool:
        """Whether the stored checkpoint is of the tree as it is."""
        return self._size == tree.size

    def stored(self, tree: Frontier) -> str:
        """The tree as it is, signed, and stored beside the records if there is room."""
        if self._covers(tree):
            return self._note
        note = self.signed(tree)
        try:
            self._disk.replace(parts.CHECKPOINT, note.encode())
        except OSError:
            return note  # true all the same; the stored one is older
        self._size, self._note, self._at = tree.size, note, self._clock()
        return note

    def store_if_due(self, tree: Frontier) -> None:
        """Store a checkpoint where the stored one is too old."""
        # A clock that was set back makes it due as well.
        if not self._covers(tree) and abs(self._clock() - self._at) >= CHECKPOINT_EVERY:
            # Where it fails it is tried again after a later record.
            with contextlib.suppress(Unsignable):
                self.stored(tree)
