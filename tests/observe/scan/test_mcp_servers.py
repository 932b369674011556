from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from clearance.model.sighting import Sighting, Skipped
from clearance.observe.scan.mcp_servers import McpServers, shown
from tests.builders import catalog, found, location, tool

CATALOG = catalog(tool("t", mcp=(location("~/.t.json", format="json"), location("./.mcp.json", scope="project"))))
NESTED = catalog(tool("t", mcp=(location("~/.t.json", key="projects.*.mcpServers", format="json"),)))


def parse(document: object, which: object = CATALOG) -> list[Sighting]:
    index = NESTED if which is NESTED else CATALOG
    pattern = McpServers().patterns(index)[0]
    seen = list(McpServers().parse(found(pattern, "/home/ana/.t.json", json.dumps(document).encode()), index))
    assert all(isinstance(s, Sighting) for s in seen)
    return [s for s in seen if isinstance(s, Sighting)]


def test_a_server_with_what_it_launches() -> None:
    (seen,) = parse(
        {"mcpServers": {"files": {"command": "npx", "args": ["-y", "server-files", "/srv"], "env": {"K": "v"}}}}
    )
    assert (seen.surface, seen.name, seen.tool) == ("mcp-server", "files", "t")
    assert [(e.kind, e.detail) for e in seen.evidence] == [
        ("mcp-server", "mcpServers.files"),
        ("launches", "npx -y server-files /srv"),
        ("env", "K"),
    ]


def test_a_remote_server_has_an_endpoint() -> None:
    (seen,) = parse(
        {"mcpServers": {"r": {"url": "https://u:p@mcp.example.com/sse?key=1", "headers": {"Authorization": "x"}}}}
    )
    assert seen.endpoint is not None
    assert seen.endpoint.host == "mcp.example.com"
    assert "key" not in str(seen.evidence[1])


def test_a_list_of_words_and_nested_keys_are_understood() -> None:
    (seen,) = parse({"mcp": {"s": {"type": "local", "command": ["bun", "x", "s"]}}})
    assert seen.evidence[1].detail == "bun x s"
    a, b = parse(
        {"projects": {"/p": {"mcpServers": {"s": {"command": "c"}}}, "/q": {"mcpServers": {"s": {"command": "d"}}}}},
        NESTED,
    )
    assert a.id != b.id
    assert a.evidence[0].detail == "projects./p.mcpServers.s"


def test_what_launches_nothing_is_no_server() -> None:
    assert parse({"servers": {"a": {"port": 3}, "b": 4}, "mcpServers": []}) == []


def test_a_malformed_document_is_said() -> None:
    pattern = McpServers().patterns(CATALOG)[0]
    (seen,) = McpServers().parse(found(pattern, "/home/ana/.t.json", b"{]"), CATALOG)
    assert isinstance(seen, Skipped)


@given(st.from_regex(r"[A-Za-z]{3}[0-9]{3}[A-Za-z0-9]{24}", fullmatch=True))
def test_secrets_in_arguments_are_not_shown(secret: str) -> None:
    for words in (
        ["--api-key", secret],
        [f"--token={secret}"],
        [f"API_KEY={secret}"],
        [secret],
        [f"https://u:{secret}@h.example/"],
    ):
        assert secret not in shown(["run", *words])


def test_package_names_and_paths_stay_readable() -> None:
    words = ["npx", "-y", "@modelcontextprotocol/server-filesystem@2026.1.14", "/home/ana/projects/shop-2026-backend"]
    assert shown(words) == " ".join(words)
