"""Names, addresses and users: which row answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.enforcement import Row
from clearance.model.network import (
    CANARY,
    Lookup,
    NetworkAddress,
    NetworkName,
    NetworkTable,
    UserRow,
    plain,
    specificity,
)

ALLOW, BLOCK = Row("allow", "allow", 1), Row("block", "block", 2)


def name(pattern: str, row: Row, *users: tuple[int, Row]) -> NetworkName:
    return NetworkName(pattern, "coder", (*(UserRow(uid, own) for uid, own in users), UserRow(None, row)))


def lookup(*names: NetworkName, **more: object) -> Lookup:
    return Lookup(NetworkTable(serial=1, generation=1, mode="block", names=names, **more))  # type: ignore[arg-type]


def action(found: Lookup, host: str, uid: int | None = None) -> str | None:
    verdict = found.verdict(host, uid)
    return verdict.row.action if verdict else None


def test_the_most_specific_pattern_decides_whatever_the_order() -> None:
    names = [
        name("*.vendor.example", BLOCK),
        name("*.business.vendor.example", ALLOW),
        name("bad.business.vendor.example", BLOCK),
        name("api-*.vendor.example", ALLOW),
    ]
    for order in (names, names[::-1]):
        found = lookup(*order)
        assert action(found, "x.vendor.example") == "block"
        assert action(found, "a.b.business.vendor.example") == "allow"
        assert action(found, "bad.business.vendor.example") == "block"
        assert action(found, "api-eu.vendor.example") == "allow"
        assert action(found, "vendor.example") is None


@pytest.mark.parametrize("host", ["API.VENDOR.EXAMPLE", "api.vendor.example.", "Api.Vendor.example."])
def test_capitals_and_the_last_dot_do_not_count(host: str) -> None:
    assert action(lookup(name("api.vendor.example", BLOCK)), host) == "block"


def test_a_user_has_rows_of_their_own() -> None:
    found = lookup(name("api.vendor.example", BLOCK, (7, ALLOW)))
    assert [action(found, "api.vendor.example", uid) for uid in (7, 8, None)] == ["allow", "block", "block"]
    assert found.differs("api.vendor.example")
    assert not lookup(name("api.vendor.example", BLOCK, (7, BLOCK))).differs("api.vendor.example")


def test_without_a_row_for_everybody_others_have_none() -> None:
    found = lookup(NetworkName("api.vendor.example", "", (UserRow(7, BLOCK),)))
    assert [action(found, "api.vendor.example", uid) for uid in (7, 8, None)] == ["block", None, None]
    assert found.differs("api.vendor.example")


def test_the_narrowest_network_decides() -> None:
    found = lookup(
        addresses=(
            NetworkAddress("192.0.2.0/24", "", (UserRow(None, BLOCK),)),
            NetworkAddress("192.0.2.7/32", "", (UserRow(None, ALLOW),)),
            NetworkAddress("2001:db8::/32", "", (UserRow(None, BLOCK),)),
        )
    )
    rows = {
        address: verdict.row if (verdict := found.address(address, None)) else None
        for address in ("192.0.2.7", "192.0.2.8", "::ffff:192.0.2.8", "2001:db8::1%eth0", "198.51.100.1", "a name")
    }
    assert list(rows.values()) == [ALLOW, BLOCK, BLOCK, BLOCK, None, None]


def test_ways_around_are_closed_for_who_is_guarded() -> None:
    found = lookup(resolver_names=("doh.example", "*.doh.example"), guarded=(UserRow(7, BLOCK), UserRow(None, ALLOW)))
    for host in ("doh.example", "x.doh.example", CANARY):
        assert (action(found, host, 7), action(found, host, 8)) == ("block", "allow")
        assert found.differs(host)
    assert action(found, "x.y.doh.example", 7) is None
    assert (found.guarded(7), found.guarded(None)) == (BLOCK, ALLOW)


@given(st.text(max_size=300))
def test_any_text_has_an_answer(host: str) -> None:
    found = lookup(name("*.vendor.example", BLOCK), name("a*z.example", BLOCK), name("[x]y.example", BLOCK))
    found.verdict(host, 3)
    found.differs(host)
    found.address(host, 3)
    assert len(plain(host)) <= 256


def test_a_name_goes_before_a_glob_and_more_text_before_less() -> None:
    order = ["api.vendor.example", "*.business.vendor.example", "*.vendor.example", "*.*.example", "*"]
    assert sorted(order, key=specificity, reverse=True) == order


def test_what_is_longer_than_a_name_can_be_is_none() -> None:
    found = lookup(name("*.vendor.example", BLOCK))
    longest = "a" * (255 - len(".vendor.example")) + ".vendor.example"
    assert action(found, longest) == "block"
    assert action(found, f"a{longest}") is None
