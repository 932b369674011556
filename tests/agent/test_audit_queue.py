from __future__ import annotations

import json
from pathlib import Path

from msgspec import structs

from clearance.agent.audit_queue import AuditQueue
from clearance.model.decision import Decision, PolicyRef

HIGH = Decision(
    tool="t", effect="block", enforce="block", rule="r", waiver=None, reason="", replacement=None, message="",
    risk="high", at="", upcoming=None, undetermined=(), policy=PolicyRef(3, "8f2c", ("D-1",)),
)  # fmt: skip
CRITICAL, LOW = structs.replace(HIGH, risk="critical"), structs.replace(HIGH, risk="low")


def test_a_tool_of_high_risk_is_queued_once(tmp_path: Path) -> None:
    queue = AuditQueue(str(tmp_path))
    queued = queue.see(HIGH, "now")
    assert queued is not None
    assert (queued.tool, queued.risk, queued.rule, queued.generation) == ("t", "high", "r", 3)
    assert queue.see(HIGH, "later") is None
    assert queue.see(CRITICAL, "later") is None
    assert queue.names() == ("t",)
    assert json.loads((tmp_path / "queue/t.json").read_bytes())["at"] == "now"


def test_the_next_rise_counts_again(tmp_path: Path) -> None:
    queue = AuditQueue(str(tmp_path))
    assert queue.see(HIGH, "1")
    assert queue.see(LOW, "2") is None
    assert queue.see(HIGH, "3")


def test_a_restart_queues_nothing_twice(tmp_path: Path) -> None:
    AuditQueue(str(tmp_path)).see(HIGH, "1")
    again = AuditQueue(str(tmp_path))
    assert again.names() == ("t",)
    assert again.see(HIGH, "2") is None


def test_what_is_not_raised(tmp_path: Path) -> None:
    queue = AuditQueue(str(tmp_path))
    for decision in (LOW, structs.replace(HIGH, risk=None), structs.replace(HIGH, tool=None)):
        assert queue.see(decision, "1") is None
    assert not (tmp_path / "queue").exists()


def test_a_name_is_never_a_path(tmp_path: Path) -> None:
    queue = AuditQueue(str(tmp_path / "state"))
    name = "../../x/\u00e9"
    assert queue.see(structs.replace(HIGH, tool=name), "1")
    assert queue.names() == (name,)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_full_disk_loses_no_record(tmp_path: Path) -> None:
    (tmp_path / "queue").write_text("in the way")
    assert AuditQueue(str(tmp_path)).see(HIGH, "1") is not None
