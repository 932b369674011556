"""What the network guard answers from: host names and addresses with what is done about each, by user. Pure.

The most specific pattern that a name matches decides, so that a name can be cleared inside a wider one that is barred.
Only what was named as an address is ever refused by address: a name's addresses are shared by others.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from clearance.model.enforcement import Row
from clearance.model.terms import Enforce

CANARY: Final = "use-application-dns.net"
"""A name that browsers ask for: where it does not exist they leave encrypted DNS alone."""

_WILD: Final = re.compile(r"[*?\[]")
LONGEST_NAME: Final = 255


class UserRow(Struct, frozen=True, array_like=True):
    """What is done for a user. `uid` None: for every user that has no row of its own."""

    uid: int | None
    row: Row


class NetworkName(Struct, frozen=True, array_like=True):
    """A host name, or a glob of names, with what is done about it for each user. `tool` sends there; empty: any."""

    pattern: str
    tool: str
    rows: tuple[UserRow, ...]


class NetworkAddress(Struct, frozen=True, array_like=True):
    """An address (`192.0.2.7`, `2001:db8::/48`) that was named as such, and what is done about it for each user."""

    network: str
    tool: str
    rows: tuple[UserRow, ...]


class NetworkTable(Struct, frozen=True):
    """All that the network guard needs. `serial` is that of the table whose decisions the rows refer to.

    `resolver_names` and `resolver_addresses` are those of public resolvers of encrypted DNS, which would answer past
    the guard. `text` is what a refused name's answer tells. `guarded` has, for each user for whom anything here is not
    simply allowed, the row that is the reason.
    """

    serial: int
    generation: int
    mode: Enforce
    names: tuple[NetworkName, ...] = ()
    addresses: tuple[NetworkAddress, ...] = ()
    guarded: tuple[UserRow, ...] = ()
    resolver_names: tuple[str, ...] = ()
    resolver_addresses: tuple[str, ...] = ()
    text: str = ""


class Verdict(Struct, frozen=True):
    """What is done about a name or an address for a user, and the pattern that said so. `tool` empty: no one tool."""

    pattern: str
    tool: str
    row: Row


def plain(name: str) -> str:
    """A host name as it is compared: small letters (ASCII), without the dot at its end."""
    return name[: LONGEST_NAME + 1].removesuffix(".").lower()


def row_of(rows: Iterable[UserRow], uid: int | None) -> Row | None:
    """The row for a user: its own, else the one for everybody else."""
    general = None
    for one in rows:
        if one.uid == uid:
            return one.row
        if one.uid is None:
            general = one.row
    return general


def specificity(pattern: str) -> tuple[bool, int, int]:
    """The order of patterns: a name before any glob, then the one with more that is not a wildcard."""
    wild = _WILD.search(pattern) is not None
    return not wild, len(re.sub(r"\[[^\]]*\]|[*?]", "", pattern)), -len(_WILD.findall(pattern))


class Lookup:
    """A table, ready to answer. Immutable to its users; the time of an answer does not grow with plain names."""

    def __init__(self, table: NetworkTable) -> None:
        self.table = table
        self._exact: dict[str, NetworkName] = {}
        self._below: dict[str, NetworkName] = {}
        self._globs: list[tuple[re.Pattern[str], NetworkName]] = []
        for name in sorted(table.names, key=lambda one: specificity(one.pattern)):
            pattern = plain(name.pattern)
            if not _WILD.search(pattern):
                self._exact[pattern] = name
            elif pattern.startswith("*.") and not _WILD.search(pattern[2:]):
                self._below[pattern[2:]] = name
            else:
                self._globs.insert(0, (re.compile(fnmatch.translate(pattern)), name))
        self._resolvers = frozenset(plain(name) for name in table.resolver_names)
        self._addresses = [(ipaddress.ip_network(one.network, strict=False), one) for one in table.addresses]

    def verdict(self, name: str, uid: int | None) -> Verdict | None:
        """What is done about a host name for a user (None: not known who). None: nobody said anything about it."""
        host = plain(name)
        if len(host) > LONGEST_NAME:
            return None
        found = self._exact.get(host) or self._widest(host)
        if found is not None:
            row = row_of(found.rows, uid)
            return Verdict(found.pattern, found.tool, row) if row else None
        return self._resolver(host, uid)

    def differs(self, name: str) -> bool:
        """Whether it depends on the user what is done about this name."""
        host = plain(name)
        found = self._exact.get(host) or self._widest(host)
        rows = found.rows if found is not None else self.table.guarded if self._is_resolver(host) else ()
        return len({one.row for one in rows}) > 1 or (bool(rows) and row_of(rows, None) is None)

    def address(self, address: str, uid: int | None) -> Verdict | None:
        """What is done about an address for a user, where it was named as an address: the narrowest network decides."""
        try:
            asked = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if isinstance(asked, ipaddress.IPv6Address) and asked.ipv4_mapped:
            asked = asked.ipv4_mapped
        inside = [(net, one) for net, one in self._addresses if net.version == asked.version and asked in net]
        if not inside:
            return None
        found = max(inside, key=lambda pair: pair[0].prefixlen)[1]
        row = row_of(found.rows, uid)
        return Verdict(found.network, found.tool, row) if row else None

    def guarded(self, uid: int | None) -> Row | None:
        """The row for which the ways around the guard are closed for this user; None where none is closed."""
        return row_of(self.table.guarded, uid)

    def _widest(self, host: str) -> NetworkName | None:
        below = None
        rest = host
        while below is None and rest:
            _, dot, rest = rest.partition(".")
            if dot:
                below = self._below.get(rest)
        glob = next((name for expression, name in self._globs if expression.match(host)), None)
        both = [name for name in (below, glob) if name is not None]
        return max(both, key=lambda name: specificity(name.pattern), default=None)

    def _is_resolver(self, host: str) -> bool:
        if host == CANARY or host in self._resolvers:
            return True
        _, dot, rest = host.partition(".")
        return bool(dot) and f"*.{rest}" in self._resolvers

    def _resolver(self, host: str, uid: int | None) -> Verdict | None:
        if not self._is_resolver(host):
            return None
        row = row_of(self.table.guarded, uid)
        return Verdict(host, "", row) if row else None
