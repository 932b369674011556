from __future__ import annotations

import json

from clearance.model.tool import Setter, Switch
from clearance.observe.probe import SettingRead
from clearance.observe.scan.tool_settings import ToolSettings
from tests.builders import CHECKED, catalog, found, location, tool

SWITCH = Switch(
    "telemetry",
    "telemetry",
    "on",
    (
        Setter("~/.t/settings.json", "telemetry.enabled", off=(False,)),
        Setter("/etc/t/managed.json", "telemetry.enabled", scope="managed", off=(False,)),
        Setter("env", "NO_TELEMETRY", off=("1",)),
    ),
    CHECKED,
    ("a test",),
)
CATALOG = catalog(
    tool(
        "t",
        switches=(SWITCH,),
        base_url_env=("T_BASE_URL",),
        base_url_settings=(location("~/.t/settings.json", key="provider.*.baseURL", format="json"),),
    )
)


def parse(glob: str, document: object) -> list[tuple[str, str, str, str, str]]:
    pattern = next(p for p in ToolSettings().patterns(CATALOG) if p.glob == glob)
    path = glob.replace("~", "/home/ana")
    seen = ToolSettings().parse(found(pattern, path, json.dumps(document).encode()), CATALOG)
    return [(s.what, s.name, s.value, s.scope, s.key) for s in seen if isinstance(s, SettingRead)]


def test_each_document_is_asked_for_once() -> None:
    assert [p.glob for p in ToolSettings().patterns(CATALOG)] == ["~/.t/settings.json", "/etc/t/managed.json"]


def test_switches_base_urls_and_variables_of_a_document() -> None:
    document = {
        "telemetry": {"enabled": False},
        "provider": {"a": {"baseURL": "https://k:v@a.example/v1"}},
        "env": {"T_BASE_URL": "http://b.example", "NO_TELEMETRY": 1, "SECRET": "x"},
    }
    assert parse("~/.t/settings.json", document) == [
        ("switch", "telemetry", "false", "user", "telemetry.enabled"),
        ("base-url", "provider.*.baseURL", "https://a.example", "user", "provider.a.baseURL"),
        ("base-url", "T_BASE_URL", "http://b.example", "user", "T_BASE_URL"),
        ("switch", "telemetry", "1", "user", "NO_TELEMETRY"),
    ]


def test_a_managed_document_says_so() -> None:
    assert parse("/etc/t/managed.json", {"telemetry.enabled": True}) == [
        ("switch", "telemetry", "true", "managed", "telemetry.enabled")
    ]


def test_a_malformed_document_gives_nothing_here() -> None:
    pattern = ToolSettings().patterns(CATALOG)[0]
    assert list(ToolSettings().parse(found(pattern, "/home/ana/.t/settings.json", b"{"), CATALOG)) == []


def test_a_switch_that_is_given_a_table_is_set_and_the_table_stays_unread() -> None:
    exporter = {"telemetry.enabled": {"endpoint": "https://k:v@collector.example", "headers": {"token": "secret"}}}
    assert parse("~/.t/settings.json", exporter) == [("switch", "telemetry", "(a table)", "user", "telemetry.enabled")]
    assert parse("~/.t/settings.json", {"telemetry.enabled": {}}) == []
