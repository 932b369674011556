from __future__ import annotations

from clearance.observe.configured import endpoint_for


def test_a_persons_own_setting_wins_over_everybodys() -> None:
    endpoints = {("codex", "ana"): "a.example", ("codex", None): "b.example"}
    assert endpoint_for(endpoints, "codex", "ana") == "a.example"
    assert endpoint_for(endpoints, "codex", "bo") == "b.example"
    assert endpoint_for(endpoints, "codex", None) == "b.example"
    assert endpoint_for(endpoints, "aider", "ana") is None
