"""What the table says about a name for who asks, and what the service is told of it: each once, repeats as a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from clearance.model.enforcement import Done, Means, Row
from clearance.model.network import Lookup, NetworkTable, Verdict
from clearance.wire.enforcement import Failed, Message, Seen

REPEATED: Final = 10.0
"""Seconds in which the same thing is told once; then how often it was."""

MOST: Final = 1024
"""Different things in that time; what comes on top is only counted."""

Send = Callable[[Message], bool]
"""False where the service does not keep up."""


class Asking(Protocol):
    """Who asks. Looking it up costs something, so it is asked for only where it matters."""

    @property
    def uid(self) -> int | None:
        """The user."""
        ...

    @property
    def pid(self) -> int:
        """The process; 0: not known."""
        ...


class _Told:
    __slots__ = ("again", "first", "since")

    def __init__(self, first: Seen, since: float) -> None:
        self.first = first
        self.since = since
        self.again = 0


def done_of(row: Row) -> Done | None:
    """What comes of a row in the network; None where there is nothing to tell."""
    if row.action == "block":
        return "refused"
    if row.action == "warn":
        return "warned"
    return {"block": "would-block", "warn": "would-warn"}.get(row.would)  # type: ignore[return-value]


class Policy:
    """The table in force, and the reports. Not thread-safe."""

    def __init__(self, send: Send, clock: Callable[[], float]) -> None:
        self._send = send
        self._clock = clock
        self._lookup: Lookup | None = None
        self._told: dict[tuple[Means, Done, str, int | None], _Told] = {}
        self.counters = {"refused": 0, "warned": 0, "would": 0, "told": 0, "lost": 0}

    @property
    def table(self) -> NetworkTable | None:
        """The table in force."""
        return self._lookup.table if self._lookup else None

    def replace(self, table: NetworkTable) -> None:
        """From now on this table holds."""
        self.flush(all_of_them=True)
        self._lookup = Lookup(table)

    def name(self, name: str, who: Asking) -> Verdict | None:
        """What is done about a host name (or an address that is used as one) for who asks."""
        lookup = self._lookup
        if lookup is None:
            return None
        verdict = lookup.verdict(name, who.uid if lookup.differs(name) else None)
        return verdict or lookup.address(name, who.uid)

    def address(self, address: str, who: Asking) -> Verdict | None:
        """What is done about an address that was named as such."""
        lookup = self._lookup
        return lookup.address(address, who.uid) if lookup and lookup.table.addresses else None

    def reason(self, uid: int | None) -> Row | None:
        """Why the ways around are closed to this user."""
        return self._lookup.guarded(uid) if self._lookup else None

    def tell(self, means: Means, name: str, verdict: Verdict, who: Asking, micros: int = 0, detail: str = "") -> None:
        """Report what came of a verdict, unless nothing did."""
        done = done_of(verdict.row)
        if done is None or self._lookup is None:
            return
        self.counters["refused" if done == "refused" else "warned" if done == "warned" else "would"] += 1
        self._tell(means, done, name, verdict.tool, verdict.row, who, micros, detail)

    def event(self, means: Means, name: str, who: Asking, detail: str) -> None:
        """Report what is no breach, but could hide one from a user for whom something is barred."""
        row = self.reason(who.uid)
        if row is not None and row.would == "block":
            self._tell(means, "allowed", name, "", row, who, 0, detail)

    def _tell(
        self, means: Means, done: Done, name: str, tool: str, row: Row, who: Asking, micros: int, detail: str
    ) -> None:
        assert self._lookup is not None
        uid = who.uid
        key = (means, done, name, uid)
        known = self._told.get(key)
        if known is not None:
            known.again += 1
            return
        seen = Seen(
            means=means,
            done=done,
            pid=who.pid,
            uid=uid,
            path=name,
            tool=tool or None,
            version=None,
            row=row,
            serial=self._lookup.table.serial,
            latency_us=micros,
            detail=detail,
        )
        if len(self._told) >= MOST:
            self.counters["lost"] += 1
            return
        self._told[key] = _Told(seen, self._clock())
        self._give(seen)

    def flush(self, *, all_of_them: bool = False) -> None:
        """Report the repeats of what was told long enough ago."""
        now = self._clock()
        for key, told in list(self._told.items()):
            if all_of_them or now - told.since >= REPEATED:
                del self._told[key]
                if told.again:
                    times = f"{told.again} more times in {REPEATED:.0f} seconds"
                    self._give(_with(told.first, f"{told.first.detail}; {times}" if told.first.detail else times))

    def failed(self, reason: str, detail: str = "") -> None:
        """Report a failure mode."""
        self._give(Failed(reason, 1, detail[:200]))

    def _give(self, message: Message) -> None:
        if self._send(message):
            self.counters["told"] += 1
        else:
            self.counters["lost"] += 1


def _with(seen: Seen, detail: str) -> Seen:
    return Seen(
        seen.means, seen.done, seen.pid, seen.uid, seen.path, seen.tool, seen.version, seen.row, seen.serial,
        seen.latency_us, seen.score, detail,
    )  # fmt: skip
