"""The list of public resolvers: well-formed, without repeats, and none that a company is likely to run itself."""

from __future__ import annotations

import ipaddress

from clearance.model.enforcement import Row
from clearance.model.network import Lookup, NetworkTable, UserRow, plain
from clearance.tasks.enforce.resolvers import ADDRESSES, NAMES


def test_addresses_are_public_and_listed_once() -> None:
    assert all(ipaddress.ip_address(address).is_global for address in ADDRESSES)
    assert len(set(ADDRESSES)) == len(ADDRESSES)


def test_names_are_as_they_are_compared_and_listed_once() -> None:
    assert all(name == plain(name) and "." in name for name in NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_every_name_is_found() -> None:
    table = NetworkTable(
        serial=1,
        generation=1,
        mode="block",
        guarded=(UserRow(None, Row("block", "block", 0)),),
        resolver_names=NAMES,
    )
    found = Lookup(table)
    assert [name for name in NAMES if found.verdict(name.replace("*", "x"), None) is None] == []
