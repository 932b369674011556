"""From the table to what the kernel is to do with packets. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from clearance.act.linux.nftables import PacketRules, Refused, Users
from clearance.agent.network.processes import Group
from clearance.model.enforcement import Row
from clearance.model.network import NetworkTable, UserRow


def packet_rules(
    table: NetworkTable, dns_port: int, tls_port: int, own_resolvers: Sequence[str], group: Group | None
) -> PacketRules | None:
    """What the kernel is to do; None where the table has nothing to say, and the network is left alone.

    Connections are carried, and ways around closed, only for users to whom something is refused. Those about whom
    something is merely noted are noted by the names they ask for, and nothing else of theirs is touched.
    """
    watched = _who(table.guarded, lambda row: row.would != "allow" or row.action != "allow")
    guarded = _who(table.guarded, lambda row: row.action == "block")
    if watched.nobody() and group is None:
        return None
    addresses = [Refused(one.network, _who(one.rows, lambda row: row.action == "block")) for one in table.addresses]
    spared = set(own_resolvers)
    return PacketRules(
        watched=watched,
        guarded=guarded,
        dns_port=dns_port,
        tls_port=tls_port,
        resolvers=tuple(one for one in table.resolver_addresses if one not in spared),
        own_resolvers=tuple(one for one in own_resolvers if "%" not in one),
        addresses=tuple(one for one in addresses if not one.users.nobody()),
        group=group.path if group else "",
        level=group.level if group else 0,
    )


def _who(rows: Iterable[UserRow], about: Callable[[Row], bool]) -> Users:
    """The users for whose row the test holds: listed, or everybody but those listed."""
    others = any(one.uid is None and about(one.row) for one in rows)
    listed = tuple(one.uid for one in rows if one.uid is not None and about(one.row) is not others)
    return Users(listed, others)
