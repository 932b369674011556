"""What a service stands on is looked after: its folders and sockets, and records that are older than they are kept.

Nothing that is decided depends on any of it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TextIO

from clearance.agent import records
from clearance.agent.footing import Footing, open_ledger
from clearance.agent.policy import Policy
from clearance.agent.recording import Recording
from clearance.agent.settings import Settings
from clearance.errors import Error
from clearance.log import LOG
from clearance.tasks.enforce import host_mode
from clearance.wire.enforcement import Failed

if TYPE_CHECKING:
    from clearance.prove.ledger.store import Ledger

LOOK_EVERY: Final = 2.0
"""Seconds between looks whether the folders of the service are still there."""

RETAIN_EVERY: Final = 6 * 3600.0
FILES_AT_ONCE: Final = 16
"""Files of old records that are dropped in one go."""


class Upkeep:
    """Makes anew what was deleted below the service. `ledger` is the one that is written to.

    `reopen` makes the sockets of the runtime folder anew; OSError or `Error` where that cannot be done.
    """

    def __init__(
        self, settings: Settings, ledger: Ledger, policy: Policy, recording: Recording, reopen: Callable[[], None]
    ) -> None:
        self.ledger = ledger
        self.lock: TextIO | None = None
        self._state = settings.state
        self._policy = policy
        self._recording = recording
        self._reopen = reopen
        self._footing = Footing(settings.state, settings.runtime)
        self._looked = 0.0
        self._retained = 0.0
        self._unsigned = ""

    def tick(self, now: float) -> None:
        """Look where it is time to. `now` is of a clock that never goes back."""
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            if self._footing.state_lost():
                self._restore_state()
            if self._footing.runtime_lost():
                self._restore_runtime()
            self._look_at_signatures()
        if now - self._retained >= RETAIN_EVERY:
            self._retained = now
            self._retain()

    def _look_at_signatures(self) -> None:
        why = self.ledger.unsigned
        if why and why != self._unsigned:
            self._recording.failed(Failed("ledger-unsigned", detail=why))
        self._unsigned = why

    def _restore_runtime(self) -> None:
        try:
            self.lock = self._footing.take_runtime()
            self._reopen()
        except (OSError, Error) as error:
            LOG.warning("%s", error)
            return
        self._footing.remember()
        self._recording.failed(Failed("runtime-lost"))

    def _restore_state(self) -> None:
        before = self.ledger
        try:
            self.ledger = open_ledger(self._state)
        except Error as error:
            LOG.warning("%s", error)
            return
        self._recording.books.turn_to(self.ledger)
        detail = f"{before.size} records were kept"
        with contextlib.suppress(OSError, Error):
            before.close()
        with contextlib.suppress(OSError, Error):
            self._policy.keep()
            if self._policy.by_hand is not None:
                host_mode.set_mode(self._state, self._policy.by_hand)
            if self._policy.pause is not None:
                host_mode.set_pause(self._state, self._policy.pause)
        self._footing.remember()
        self._recording.failed(Failed("ledger-lost", detail=detail))

    def _retain(self) -> None:
        days = self._policy.limits().retention_days
        with contextlib.suppress(OSError, Error):
            for _ in range(FILES_AT_ONCE):
                # Each call drops one file.
                if not self.ledger.retain(records.now() - dt.timedelta(days=days)):
                    return
