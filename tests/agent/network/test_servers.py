"""resolv.conf, as it is and as it becomes."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from clearance.agent.network.servers import NameServers, servers_in


def test_the_addresses_in_order() -> None:
    text = "# x\nnameserver 192.0.2.1\nsearch a\n nameserver  fe80::1%eth0 # y\nnameserver nonsense\nnameserver\n"
    assert servers_in(text + "nameserver 192.0.2.1") == ("192.0.2.1", "fe80::1%eth0")


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    servers_in(text)


def test_read_again_when_it_changed(tmp_path: Path) -> None:
    one, other = tmp_path / "resolv.conf", tmp_path / "upstream.conf"
    one.write_text("nameserver 127.0.0.53\n")
    other.write_text("nameserver 192.0.2.1\n")
    found = NameServers((str(one), str(other), str(tmp_path / "none")))
    assert found.refresh()
    assert (found.servers, found.all) == (("127.0.0.53",), ("127.0.0.53", "192.0.2.1"))
    assert not found.refresh()
    one.write_text("# the same\nnameserver 127.0.0.53\n")
    assert not found.refresh()
    one.unlink()
    assert found.refresh()
    assert (found.servers, found.all) == ((), ("192.0.2.1",))
