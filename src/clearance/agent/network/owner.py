"""Whose a connection of this machine is: user, control group, and the process where it is asked for.

The kernel says whose a socket is; which process holds it has to be searched. Anybody can make that long by holding many
descriptors in many processes, so only a share of the time goes there: beyond it the process is not known.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from functools import cached_property
from typing import Final

from clearance.kernel.sock_diag import Address, SocketDiagnosis, SocketOwner

MOST: Final = 4096
"""Processes that are looked at for the one that holds a socket."""

LONGEST: Final = 0.2
"""Seconds that one search may take."""

SHARE: Final = 0.1
"""Of all time, what goes into searches at most."""

_STRIDE: Final = 32
"""Descriptors that are looked at between looks at the clock."""

FindOwner = Callable[[Address, Address], SocketOwner | None]
FindHolder = Callable[[int, int], int]


class Client:
    """Who is at the other end, looked up when it is first asked for: `own` is the client's address, `peer` the one that
    it wanted to reach. Whoever cannot be told (another machine, a container of its own network) has no owner."""

    def __init__(self, own: Address, peer: Address | None, find: FindOwner, hold: FindHolder) -> None:
        self.own = own
        self.peer = peer
        self._find = find
        self._hold = hold

    @cached_property
    def owner(self) -> SocketOwner | None:
        """The owner of the client's socket."""
        ends = ((self.own, self.peer),) if self.peer else ()
        for own, peer in (*ends, (self.own, (_any(self.own), 0))):
            with contextlib.suppress(OSError, ValueError):
                found = self._find(own, peer)
                if found is not None:
                    return found
        return None

    @property
    def uid(self) -> int | None:
        """The user; None where it cannot be told."""
        return self.owner.uid if self.owner else None

    def meet(self) -> None:
        """Look it up now: who is told no may be gone at once."""
        _ = self.owner

    @cached_property
    def pid(self) -> int:
        """A process that holds the socket; 0 where none is found."""
        return self._hold(self.owner.inode, self.owner.uid) if self.owner and self.owner.inode else 0


class Holders:
    """Searches for the process that holds a socket, for no longer than `LONGEST`, and `SHARE` of the time."""

    def __init__(self, proc: str = "/proc", clock: Callable[[], float] = time.monotonic) -> None:
        self._proc = proc
        self._clock = clock
        self._left = LONGEST
        self._at = clock()

    def find(self, inode: int, uid: int) -> int:
        """A process of this user that has the socket open; 0 where none is found in time."""
        now = self._clock()
        self._left = min(LONGEST, self._left + (now - self._at) * SHARE)
        self._at = now
        if self._left <= 0:
            return 0
        found = holder(inode, uid, self._proc, lambda: self._clock() - now > self._left)
        self._left -= self._clock() - now
        return found


class Owners:
    """Asks the kernel whose a socket is. OSError where it cannot be asked at all."""

    def __init__(self) -> None:
        self._diagnosis = SocketDiagnosis()
        self._holders = Holders()

    def tcp(self, own: Address, peer: Address | None) -> Client:
        """The client of a TCP connection."""
        return Client(own, peer, self._diagnosis.tcp, self._holders.find)

    def udp(self, own: Address, peer: Address | None) -> Client:
        """The client that sent a datagram."""
        return Client(own, peer, self._diagnosis.udp, self._holders.find)

    def close(self) -> None:
        """Close it."""
        self._diagnosis.close()


def _any(address: Address) -> str:
    return "::" if ":" in address[0] else "0.0.0.0"  # noqa: S104 - the kernel's word for "any", nothing is bound


def holder(inode: int, uid: int, proc: str = "/proc", late: Callable[[], bool] = lambda: False) -> int:
    """A process of this user that has the socket open, newest first, then one of others; 0 where none is found among
    `MOST`, or before it is `late`."""
    wanted = f"socket:[{inode}]"
    try:
        pids = sorted((int(name) for name in os.listdir(proc) if name.isdigit()), reverse=True)
    except OSError:
        return 0
    for others in (False, True):
        for pid in pids[:MOST]:
            with contextlib.suppress(OSError):
                if late():
                    return 0
                if (os.stat(f"{proc}/{pid}").st_uid == uid) is not others and _holds(f"{proc}/{pid}/fd", wanted, late):
                    return pid
    return 0


def _holds(folder: str, wanted: str, late: Callable[[], bool]) -> bool:
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number % _STRIDE == _STRIDE - 1 and late():
                return False
            with contextlib.suppress(OSError):
                if os.readlink(entry.path) == wanted:
                    return True
    return False
