"""Look-ups by what a probe holds in its hand."""

from __future__ import annotations

from clearance.catalog.index import Catalog, values
from tests.catalog.sample import shared, tool

CATALOG = Catalog((tool(), tool(("id: acme-coder", "id: aa"), ("Acme-CLI", "aa-cli"))), shared())

PORTS = '  ports: {value: [4711], source: ["npm:@acme/coder@1.2.3"], checked: 2026-11-21}\n'


def ids(tools: tuple[object, ...]) -> list[str]:
    return [getattr(found, "id") for found in tools]  # noqa: B009


def test_tools_are_in_id_order_and_found_by_id_and_alias() -> None:
    assert list(CATALOG.tools) == ["aa", "acme-coder"]
    found = CATALOG.tool("ACME-cli")
    assert found is CATALOG.tools["acme-coder"]
    assert CATALOG.tool("acme-coder") is found
    assert CATALOG.tool("nothing") is None


def test_by_package_extension_binary_and_variable() -> None:
    assert CATALOG.by_package["npm:@acme/coder"].id == "acme-coder"
    assert CATALOG.by_library["npm:@acme/sdk"].id == "acme-coder"
    assert CATALOG.extension("vscode", "ACME.coder") is CATALOG.by_extension["vscode:acme.coder"]
    assert CATALOG.extension("vscode", "x.y") is None
    assert ids(CATALOG.by_binary["acme"]) == ["aa", "acme-coder"]
    assert ids(CATALOG.by_base_url_env["ACME_BASE_URL"]) == ["aa", "acme-coder"]
    assert ids(CATALOG.by_credential_env["ACME_API_KEY"]) == ["aa", "acme-coder"]
    assert ids(CATALOG.by_port[4711]) == ["aa", "acme-coder"]


def test_by_host_in_full_or_by_glob() -> None:
    assert ids(CATALOG.at_host("API.acme.example.")) == ["aa", "acme-coder"]
    assert ids(CATALOG.at_host("eu.west.acme.example")) == ["aa", "acme-coder"]
    assert not CATALOG.at_host("acme.example")
    assert not CATALOG.at_host("evilacme.example.net")


def test_hosts_that_are_the_same_for_every_tool() -> None:
    assert CATALOG.hosts == {"models.*.cloud.example": "cloud-provider", "relay.example": "relay"}
    assert Catalog(()).hosts == {}
    assert Catalog(()).shared is None


def test_a_surface_nobody_looked_at_has_no_values() -> None:
    assert values(None) == ()
    bare = tool((PORTS, ""))
    assert Catalog((bare,)).by_port == {}
