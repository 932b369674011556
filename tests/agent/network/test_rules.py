"""From tables to packet rules: for whom, and whom not."""

from __future__ import annotations

from clearance.act.linux.nftables import Refused, Users
from clearance.agent.network.processes import Group
from clearance.agent.network.rules import packet_rules
from clearance.model.enforcement import Row
from clearance.model.network import NetworkAddress, NetworkTable, UserRow

ALLOW, WARN, BLOCK = Row("allow", "allow", 0), Row("warn", "block", 1), Row("block", "block", 2)
WOULD = Row("allow", "block", 3)


def table(*guarded: UserRow, **more: object) -> NetworkTable:
    return NetworkTable(serial=1, generation=1, mode="block", guarded=guarded, **more)  # type: ignore[arg-type]


def test_nothing_barred_leaves_the_network_alone() -> None:
    assert packet_rules(table(), 1, 2, (), None) is None
    assert packet_rules(table(UserRow(None, ALLOW)), 1, 2, (), None) is None


def test_everybody_but_those_who_may() -> None:
    rules = packet_rules(table(UserRow(7, ALLOW), UserRow(8, BLOCK), UserRow(None, BLOCK)), 1, 2, (), None)
    assert rules is not None
    assert rules.watched == rules.guarded == Users((7,), others=True)


def test_only_those_who_may_not() -> None:
    rules = packet_rules(table(UserRow(7, ALLOW), UserRow(8, BLOCK), UserRow(None, ALLOW)), 1, 2, (), None)
    assert rules is not None
    assert rules.guarded == Users((8,), others=False)


def test_noted_is_watched_and_not_guarded() -> None:
    for row in (WARN, WOULD):
        rules = packet_rules(table(UserRow(None, row)), 1, 2, (), None)
        assert rules is not None
        assert (rules.watched, rules.guarded.nobody()) == (Users(), True)


def test_the_companys_own_resolvers_stay_reachable() -> None:
    given = table(UserRow(None, BLOCK), resolver_addresses=("192.0.2.1", "192.0.2.2"))
    rules = packet_rules(given, 1, 2, ("192.0.2.1", "fe80::1%eth0"), None)
    assert rules is not None
    assert (rules.resolvers, rules.own_resolvers) == (("192.0.2.2",), ("192.0.2.1",))


def test_addresses_are_refused_to_those_to_whom_they_are() -> None:
    mine = NetworkAddress("192.0.2.7/32", "", (UserRow(7, BLOCK), UserRow(None, ALLOW)))
    nobodys = NetworkAddress("192.0.2.8/32", "", (UserRow(7, ALLOW),))
    rules = packet_rules(table(UserRow(7, BLOCK), addresses=(mine, nobodys)), 1, 2, (), None)
    assert rules is not None
    assert rules.addresses == (Refused("192.0.2.7/32", Users((7,), others=False)),)


def test_a_group_is_refused_even_where_no_name_is() -> None:
    rules = packet_rules(table(), 1, 2, (), Group("clearance/cut", 2))
    assert rules is not None
    assert (rules.group, rules.level, rules.watched.nobody()) == ("clearance/cut", 2, True)
