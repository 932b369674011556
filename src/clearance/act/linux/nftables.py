"""The network guard's packet rules: one table that is gone when its process is, and passes everything when it hangs.

Three things keep the machine usable. The table is *owned* by the process that made it, so the kernel removes it however
that process ends. Every rule asks whether the guard gave a sign of life in the last seconds (`beat`), so that one that
hangs redirects nothing any more. And the guard's own packets carry a mark that no rule touches.

Written in nft's own language: its JSON of version 1.0.6 knows no control groups and loses the owner flag.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from clearance.kernel.nftables import Nftables

FAMILY: Final = "inet"
TABLE: Final = "clearance"
MARK: Final = 0x00C1EA00
"""On the packets of the guard itself. Only who may administer the network can set one."""

LOG_GROUP: Final = 49_642
SIGN_OF_LIFE: Final = 4
"""Seconds for which one `beat` holds."""

TLS_PORTS: Final = (443, 2053, 2083, 2087, 2096, 8443)
"""Where names are also served by those that serve names of many."""

PROXY_PORTS: Final = (3128, 8080)
"""Where programs usually ask a proxy for a connection to somewhere else, by its name."""

COUNTERS: Final = ("quic", "encrypted_dns", "address", "process")
_PROTOCOLS: Final = ("tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmpv6")
"""What is refused where everything to an address, or of a process, is. Others are for who administers the network."""

_REFUSED: Final = "reject with icmpx admin-prohibited"
_PATH: Final = re.compile(r"[A-Za-z0-9._/@:-]{1,200}")


class Users(Struct, frozen=True):
    """Which user ids a rule is about: `listed` alone, or everybody but `listed`."""

    listed: tuple[int, ...] = ()
    others: bool = True

    def nobody(self) -> bool:
        """Whether the rule is about no one."""
        return not self.others and not self.listed

    def condition(self) -> str:
        """In nft's language."""
        if not self.listed:
            return ""
        return f"meta skuid {'!= ' if self.others else ''}{{ {', '.join(str(uid) for uid in sorted(self.listed))} }} "


class Refused(Struct, frozen=True):
    """A network (`192.0.2.0/24`) that is refused to these users."""

    network: str
    users: Users


class PacketRules(Struct, frozen=True):
    """What the table is to do.

    DNS of `watched` users goes to `dns_port`; of `guarded` ones what may be TLS goes to `tls_port`, and what would go
    around the guard is refused: QUIC, encrypted DNS (`resolvers`, and port 853 but for `own_resolvers`). `addresses`
    are refused as such. `group` is a control group below /sys/fs/cgroup whose processes have no network at all,
    `level` its depth in its hierarchy; empty for none.
    """

    watched: Users
    guarded: Users
    dns_port: int
    tls_port: int
    resolvers: tuple[str, ...] = ()
    own_resolvers: tuple[str, ...] = ()
    addresses: tuple[Refused, ...] = ()
    group: str = ""
    level: int = 0


def ruleset(rules: PacketRules) -> str:
    """The whole table, to be put in the place of the one before in one transaction."""
    refused: list[str] = []
    redirected: list[str] = []
    for one in rules.addresses:
        if not one.users.nobody():
            refused += _refuse("address", f"{one.users.condition()}{_to(one.network)}")
    if not rules.guarded.nobody():
        refused.append(f"{rules.guarded.condition()}jump around")
    if not rules.watched.nobody():
        who = rules.watched.condition()
        redirected += [f"{who}meta l4proto {{ tcp, udp }} th dport 53 redirect to :{rules.dns_port}"]
    if not rules.guarded.nobody():
        who = rules.guarded.condition()
        # A link-local address is none without its interface, which a redirected connection no longer has.
        redirected += ['oifname "lo" accept', "ip6 daddr fe80::/10 accept"]
        redirected += [f"{who}tcp dport {_ports(*PROXY_PORTS)} redirect to :{rules.tls_port}"]
    around = [f"{_to(address)} tcp dport 853 return" for address in rules.own_resolvers]
    around += [f"{_to(address)} udp dport 853 return" for address in rules.own_resolvers]
    around += _refuse("encrypted_dns", "meta l4proto { tcp, udp } th dport 853")
    for family, six in (("ip", False), ("ip6", True)):
        found = [address for address in rules.resolvers if (":" in address) == six]
        if found:
            to = f"{family} daddr {{ {', '.join(found)} }}"
            around += _refuse("encrypted_dns", f"{to} meta l4proto {{ tcp, udp }} th dport 443")
    around += [f"udp dport {_ports()} counter name quic {_REFUSED}"]
    cut = []
    if rules.group:
        if not _PATH.fullmatch(rules.group):
            raise ValueError(f"not a control group's path: {rules.group!r}")
        cut = _refuse("process", f'socket cgroupv2 level {rules.level} "{rules.group}"')
    passing = ['oifname "lo" accept', "meta l4proto tcp ct state established accept"]
    own = [f"meta mark {MARK:#x} accept", "meta l4proto != @alive accept"]
    return "\n".join(
        (
            f"table {FAMILY} {TABLE} {{ flags owner; }}",
            f"delete table {FAMILY} {TABLE}",
            f"table {FAMILY} {TABLE} {{",
            " flags owner",
            f" set alive {{ type inet_proto; flags timeout; elements = {{ {_alive()} }} }}",
            *(f" counter {name} {{ }}" for name in COUNTERS),
            *_chain("around", "", around),
            *_chain("refuse", "type filter hook output priority -150;", [*own, *cut, *passing, *refused]),
            *_chain("steer", "type nat hook output priority -100;", [*own, *redirected]),
            "}",
            "",
        )
    )


def nothing() -> str:
    """The table, refusing and redirecting nothing. With the last chain of that kind, and the last rule that asks about
    connections, the kernel would stop to translate what was redirected before: programs that only listen would never
    hear that their connection ended."""
    return f"""\
table {FAMILY} {TABLE} {{ flags owner; }}
delete table {FAMILY} {TABLE}
table {FAMILY} {TABLE} {{
 flags owner
 chain steer {{
  type nat hook output priority -100;
  ct state established accept
 }}
}}
"""


def sign_of_life() -> str:
    """Commands that let the rules hold for `SIGN_OF_LIFE` more seconds."""
    return f"flush set {FAMILY} {TABLE} alive\nadd element {FAMILY} {TABLE} alive {{ {_alive()} }}\n"


def _alive() -> str:
    return ", ".join(f"{protocol} timeout {SIGN_OF_LIFE}s" for protocol in _PROTOCOLS)


def _refuse(counter: str, match: str) -> list[str]:
    """Told to the guard, but not more often than anyone could read; TCP is reset, so that it fails at once."""
    return [
        f'{match} limit rate 20/second log prefix "{counter}" group {LOG_GROUP} snaplen 80',
        f"{match} meta l4proto tcp counter name {counter} reject with tcp reset",
        f"{match} counter name {counter} {_REFUSED}",
    ]


def _chain(name: str, hook: str, rules: list[str]) -> list[str]:
    return [f" chain {name} {{", *([f"  {hook}"] if hook else []), *(f"  {rule}" for rule in rules), " }"]


def _to(network: str) -> str:
    return f"{'ip6' if ':' in network else 'ip'} daddr {network}"


def _ports(*more: int) -> str:
    return f"{{ {', '.join(map(str, (*TLS_PORTS, *more)))} }}"


class PacketFilter:
    """The table in the kernel, held by this process: it is gone when this object or its process is."""

    def __init__(self) -> None:
        self._nft = Nftables()
        self._made = False
        self._resting = False

    def apply(self, rules: PacketRules) -> None:
        """Put the table in place of the one before, in one step, after a trial. OSError: then the one before holds,
        or there is none; a table of another process is never touched."""
        text = ruleset(rules)
        self._nft.run(text, check=True)
        self._nft.run(text)
        self._made, self._resting = True, False

    def beat(self) -> None:
        """The guard is alive. OSError where the table is gone."""
        if self._made and not self._resting:
            self._nft.run(sign_of_life())

    @property
    def resting(self) -> bool:
        """Whether the table is there, and does nothing."""
        return self._made and self._resting

    def rest(self) -> None:
        """From now on nothing is refused or redirected; what was redirected before goes on until `remove`."""
        if self._made and not self._resting:
            self._nft.run(nothing())
            self._resting = True

    def counters(self) -> dict[str, int]:
        """Packets refused since the table was put in place, by what for."""
        if not self._made or self._resting:
            return {}
        listed = self._nft.run(f"list counters table {FAMILY} {TABLE}")
        return {name: int(number) for name, number in re.findall(r"counter (\w+) \{\s*packets (\d+)", listed)}

    def remove(self) -> None:
        """Take away what was put in place, and nothing else."""
        if self._made:
            self._made = False
            self._nft.run(f"delete table {FAMILY} {TABLE}\n")

    def close(self) -> None:
        """Let go of the kernel; a table that is still there goes too."""
        self._nft.close()
