"""Which host names are refused to whom: the network guard's table, made with the very `judge.decide` of the scan. Pure.

A name is judged as the scan judges the sighting of an endpoint: for each tool that sends there, with that host as its
endpoint. It is refused to a user only where that says block for *every* such tool: a name that an allowed tool needs
is never refused because another one uses it too. What the models of a cloud provider are reached by is everybody's, and
is refused only where the directive names it.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

from clearance.catalog.index import Catalog
from clearance.judge.enforcement import carried_out
from clearance.judge.engine import Judge
from clearance.judge.glob import example, fold, matcher
from clearance.model.decision import Decision, Request, ToolFacts
from clearance.model.directive import Match
from clearance.model.enforcement import Action, Row
from clearance.model.network import NetworkAddress, NetworkName, NetworkTable, UserRow, row_of
from clearance.model.terms import ENFORCES, Enforce
from clearance.tasks.enforce import resolvers

_ACTIONS: Final[dict[Enforce, Action]] = {"observe": "allow", "warn": "warn", "block": "block"}
_LOCAL: Final = matcher(("localhost", "*.localhost", "localhost.*", "ip6-localhost"))


class Person(Struct, frozen=True):
    """A user of this host. `uid` None with `user` None: whoever is none of the others."""

    uid: int | None = None
    user: str | None = None
    unix_groups: tuple[str, ...] | None = None


class Surroundings(Struct, frozen=True):
    """What is true of this host. `configured` are the hosts that tools are pointed at, by (tool, user; None:
    everybody); `people` are its users: whoever is none of them is judged as a user that nobody knows."""

    at: dt.datetime
    host: str
    people: tuple[Person, ...] = ()
    configured: Mapping[tuple[str, str | None], str] = {}


class Compiled(Struct, frozen=True):
    """The table, and the decisions that its rows refer to by `first` and the place in this tuple."""

    table: NetworkTable
    decisions: tuple[Decision, ...]


def compile_network(
    judge: Judge, catalog: Catalog, around: Surroundings, *, mode: Enforce, serial: int, first: int = 0
) -> Compiled:
    """The table for this host at `around.at`; it is to be made again at each of `judge.boundaries`.

    `first` is the place in the service's list of decisions where this table's own begin.
    """
    work = _Work(judge, catalog, around, mode, first)
    everybody = (*around.people, Person())
    names: list[NetworkName] = []
    addresses: list[NetworkAddress] = []
    for pattern in work.patterns():
        rows, tool = work.rows(pattern, everybody)
        if not rows:
            continue
        network = _network(pattern)
        if network is None:
            names.append(NetworkName(pattern, tool, rows))
        elif not network.is_loopback:
            addresses.append(NetworkAddress(str(network), tool, rows))
    guarded = _guarded(everybody, [*names, *addresses])
    cleared = {one.pattern for one in names} | {one.network for one in addresses}
    return Compiled(
        NetworkTable(
            serial=serial,
            generation=judge.policy.generation,
            mode=mode,
            names=tuple(names) if guarded else (),
            addresses=tuple(addresses) if guarded else (),
            guarded=guarded,
            resolver_names=tuple(name for name in resolvers.NAMES if name not in cleared),
            resolver_addresses=tuple(one for one in resolvers.ADDRESSES if str(_network(one)) not in cleared),
            text=_text(judge),
        ),
        tuple(work.decisions),
    )


class _Work:
    """One compilation: the patterns, who sends where, and the decisions made so far."""

    def __init__(self, judge: Judge, catalog: Catalog, around: Surroundings, mode: Enforce, first: int) -> None:
        self._judge = judge
        self._around = around
        self._mode = mode
        self._first = first
        self._tools = [judge.tools[tool] for tool in sorted(judge.tools)]
        self._own = {tool.id: tuple(fold(host) for host in tool.hosts) for tool in self._tools}
        self._stated = _stated(judge)
        self._relays = tuple(fold(host) for host, class_ in catalog.hosts.items() if class_ == "relay")
        cloud = [fold(host) for host, class_ in catalog.hosts.items() if class_ == "cloud-provider"]
        self._cloud = matcher(cloud)
        pointable = {t.id for t in catalog.tools.values() if t.surfaces.base_url_env or t.surfaces.base_url_settings}
        local = {tool.id for tool in judge.directive.tools}
        self._pointable = [tool for tool in self._tools if tool.id in pointable | local]
        self.decisions: list[Decision] = []
        self._places: dict[bytes, int] = {}

    def patterns(self) -> list[str]:
        """Every name, glob and address that something is said about, in order."""
        own = {host for hosts in self._own.values() for host in hosts}
        pointed = {fold(host).removesuffix(".") for host in self._around.configured.values()}
        found = own | set(self._relays) | set(self._stated) | {host for host in pointed if not _LOCAL(host)}
        return sorted(host for host in found if host and host.strip("*?."))

    def rows(self, pattern: str, people: Sequence[Person]) -> tuple[tuple[UserRow, ...], str]:
        """The rows of a pattern, and the tool where it is only one that sends there.

        `people` end with whoever is none of the others; a person's row that says the same as theirs is left out.
        """
        rows = []
        tools: set[str] = set()
        for person in people:
            weakest: Decision | None = None
            for tool in self._senders(pattern, person):
                decision = self._judged(tool, pattern, person)
                tools.add(tool.id)
                if weakest is None or _would(decision) < _would(weakest):
                    weakest = decision
                if not _would(weakest):
                    break
            if weakest is not None:
                rows.append(UserRow(person.uid, self._row(weakest)))
        return _without_repetition(rows), tools.pop() if len(tools) == 1 else ""

    def _senders(self, pattern: str, person: Person) -> list[ToolFacts]:
        """The tools that a name belongs to, for this person.

        Those that count it among their own hosts, or are pointed at it. Where there are none: all that could be pointed
        at it, which is what a relay is for.
        """
        if self._cloud(example(pattern)) and pattern not in self._stated:
            return []
        covers = matcher((pattern,))
        sample = example(pattern)
        stated = pattern in self._stated
        found = []
        for tool in self._tools:
            hosts = self._own[tool.id]
            pointed = self._around.configured.get((tool.id, person.user)) or self._around.configured.get(
                (tool.id, None)
            )
            host = fold(pointed).removesuffix(".") if pointed else None
            if (
                pattern in hosts
                or (hosts and matcher(hosts)(sample))
                or (stated and any(covers(example(own)) for own in hosts))
                or (host is not None and covers(host))
            ):
                found.append(tool)
        if found or not (stated or pattern in self._relays):
            return found
        return self._pointable or self._tools

    def _judged(self, tool: ToolFacts, pattern: str, person: Person) -> Decision:
        return self._judge.decide(
            Request(
                tool=tool,
                at=self._around.at,
                surface="endpoint",
                endpoint=example(pattern),
                user=person.user,
                unix_groups=person.unix_groups,
                host=self._around.host,
            )
        )

    def _row(self, decision: Decision) -> Row:
        # Decisions that say the same are one, whoever they are for and whatever name.
        key = blake2b(msgspec.msgpack.encode(decision), digest_size=16).digest()
        place = self._places.setdefault(key, len(self.decisions))
        if place == len(self.decisions):
            self.decisions.append(decision)
        would = ENFORCES[_would(decision)]
        action = min(would, self._mode, key=ENFORCES.index)
        return Row(_ACTIONS[action], _ACTIONS[would], self._first + place)


def _would(decision: Decision) -> int:
    """How far the decision goes, as a place in `ENFORCES`. Settings are put right elsewhere: a name is allowed then."""
    if decision.effect == "allow-with-settings":
        return 0
    return ENFORCES.index(carried_out(decision.effect, decision.enforce))


def _strength(row: Row) -> tuple[int, int]:
    scale = tuple(_ACTIONS.values())
    return scale.index(row.would), scale.index(row.action)


def _stated(judge: Judge) -> tuple[str, ...]:
    """The hosts that the directive itself names: what they are, or in a rule."""
    found = [fold(rule.host) for rule in judge.directive.endpoints]
    matches = [rule.match for rule in judge.directive.rules]
    matches += [waiver.match for waiver in judge.directive.waivers if waiver.match]
    while matches:
        match: Match = matches.pop()
        hosts = match.endpoint or ()
        found += [fold(host) for host in ((hosts,) if isinstance(hosts, str) else hosts)]
        if match.not_:
            matches.append(match.not_)
    return tuple(dict.fromkeys(found))


def _guarded(people: Iterable[Person], places: Sequence[NetworkName | NetworkAddress]) -> tuple[UserRow, ...]:
    """For each person the strongest row of all; nobody where nothing would happen to anybody."""
    found = []
    for person in people:
        rows = [row for place in places if (row := row_of(place.rows, person.uid)) is not None]
        if rows:
            found.append(UserRow(person.uid, max(rows, key=_strength)))
    return _without_repetition(found) if any(one.row.would != "allow" for one in found) else ()


def _without_repetition(rows: Sequence[UserRow]) -> tuple[UserRow, ...]:
    general = row_of(rows, None)
    return tuple(one for one in rows if one.uid is None or one.row != general)


def _network(pattern: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(pattern.strip("[]"), strict=False)
    except ValueError:
        return None


def _text(judge: Judge) -> str:
    contact = judge.directive.contact
    where = f": {contact}" if isinstance(contact, str) and contact else ""
    return f"Not cleared here{where}. Details: clearance enforce why"
