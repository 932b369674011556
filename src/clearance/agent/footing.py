"""The folders that a running service stands on: whether somebody took them away, and how to make them anew."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Final, TextIO

from clearance.errors import Error, Place
from clearance.wire.control import SOCKET

if TYPE_CHECKING:
    from clearance.prove.ledger.store import Ledger

LOCK: Final = "lock"
LEDGER: Final = "ledger"


class Footing:
    """Remembers which folder and which socket there were."""

    def __init__(self, state: str, runtime: str) -> None:
        self._ledger = os.path.join(state, LEDGER)
        self._runtime = runtime
        self._door = os.path.join(runtime, SOCKET)
        self._seen: tuple[tuple[int, int] | None, tuple[int, int] | None] = (None, None)
        self.remember()

    def remember(self) -> None:
        """What is there now is the service's own."""
        self._seen = (_place(self._ledger), _place(self._door))

    def state_lost(self) -> bool:
        """Whether the ledger's folder is no longer the one that is written to."""
        return _place(self._ledger) != self._seen[0]

    def runtime_lost(self) -> bool:
        """Whether the control socket can no longer be reached by its name."""
        return _place(self._door) != self._seen[1]

    def take_runtime(self) -> TextIO:
        """Make the runtime folder anew, and be the one that has it. `Error` where somebody else has it by now."""
        os.makedirs(self._runtime, mode=0o755, exist_ok=True)
        return alone(self._runtime)


def open_ledger(state: str) -> Ledger:
    """The ledger of a state folder; a damaged one is set aside. `Error` where none can be kept."""
    # Only when it is needed: the command line has no use for it.
    from clearance.agent.signing import KeyApart, verifier_apart
    from clearance.prove.ledger.store import Ledger

    return Ledger.open(
        os.path.join(state, LEDGER), os.path.join(state, "keys", "ledger.key"), on_damage="set-aside",
        signer=KeyApart, verifier=verifier_apart,
    )  # fmt: skip


def alone(runtime: str) -> TextIO:
    """The lock that one service at a time has. `Error` where another one has it, or the folder is not there."""
    try:
        lock = open(os.path.join(runtime, LOCK), "w")  # noqa: SIM115 - held until the end
    except OSError as error:
        raise Error(f"cannot be written: {(error.strerror or '').lower()}", place=Place(runtime)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise Error(
            "enforcement runs here already",
            place=Place(lock.name),
            remedy="see it: clearance enforce status; another one beside it needs its own --state and --runtime",
        ) from error
    return lock


def _place(path: str) -> tuple[int, int] | None:
    try:
        what = os.lstat(path)
    except OSError:
        return None
    return what.st_dev, what.st_ino
