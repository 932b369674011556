from __future__ import annotations

from clearance.observe.scan.conda_packages import CondaPackages
from tests.observe.scan.handing import evidence, hand, one, reasons

PROBE = CondaPackages()
META = "/home/ana/miniforge3/envs/ai/conda-meta"


def test_a_record_of_an_environment() -> None:
    record = {"files": ["x"] * 10, "name": "aider-chat", "version": "0.85.0", "channel": "https://u:p@c.example/forge"}
    seen = one(hand(PROBE, f"{META}/aider-chat-0.85.0-py_0.json", record))
    assert (seen.tool, seen.version, evidence(seen)["channel"]) == ("aider", "0.85.0", "https://c.example")


def test_only_records_of_a_tools_name_are_read() -> None:
    assert hand(PROBE, f"{META}/numpy-1.0-py_0.json", "{") == []
    assert hand(PROBE, f"{META}/history.json", "{") == []
    assert reasons(hand(PROBE, f"{META}/aider-chat-0.85.0-py_0.json", "{"))
    assert hand(PROBE, f"{META}/aider-chat-0.85.0-py_0.json", {"name": "numpy"}) == []
