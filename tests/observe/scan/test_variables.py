from __future__ import annotations

from clearance.model.tool import Setter, Switch
from clearance.observe.probe import Observation, Pattern, SettingRead
from clearance.observe.scan.variables import Variables
from tests.builders import CHECKED, catalog, found, tool

TELEMETRY = Switch("telemetry", "telemetry", "on", (Setter("env", "NO_TELEMETRY", off=("1",)),), CHECKED, ("a test",))
CATALOG = catalog(
    tool("t", base_url_env=("T_BASE_URL", "T_USE_BEDROCK"), credential_env=("T_API_KEY",), switches=(TELEMETRY,)),
    tool("u", base_url_env=("T_BASE_URL",)),
)


def parse(pattern: Pattern, path: str, data: bytes) -> list[Observation]:
    return list(Variables().parse(found(pattern, path, data), CATALOG))


def pattern(glob: str) -> Pattern:
    return next(p for p in Variables().patterns(CATALOG) if p.glob == glob)


def test_what_each_variable_means_to_each_tool() -> None:
    data = b"export T_BASE_URL=https://u:secret@relay.example:8443/x\nT_API_KEY=secret\nNO_TELEMETRY=1\nOTHER=secret\n"
    seen = parse(pattern("~/.bashrc"), "/home/ana/.bashrc", data)
    assert all(isinstance(s, SettingRead) for s in seen)
    assert [(s.tool, s.what, s.name, s.value, s.line) for s in seen if isinstance(s, SettingRead)] == [
        ("t", "base-url", "T_BASE_URL", "https://relay.example:8443", 1),
        ("u", "base-url", "T_BASE_URL", "https://relay.example:8443", 1),
        ("t", "credential", "T_API_KEY", "", 2),
        ("t", "switch", "telemetry", "1", 3),
    ]
    assert "secret" not in str(seen)


def test_a_provider_switch_keeps_its_value() -> None:
    (seen,) = parse(pattern("~/.zshrc"), "/home/ana/.zshrc", b"export T_USE_BEDROCK=1")
    assert isinstance(seen, SettingRead)
    assert seen.value == "1"


def test_an_env_file_belongs_to_its_project() -> None:
    (seen,) = parse(pattern("**/.env"), "/home/ana/src/shop/.env", b"NO_TELEMETRY=0")
    assert isinstance(seen, SettingRead)
    assert (seen.scope, seen.folder, seen.user) == ("project", "/home/ana/src/shop", "ana")


def test_an_empty_credential_is_none() -> None:
    assert parse(pattern("**/.env"), "/home/ana/.env", b"T_API_KEY=\n") == []


def test_a_template_sets_nothing() -> None:
    template = pattern("**/.env.*")
    assert parse(template, "/home/ana/p/.env.example", b"NO_TELEMETRY=1\n") == []
    assert len(parse(template, "/home/ana/p/.env.local", b"NO_TELEMETRY=1\n")) == 1
