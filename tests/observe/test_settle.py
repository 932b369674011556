from __future__ import annotations

from typing import Any

import pytest

from clearance.model.sighting import Evidence, Sighting, Skipped
from clearance.model.tool import Setter, Switch
from clearance.observe.probe import AgentTraits, SettingRead, Span, sighting_id
from clearance.observe.settle import settle, switch_states
from tests.builders import CHECKED, catalog, tool

TELEMETRY = Switch(
    "telemetry",
    "telemetry",
    "on",
    (Setter("env", "NO_TELEMETRY", off=("1", "true")), Setter("~/.t/s.json", "telemetry", off=(False,), on=(True,))),
    CHECKED,
    ("a test",),
)
CATALOG = catalog(tool("t", switches=(TELEMETRY,)), tool("u"))


def binary(user: str | None = "ana", tool_id: str = "t") -> Sighting:
    path = f"/home/{user}/bin/x" if user else "/usr/bin/x"
    return Sighting(sighting_id(tool_id, "binary", path, user), tool_id, "T", "binary", path, "certain", user=user)


def reading(what: Any, key: str, value: str = "", **fields: Any) -> SettingRead:
    values: dict[str, Any] = {
        "tool": "t",
        "name": key,
        "scope": "user",
        "path": "/home/ana/.bashrc",
        "user": "ana",
        "line": 3,
    }
    return SettingRead(**(values | {"what": what, "key": key, "value": value} | fields))


@pytest.mark.parametrize(("confidence", "agents"), [("certain", 1), ("weak", 2)])
def test_what_belongs_to_an_installed_tool_is_no_agent_of_its_own(confidence: Any, agents: int) -> None:
    folder = "/v/site-packages/t-1.dist-info"
    package = Sighting(sighting_id("t", "package", folder), "t", "T", "package", folder, confidence)
    part = AgentTraits("/v/site-packages/t/agent.py", 0.9, ("x",), package=folder)
    other = AgentTraits("/v/site-packages/u/agent.py", 0.9, ("x",), package="/v/site-packages/u-1.dist-info")
    assert len(settle([part, package, other], CATALOG).agents) == agents


def test_a_variable_in_a_settings_document_is_one_finding() -> None:
    place: dict[str, Any] = {"path": "/home/ana/.t/s.json", "line": 0, "value": "https://relay.example"}
    readings = [
        reading("base-url", key, **place) for key in ("env.T_URL", "T_URL", "providers.a.url", "providers.b.url")
    ]
    assert len(settle([binary(), *readings], CATALOG).sightings) == 4


def test_session_files_become_one_store() -> None:
    spans = [Span("t", "ana", "~/.t/*/*.jsonl", f"/home/ana/.t/{n}/a.jsonl", 10, 86400.0 * n) for n in range(1, 4)]
    (seen,) = settle(spans, CATALOG).sightings
    assert (seen.surface, seen.path, seen.user) == ("session-store", "/home/ana/.t", "ana")
    assert seen.evidence[1].detail == "3 files, 30 bytes, 1970-01-02 to 1970-01-04"


def test_a_variable_of_a_tool_that_is_not_here_is_not_the_tools() -> None:
    url = reading("base-url", "T_URL", "https://relay.example")
    assert settle([url], CATALOG).sightings == ()
    seen = {s.surface: s for s in settle([url, binary()], CATALOG).sightings}
    assert seen["base-url"].endpoint is not None
    assert seen["base-url"].endpoint.host == "relay.example"
    assert seen["binary"].endpoint == seen["base-url"].endpoint
    assert settle([url, binary(user="bo")], CATALOG).endpoints == {}


def test_a_setting_of_a_tools_own_file_counts_by_itself() -> None:
    (seen,) = settle([reading("base-url", "provider.a.url", "https://a.example")], CATALOG).sightings
    assert (seen.surface, seen.evidence[0].kind) == ("base-url", "setting")


def test_a_credential_variable_is_present_without_its_value() -> None:
    seen = [
        s for s in settle([reading("credential", "T_KEY"), binary()], CATALOG).sightings if s.surface == "credential"
    ]
    assert seen[0].evidence[0].detail == "T_KEY is set"
    assert seen[0].evidence[1].detail == "3"


@pytest.mark.parametrize(("value", "host"), [("1", "bedrock-runtime.amazonaws.com"), ("0", None), ("", None)])
def test_a_provider_is_switched_on(value: str, host: str | None) -> None:
    endpoints = settle([reading("base-url", "T_USE_BEDROCK", value), binary()], CATALOG).endpoints
    assert endpoints.get(("t", "ana")) == host


def test_the_strongest_place_wins() -> None:
    places = [
        reading("base-url", "provider.url", "https://file.example"),
        reading("base-url", "T_URL", "https://variable.example"),
        reading("base-url", "T_URL", "https://project.example", scope="project", folder="/home/ana/p"),
    ]
    assert settle([*places, binary()], CATALOG).endpoints == {("t", "ana"): "variable.example"}
    running = reading("base-url", "T_URL", "https://process.example", pid=7)
    assert settle([*places, running, binary()], CATALOG).endpoints == {("t", "ana"): "process.example"}
    managed = reading("base-url", "url", "https://managed.example", scope="managed")
    assert settle([*places, running, managed, binary()], CATALOG).endpoints == {("t", "ana"): "managed.example"}


def test_everybodys_endpoint_holds_where_a_user_has_none() -> None:
    everybody = reading("base-url", "T_URL", "https://all.example", user=None, path="/etc/environment")
    (seen,) = [s for s in settle([everybody, binary()], CATALOG).sightings if s.surface == "binary"]
    assert seen.endpoint is not None
    assert seen.endpoint.host == "all.example"


@pytest.mark.parametrize(
    ("readings", "state", "value"),
    [
        ([], "default", "on"),
        ([reading("switch", "NO_TELEMETRY", "1", name="telemetry")], "off", "1"),
        ([reading("switch", "NO_TELEMETRY", "banana", name="telemetry")], "on", "banana"),
        ([reading("switch", "telemetry", "false", name="telemetry")], "off", "false"),
        ([reading("switch", "telemetry", "true", name="telemetry", scope="managed"),
          reading("switch", "NO_TELEMETRY", "1", name="telemetry")], "on", "true"),
        ([reading("switch", "NO_TELEMETRY", "1", name="telemetry", user="bo")], "default", "on"),
        ([reading("switch", "NO_TELEMETRY", "1", name="telemetry", scope="project", folder="/p")], "default", "on"),
    ],
)  # fmt: skip
def test_the_state_of_a_switch_for_a_user(readings: list[SettingRead], state: str, value: str) -> None:
    (seen,) = [s for s in settle([*readings, binary()], CATALOG).sightings if s.surface == "binary"]
    (switch,) = seen.switches
    assert (switch.name, switch.state, switch.value, switch.stops) == ("telemetry", state, value, "telemetry")


def test_what_is_seen_twice_is_said_once() -> None:
    agent = AgentTraits("/a", 0.9, ("x",))
    skipped = Skipped("walk", "/b", "gone")
    settled = settle([binary(), binary(), agent, agent, skipped, skipped], CATALOG)
    assert (len(settled.sightings), len(settled.agents), len(settled.skipped)) == (1, 1, 1)


def test_the_order_does_not_depend_on_the_order_of_seeing() -> None:
    seen = [binary(), binary(user="bo"), binary(tool_id="u"), binary(user=None)]
    assert settle(seen, CATALOG).sightings == settle(reversed(seen), CATALOG).sightings


LISTED = Switch(
    "search",
    "web-search",
    "on",
    (Setter("~/.t/s.json", "deny.*", off=("WebSearch",)), Setter("~/.t/s.json", "search", off=(False,))),
    CHECKED,
    ("a test",),
)


@pytest.mark.parametrize(
    ("members", "state"),
    [
        (("Bash(rm)", "WebSearch"), "off"),
        (("WebSearch", "Bash(rm)"), "off"),
        (("Bash(rm)",), "default"),
        ((), "default"),
    ],
)
def test_a_name_in_a_list_stops_a_flow(members: tuple[str, ...], state: str) -> None:
    index = catalog(tool("t", switches=(LISTED,)))
    readings = [reading("switch", f"deny.{n}", value, name="search") for n, value in enumerate(members)]
    (seen,) = [s for s in settle([*readings, binary()], index).sightings if s.surface == "binary"]
    assert seen.switches[0].state == state


def test_of_two_equally_strong_places_one_that_stops_is_enough() -> None:
    index = catalog(tool("t", switches=(LISTED,)))
    readings = [
        reading("switch", "search", "true", name="search"),
        reading("switch", "deny.0", "WebSearch", name="search"),
    ]
    for order in (readings, readings[::-1]):
        (seen,) = [s for s in settle([*order, binary()], index).sightings if s.surface == "binary"]
        assert (seen.switches[0].state, seen.switches[0].value) == ("off", "WebSearch")


def test_a_server_in_a_file_that_several_tools_read_counts_for_those_that_are_here() -> None:
    shared = Evidence("shared", "x")
    server = Sighting("m", "t", "db", "mcp-server", "/home/ana/p/.mcp.json", "strong", user="ana", evidence=(shared,))
    assert settle([server], CATALOG).sightings == ()
    assert server in settle([server, binary()], CATALOG).sightings
    assert server not in settle([server, binary(user="bo")], CATALOG).sightings


def in_force(switch: Switch, *readings: SettingRead, folder: str | None = None) -> tuple[str, str, str]:
    (state,) = switch_states(tool("t", switches=(switch,)), "ana", folder, readings)
    return state.state, state.value, state.otherwise.replace(":3", "")


def stops(key: str, value: str, **fields: Any) -> SettingRead:
    return reading("switch", key, value, name="telemetry", **fields)


SEVERAL = Switch(
    "telemetry",
    "telemetry",
    "on",
    (
        Setter("env", "NO_A", off=("*",), on=("",)),
        Setter("env", "NO_B", off=("1", "true"), on=("0", "false", "")),
        Setter("env", "SEND", off=("false", "0"), on=("true", "1")),
        Setter("~/.t/s.json", "send", off=(False,), on=(True,)),
        Setter("./.t/s.json", "send", "project", off=(False,), on=(True,)),
        Setter("~/.t/s.json", "disable", off=(True,), on=(False,)),
        Setter("./.t/s.json", "disable", "project", off=(True,), on=(False,)),
    ),
    CHECKED,
    ("a test",),
)


def test_what_a_person_sets_wins_over_what_holds_for_everybody() -> None:
    mine, everybody = stops("send", "true"), stops("send", "false", user=None, path="/etc/t.json")
    assert in_force(SEVERAL, everybody, mine)[:2] == ("on", "true")
    assert in_force(SEVERAL, everybody)[:2] == ("off", "false")
    assert in_force(SEVERAL, stops("SEND", "1", user=None), stops("SEND", "0"))[:2] == ("off", "0")


def test_a_flow_that_several_keys_stop_is_stopped_by_one() -> None:
    assert in_force(SEVERAL, stops("NO_A", "1"), stops("NO_B", "0", pid=7))[:2] == ("off", "1")
    assert in_force(SEVERAL, stops("NO_B", "0"))[:2] == ("on", "0")
    # A key that asks for the flow is no such: the stronger place decides.
    assert in_force(SEVERAL, stops("send", "false"), stops("SEND", "1", pid=7))[:2] == ("on", "1")
    # Of one key the stronger place counts, whatever it says.
    assert in_force(SEVERAL, stops("NO_A", "", pid=7), stops("NO_A", "1"))[:2] == ("on", "")


def test_a_project_that_says_otherwise_is_named_and_does_not_win() -> None:
    inside = stops("send", "true", scope="project", folder="/p", path="/p/.t/s.json")
    assert in_force(SEVERAL, stops("send", "false"), inside, folder="/p") == ("off", "false", "/p/.t/s.json send")
    assert in_force(SEVERAL, stops("send", "false"), inside) == ("off", "false", "")
    assert in_force(SEVERAL, inside, folder="/p") == ("on", "true", "")
    assert in_force(SEVERAL, stops("send", "false", scope="managed"), inside, folder="/p")[2] == ""
    back = stops("disable", "false", scope="project", folder="/p", path="/p/.t/s.json")
    assert in_force(SEVERAL, stops("disable", "true"), back, folder="/p")[2] == "/p/.t/s.json disable"
    assert in_force(SEVERAL, stops("send", "false"), back, folder="/p")[2] == ""


PARTS = Switch(
    "telemetry",
    "file-content",
    "on",
    (Setter("~/.t/s.json", "enable.*", off=(False,), on=(True,)),),
    CHECKED,
    ("a test",),
)


@pytest.mark.parametrize(
    ("members", "state"),
    [
        ({"*": "true", "plaintext": "false"}, "on"),
        ({"*": "false", "python": "true"}, "on"),
        ({"*": "false", "plaintext": "false"}, "off"),
        ({"plaintext": "false"}, "default"),
    ],
)
def test_a_table_of_names_stops_a_flow_when_none_of_it_flows(members: dict[str, str], state: str) -> None:
    readings = [stops(f"enable.{name}", value) for name, value in members.items()]
    for order in (readings, readings[::-1]):
        assert in_force(PARTS, *order)[0] == state
