"""Whose a connection of this machine is: user, control group, and the process where it is asked for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from functools import cached_property

from clearance.kernel.sock_diag import Address, SocketDiagnosis, SocketOwner

MOST = 4096
"""Processes that are looked at for the one that holds a socket."""

FindOwner = Callable[[Address, Address], SocketOwner | None]


class Client:
    """Who is at the other end, looked up when it is first asked for: `own` is the client's address, `peer` the one that
    it wanted to reach. Whoever cannot be told (another machine, a container of its own network) has no owner."""

    def __init__(self, own: Address, peer: Address | None, find: FindOwner) -> None:
        self.own = own
        self.peer = peer
        self._find = find

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

    @cached_property
    def pid(self) -> int:
        """A process that holds the socket; 0 where none is found."""
        return holder(self.owner.inode, self.owner.uid) if self.owner and self.owner.inode else 0


class Owners:
    """Asks the kernel whose a socket is. OSError where it cannot be asked at all."""

    def __init__(self) -> None:
        self._diagnosis = SocketDiagnosis()

    def tcp(self, own: Address, peer: Address | None) -> Client:
        """The client of a TCP connection."""
        return Client(own, peer, self._diagnosis.tcp)

    def udp(self, own: Address, peer: Address | None) -> Client:
        """The client that sent a datagram."""
        return Client(own, peer, self._diagnosis.udp)

    def close(self) -> None:
        """Close it."""
        self._diagnosis.close()


def _any(address: Address) -> str:
    return "::" if ":" in address[0] else "0.0.0.0"  # noqa: S104 - the kernel's word for "any", nothing is bound


def holder(inode: int, uid: int, proc: str = "/proc") -> int:
    """A process of this user that has the socket open, newest first; 0 where none is found among `MOST`."""
    wanted = f"socket:[{inode}]"
    try:
        pids = sorted((int(name) for name in os.listdir(proc) if name.isdigit()), reverse=True)
    except OSError:
        return 0
    for others in (False, True):
        for pid in pids[:MOST]:
            with contextlib.suppress(OSError):
                if (os.stat(f"{proc}/{pid}").st_uid == uid) is others:
                    continue
                if _holds(f"{proc}/{pid}/fd", wanted):
                    return pid
    return 0


def _holds(folder: str, wanted: str) -> bool:
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            if os.readlink(f"{folder}/{name}") == wanted:
                return True
    return False
