"""The first bytes of connections: of real clients, of browsers, cut anywhere, and of nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.network.hello import LARGEST, MOST_RECORDS, read
from tests.agent.network.hellos import client_hello, extension, long_hello, message, real_hello, records, server_name

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z0-9]{1,12}){1,4}", fullmatch=True)


def test_a_real_client() -> None:
    found = read(real_hello("api.vendor.example"))
    assert (found.state, found.name, found.encrypted) == ("tls", "api.vendor.example", False)
    assert found.protocols == (b"h2", b"http/1.1")


def test_a_real_client_without_a_name() -> None:
    assert (read(real_hello(None)).state, read(real_hello(None)).name) == ("tls", None)


@given(NAMES, st.integers(1, 600), st.booleans())
def test_however_it_is_cut_into_records(name: str, size: int, encrypted: bool) -> None:
    found = read(client_hello(name, encrypted=encrypted, size=size))
    assert (found.state, found.name, found.encrypted) == ("tls", name, encrypted)


@given(NAMES, st.integers(1, 100), st.data())
def test_every_part_of_a_hello_is_incomplete(name: str, size: int, data: st.DataObject) -> None:
    whole = client_hello(name, size=size)
    assert read(whole[: data.draw(st.integers(0, len(whole) - 1))]).state == "incomplete"


def test_cut_at_every_place() -> None:
    whole = client_hello("api.vendor.example", size=7)
    assert {read(whole[:size]).state for size in range(len(whole))} == {"incomplete"}


@given(st.binary(max_size=400))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    found = read(data)
    assert found.state in ("incomplete", "tls", "proxy", "hiding", "other")
    assert found.name is None or found.name.isascii()


@given(st.binary(max_size=300), st.integers(0, 250))
def test_a_changed_hello_has_an_answer(noise: bytes, at: int) -> None:
    whole = bytearray(client_hello("api.vendor.example", encrypted=True))
    whole[at : at + len(noise)] = noise
    assert read(bytes(whole)).state in ("incomplete", "tls", "proxy", "hiding", "other")


def test_capitals_and_the_dot_at_the_end_do_not_count() -> None:
    assert read(client_hello("API.Vendor.Example.")).name == "api.vendor.example"


@pytest.mark.parametrize("name", ["", "a b.example", "a\0b.example", "x" * 256, "../../etc"])
def test_what_is_no_host_name_is_none(name: str) -> None:
    assert read(client_hello(name)).name is None


def test_two_names_are_hiding_one() -> None:
    twice = records(message(server_name("good.example.org"), server_name("api.vendor.example")))
    assert read(twice).state == "hiding"


def test_an_entry_of_another_kind_before_the_name() -> None:
    entries = b"\x01\x00\x03abc" + b"\x00\x00\x12api.vendor.example"
    assert read(records(message(extension(0, len(entries).to_bytes(2, "big") + entries)))).name == "api.vendor.example"


BESIDE = (b"\x16\x03\x01\0\0", b"\x15\x03\x01\0\2\x01\x5a", b"\x14\x03\x01\0\1\x01", b"\x16\x02\x00\0\0")


@given(NAMES, st.integers(1, 400), st.lists(st.sampled_from(BESIDE), min_size=1, max_size=20), st.data())
def test_what_servers_pass_over_is_passed_over(name: str, size: int, beside: list[bytes], data: st.DataObject) -> None:
    first, *rest = split(client_hello(name, size=size))
    at = data.draw(st.integers(0, len(rest)))
    whole = b"".join((*beside, first, *rest[:at], *beside, *rest[at:]))
    assert read(whole).name == name
    assert read(whole[: data.draw(st.integers(0, len(whole)))]).state in ("incomplete", "tls")


def split(whole: bytes) -> list[bytes]:
    """The records of a hello."""
    found = []
    while whole:
        size = 5 + int.from_bytes(whole[3:5], "big")
        found.append(whole[:size])
        whole = whole[size:]
    return found


def test_lengths_that_lead_out_of_the_message() -> None:
    assert read(records(message(b"\x00\x00\xff\xff"))).state == "other"
    assert read(records(message(extension(0, b"\x00\x09\x00\xff\xffabc")))).name == "abc"


def test_what_never_ends_is_not_waited_for() -> None:
    assert read(b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(20000)).state == "hiding"
    assert read((b"\x16\x03\x01\x00\x01\x01" + b"\x16\x03\x01\x00\x01\x00" * LARGEST)[:LARGEST]).state != "incomplete"


def test_empty_records_are_no_hello_yet() -> None:
    assert read(b"\x16\x03\x01\x00\x00" * 50).state == "incomplete"
    assert read(b"\x16\x03\x01\x00\x00" * MOST_RECORDS).state == "hiding"


def test_a_name_behind_more_than_any_client_sends_is_hiding() -> None:
    assert read(long_hello("api.vendor.example")[:LARGEST]).state == "hiding"


@pytest.mark.parametrize("data", [b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n", b"\x80\x2e\x01\x03\x01", b"\0"])
def test_other_protocols(data: bytes) -> None:
    assert read(data).state == "other"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"CONNECT api.vendor.example:443 HTTP/1.1\r\n\r\n", "api.vendor.example"),
        (b"connect API.vendor.example:443 HTTP/1.0\r\nX: y\r\n\r\n", "api.vendor.example"),
        (b"CONNECT [2001:db8::20]:443 HTTP/1.1\r\n\r\n", "2001:db8::20"),
        (b"\r\n CONNECT\t  api.vendor.example.:443\tHTTP/9.9\n\n", "api.vendor.example"),
        (b"Connect api.vendor.example\n\n", "api.vendor.example"),
    ],
)
def test_a_request_to_a_proxy(line: bytes, name: str) -> None:
    assert (read(line).state, read(line).name, read(line + b"more").length) == ("proxy", name, len(line))
    for end in range(1, len(line)):
        assert read(line[:end]).state == "incomplete"
    assert read(b"X" + line.lstrip()).state == "other"


def test_a_request_to_a_proxy_that_never_ends() -> None:
    assert read(b"CONNECT api.vendor.example:443 HTTP/1.1\r\nX: " + b"y" * LARGEST).state == "hiding"
    assert read(b"CONNECT " + b"y" * 1000).state == "other"
    assert read(b"\r\n" * 1000).state == "other"
