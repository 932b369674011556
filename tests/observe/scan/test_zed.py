from __future__ import annotations

from clearance.model.sighting import Sighting
from clearance.observe.scan.zed import ZedExtensions
from tests.observe.scan.handing import evidence, hand, one, reasons

PROBE = ZedExtensions()
EXTENSION = "/home/ana/.local/share/zed/extensions/installed/agent-panel/extension.toml"


def test_an_installed_extension() -> None:
    seen = one(hand(PROBE, EXTENSION, 'id = "agent-panel"\nversion = "0.3.0"\n'))
    assert (seen.tool, seen.version, seen.confidence) == ("zed", "0.3.0", "certain")
    assert hand(PROBE, EXTENSION, 'id = "html"\n') == []
    assert reasons(hand(PROBE, EXTENSION, "id ="))


def test_agents_that_settings_name_are_weak() -> None:
    settings = """{ // mine
      "agent_servers": {"Mine": {"command": "/opt/bin/codex"}, "goose": {"command": {"path": "x"}},
                        "claude": {}, "n": 1},
    }"""
    seen = [s for s in hand(PROBE, "/home/ana/.config/zed/settings.json", settings) if isinstance(s, Sighting)]
    assert [(s.tool, s.confidence, evidence(s)["agent_servers"]) for s in seen] == [
        ("codex", "weak", "Mine: codex"),
        ("goose", "weak", "goose: x"),
    ]
    (project,) = hand(PROBE, "/home/ana/src/p/.zed/settings.json", '{"agent_servers": {"codex": {}}}')
    assert isinstance(project, Sighting)
    assert project.repository == "/home/ana/src/p"
    assert hand(PROBE, "/home/ana/.config/zed/settings.json", "[]") == []
