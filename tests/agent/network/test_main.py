"""The guard of a real kernel between a house and an internet, each in a network namespace of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clearance.act.linux.cgroups import mount_point
from tests.agent.network import internet
from tests.agent.network.house import House, house, missing
from tests.agent.network.tables import ANA, BO, DIRECTIVE, table

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]

ALERT = "alert access denied"
API = "api.vendor.example"
BUSINESS = "eu.business.vendor.example"
GOOD = "good.example.org"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as made:
        made.start_guard(table())
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def refused_tls(found: dict[str, Any]) -> bool:
    return ALERT in found.get("detail", "").replace("_", " ").lower()


def test_what_is_refused_is_counted(home: House) -> None:
    before = home.pulses(1)
    assert before["names"] == len(table().names) - 1 + len(table().addresses)
    home.probe("quic", internet.GOOD)
    assert home.pulses(2)["quic"] > before["quic"]


def test_what_nobody_barred_passes_as_it_was(home: House) -> None:
    assert home.probe("lookup", GOOD)["addresses"] == [internet.GOOD6, internet.GOOD]
    assert home.probe("resolve", GOOD, "HTTPS")["answers"] == ['1 . alpn="h3,h2"']
    assert len(home.probe("resolve", "long.example.org", "TXT", "", "both")["answers"]) == 20
    assert home.probe("resolve", "nothing.example.org")["rcode"] == "NXDOMAIN"
    for address, own in ((internet.GOOD, "203.0.113.200"), (internet.GOOD6, "2001:db8::200")):
        found = home.probe("tls", address, "443", GOOD, "300000", uid=ANA)
        assert (found["said"], found["bytes"], found["source"]) == (f"name={GOOD}", 300_000, own)


@pytest.mark.parametrize("how", ["udp", "tcp"])
@pytest.mark.parametrize("kind", ["A", "AAAA", "HTTPS"])
def test_a_barred_name_does_not_exist_and_the_answer_says_why(home: House, how: str, kind: str) -> None:
    found = home.probe("resolve", API, kind, "", how, uid=ANA)
    assert (found["rcode"], found["answers"]) == ("NXDOMAIN", [])
    assert found["ede"][0][0] == 15
    assert "https://intranet.example.com/ai-tools" in found["ede"][0][1]


def test_the_report_says_who_asked_for_what(home: House) -> None:
    assert home.probe("lookup", API, uid=ANA)["error"] == "gaierror"
    seen = home.seen(means="name", path=API, uid=ANA)
    assert (seen["done"], seen["tool"], seen["row"][:2]) == ("refused", "coder", ["block", "block"])


def test_an_alias_of_a_barred_name_is_refused_too(home: House) -> None:
    assert home.probe("resolve", "alias.example.org", uid=ANA)["rcode"] == "NXDOMAIN"


@pytest.mark.parametrize("how", ["udp", "tcp"])
def test_a_name_server_of_ones_own_makes_no_difference(home: House, how: str) -> None:
    assert home.probe("resolve", API, "A", internet.OTHER_RESOLVER, how, uid=ANA)["rcode"] == "NXDOMAIN"
    assert home.probe("resolve", GOOD, "A", internet.OTHER_RESOLVER, how, uid=ANA)["answers"] == [internet.GOOD]


@pytest.mark.parametrize("how", ["udp", "tcp"])
def test_a_name_server_of_this_very_machine_makes_none_either(home: House, how: str) -> None:
    stub = "127.0.0.53" if how == "udp" else "127.0.0.54"
    home.start_stub(stub)
    assert home.probe("resolve", API, "A", stub, how, uid=ANA)["ede"]
    assert home.probe("resolve", API, "A", stub, how, uid=BO)["answers"] == [internet.VENDOR]
    assert home.probe("resolve", GOOD, "A", stub, how, uid=ANA)["answers"] == [internet.GOOD]


def test_browsers_are_told_to_leave_encrypted_dns_alone(home: House) -> None:
    assert home.probe("resolve", "use-application-dns.net", uid=ANA)["rcode"] == "NXDOMAIN"


@pytest.mark.parametrize(
    ("address", "port"), [(internet.VENDOR, "443"), (internet.VENDOR6, "443"), (internet.VENDOR, "8443")]
)
def test_an_address_that_is_written_down_is_refused_by_the_name_in_the_hello(
    home: House, address: str, port: str
) -> None:
    assert refused_tls(home.probe("tls", address, port, API, uid=ANA))
    assert home.seen(means="tls", path=API, uid=ANA)["done"] == "refused"


def test_the_same_address_serves_others(home: House) -> None:
    assert home.probe("tls", internet.VENDOR, "443", BUSINESS, uid=ANA)["said"] == f"name={BUSINESS}"
    assert home.probe("tls", internet.VENDOR, "443", "neighbour.example", uid=ANA)["said"] == "name=neighbour.example"


def test_what_is_cleared_within_what_is_barred(home: House) -> None:
    assert home.probe("resolve", BUSINESS, uid=ANA)["answers"] == [internet.VENDOR]
    assert home.probe("resolve", "eu.other.vendor.example", uid=ANA)["ede"]


def test_each_user_has_decisions_of_their_own(home: House) -> None:
    assert home.probe("lookup", API, uid=BO)["addresses"] == [internet.VENDOR6, internet.VENDOR]
    assert home.probe("tls", internet.VENDOR, "443", API, uid=BO)["said"] == f"name={API}"
    assert home.probe("lookup", API, uid=ANA)["error"] == "gaierror"
    assert home.probe("lookup", API, uid=12_345)["error"] == "gaierror"


def test_a_hello_that_could_hide_a_name_is_told(home: House) -> None:
    assert home.probe("hidden", internet.GOOD, "public.example", uid=ANA)["bytes"] > 0
    seen = home.seen(means="tls", path=internet.GOOD, uid=ANA)
    assert seen["done"] == "allowed"
    assert "public.example" in seen["detail"]


def test_a_browser_that_shows_the_name_it_asked_for_is_not(home: House) -> None:
    home.probe("lookup", GOOD, uid=BO)
    before = home.pulses(1)["encrypted_hello"]
    assert home.probe("hidden", internet.GOOD, GOOD, uid=BO)["bytes"] > 0
    assert home.pulses(2)["encrypted_hello"] == before


def test_a_connection_without_a_name_is_told(home: House) -> None:
    assert home.probe("tls", internet.VENDOR, "443", "", uid=ANA)["said"] == "name=None"
    assert home.seen(means="tls", path=internet.VENDOR, uid=ANA)["detail"] == "no name in the hello"


@pytest.mark.parametrize("address", [internet.GOOD, internet.GOOD6])
def test_quic_is_refused_and_the_program_knows_at_once(home: House, address: str) -> None:
    found = home.probe("quic", address, uid=ANA)
    print(f"refused after {found['ms']} ms")
    assert found["error"] in ("PermissionError", "ConnectionRefusedError", "OSError")


def test_known_resolvers_of_encrypted_dns_are_refused(home: House) -> None:
    for port in ("443", "853"):
        assert home.probe("connect", internet.SECURE_RESOLVER, port, uid=ANA)["error"] == "ConnectionRefusedError"
    assert home.probe("resolve", "doh.example.net", uid=ANA)["rcode"] == "NXDOMAIN"
    seen = home.seen(means="address", path=f"{internet.SECURE_RESOLVER} port 443", uid=ANA)
    assert (seen["done"], seen["detail"]) == ("refused", "encrypted dns")


def test_a_relay_is_refused_by_name_and_where_the_directive_names_its_address(home: House) -> None:
    assert home.probe("resolve", "relay.example.net", uid=BO)["rcode"] == "NXDOMAIN"
    assert refused_tls(home.probe("tls", internet.GOOD, "443", "relay.example.net", uid=BO))
    assert home.probe("connect", internet.RELAY, "443", uid=BO)["error"] == "ConnectionRefusedError"
    assert home.probe("quic", internet.RELAY, "9999", uid=BO)["error"]
    assert home.seen(means="address", path=f"{internet.RELAY} port 443", uid=BO)["tool"] == "coder"


def test_a_proxy_is_not_asked_for_a_barred_name(home: House) -> None:
    assert home.probe("proxy", internet.GOOD, "3128", f"{API}:443", uid=ANA)["said"].startswith("HTTP/1.1 403 ")
    assert home.probe("proxy", internet.GOOD, "3128", f"{GOOD}:443", uid=ANA)["said"].isdecimal()


def test_half_closed_connections_and_servers_that_speak_first(home: House) -> None:
    assert home.probe("sink", internet.GOOD, "2053", "3000000")["said"] == "3000000"
    assert home.probe("source", internet.GOOD, "2083", "5000000")["said"] == "hello from the server\n"


def test_a_port_where_nobody_listens(home: House) -> None:
    assert home.probe("sink", internet.GOOD, "2096", "10").get("error") in ("ConnectionResetError", "BrokenPipeError")


def test_nothing_leads_back_to_the_ports_of_the_guard(home: House) -> None:
    rules = home.run("nft", "list", "ruleset")
    port = rules.rpartition("redirect to :")[2].split()[0]
    assert home.probe("source", "127.0.0.1", port, "1").get("error") == "ConnectionResetError"


def test_a_thousand_connections_at_once(home: House) -> None:
    found = home.probe("many", internet.GOOD, GOOD, "1000")
    assert found["good"] == 1000, found
    assert home.pulses(2)["shed"] == 0


def test_another_table_holds_at_once(fresh: House) -> None:
    fresh.start_guard(table())
    assert fresh.probe("lookup", API)["error"] == "gaierror"
    fresh.give(table("default: {effect: allow}", serial=2))
    assert fresh.probe("lookup", API)["addresses"]
    assert fresh.run("nft", "list", "ruleset") == ""
    fresh.give(table(serial=3))
    assert fresh.probe("lookup", API)["error"] == "gaierror"


def test_observing_refuses_nothing_and_tells_what_it_would_have(fresh: House) -> None:
    fresh.start_guard(table(mode="observe"))
    assert fresh.probe("lookup", API, uid=ANA)["addresses"]
    assert fresh.seen(means="name", path=API, uid=ANA)["done"] == "would-block"
    assert fresh.probe("tls", internet.VENDOR, "443", API, uid=ANA)["said"] == f"name={API}"
    assert fresh.probe("quic", internet.GOOD)["bytes"] == 7


def test_a_warning_is_told_and_refuses_nothing(fresh: House) -> None:
    fresh.start_guard(table(DIRECTIVE.replace("effect: block", "effect: warn")))
    assert fresh.probe("lookup", API, uid=ANA)["addresses"]
    assert fresh.seen(means="name", path=API, uid=ANA)["done"] == "warned"
    assert fresh.probe("tls", internet.VENDOR, "443", API, uid=ANA)["said"] == f"name={API}"


def test_users_to_whom_nothing_is_refused_are_left_alone(fresh: House) -> None:
    only_ana = "tools: [{id: coder, kind: coding-agent, hosts: ['*.vendor.example']}]\nrules:\n"
    only_ana += "  - {id: a, match: {tool: coder, user: ana}, effect: block}\ndefault: {effect: allow}"
    fresh.start_guard(table(only_ana))
    assert fresh.probe("quic", internet.GOOD, uid=BO)["bytes"] == 7
    assert fresh.probe("tls", internet.VENDOR, "443", API, uid=BO)["said"] == f"name={API}"
    assert fresh.probe("lookup", API, uid=BO)["addresses"]
    assert fresh.pulses(1)["connections"] == 0
    assert refused_tls(fresh.probe("tls", internet.VENDOR, "443", API, uid=ANA))
    assert fresh.probe("quic", internet.GOOD, uid=ANA)["error"]
    assert refused_tls(fresh.probe("tls", internet.VENDOR, "443", API, "0", "multipath", uid=ANA))


def usable(home: House) -> None:
    """Everything goes, barred or not."""
    assert home.probe("lookup", API, uid=ANA)["addresses"]
    assert home.probe("tls", internet.VENDOR, "443", API, uid=ANA)["said"] == f"name={API}"
    assert home.probe("quic", internet.GOOD, uid=ANA)["bytes"] == 7


def until(home: House, what: str, *, there: bool) -> None:
    end = time.monotonic() + 60
    while (what in home.run("nft", "list", "ruleset")) is not there:
        assert time.monotonic() < end
        select.select([], [], [], 0.05)


def test_killed_it_leaves_the_network_usable(fresh: House) -> None:
    fresh.start_guard(table())
    assert fresh.probe("lookup", API)["error"] == "gaierror"
    os.kill(fresh.guard_pid, signal.SIGKILL)
    until(fresh, "clearance", there=False)
    usable(fresh)
    assert fresh.run("nft", "list", "ruleset") == ""


def test_stopped_it_leaves_the_network_usable_and_goes_on_afterwards(fresh: House) -> None:
    fresh.start_guard(table())
    os.kill(fresh.guard_pid, signal.SIGSTOP)
    until(fresh, "expires", there=False)
    usable(fresh)
    os.kill(fresh.guard_pid, signal.SIGCONT)
    until(fresh, "expires", there=True)
    assert fresh.probe("lookup", API)["error"] == "gaierror"


def test_without_its_service_it_ends_and_takes_its_rules_along(fresh: House) -> None:
    before = fresh.run("nft", "list", "ruleset")
    fresh.start_guard(table())
    assert fresh.guard is not None
    fresh.guard.kill()
    until(fresh, "clearance", there=False)
    assert fresh.run("nft", "list", "ruleset") == before
    usable(fresh)


def test_told_to_stop_it_leaves_the_rules_of_others_as_they_were(fresh: House) -> None:
    fresh.run("nft", "add table inet others; add chain inet others c { type filter hook output priority 0; }")
    before = fresh.run("nft", "list", "ruleset")
    fresh.start_guard(table())
    assert "table inet clearance" in fresh.run("nft", "list", "ruleset")
    fresh.tell("stop")
    fresh.wait_for(lambda report: report["type"] == "ended")
    assert fresh.run("nft", "list", "ruleset") == before


def test_a_table_that_somebody_else_holds_is_not_touched_and_it_is_told(fresh: House) -> None:
    fresh.start_guard(table())
    fresh.start_guard(table(serial=9))
    failed = fresh.wait_for(lambda report: report["type"] == "failed")
    assert failed["reason"] == "network-rules"
    assert fresh.probe("lookup", API)["error"] == "gaierror"


def test_a_name_server_that_is_gone_is_an_answer(fresh: House) -> None:
    fresh.start_guard(table())
    for how in ("udp", "tcp"):
        found = fresh.probe("resolve", GOOD, "A", internet.GOOD, how)
        print(f"{how}: {found['ms']} ms")
        assert found["rcode"] == "SERVFAIL"
    assert fresh.probe("resolve", GOOD, "A", "203.0.113.77")["rcode"] == "SERVFAIL"


def test_a_process_is_cut_off_whatever_it_talks_to(fresh: House) -> None:
    mount = mount_point(Path("/proc/self/mounts").read_bytes())
    if mount is None or not mount.startswith("/sys/fs/cgroup"):
        pytest.skip("needs control groups of version 2 below /sys/fs/cgroup")
    group = Path(mount, f"clearance-test-{os.getpid()}")
    group.mkdir()
    try:
        fresh.start_guard(table("default: {effect: allow}"), str(group))
        one = fresh.start_probe("hold", internet.GOOD, "7777")
        assert one.stdin is not None
        assert one.stdout is not None
        assert json.loads(one.stdout.readline())["open"]
        fresh.tell(f"cut {one.pid}")
        fresh.pulses(2)
        one.stdin.write("go on\n")
        one.stdin.flush()
        found = json.loads(one.stdout.readline())
        assert found["old"] == "ConnectionAbortedError"
        assert found["new"] in ("ConnectionRefusedError", "ConnectionAbortedError")
        assert fresh.probe("source", internet.GOOD, "7777", "10")["said"]
        counters = fresh.pulses(1)
        assert counters["process"] > 0
        assert counters["processes"] == 1
        one.wait()
    finally:
        fresh.close()
        end = time.monotonic() + 30
        while group.exists() and time.monotonic() < end:
            with contextlib.suppress(OSError):
                group.rmdir()
