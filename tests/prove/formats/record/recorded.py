"""Records for the tests of their formats."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec import structs

from clearance.model.decision import Decision, PolicyRef, Replacement
from clearance.model.record import Draft, Outcome, PolicyMark, Record
from clearance.prove.formats.record.json import numbered

POLICY = PolicyMark(3, "8f2c41d0" * 8)
DECISION = Decision(
    tool="claude-code", effect="block", enforce="block", rule="no-residency", waiver=None,
    reason="no in-house residency", replacement=Replacement("qwen-code", "Qwen Code", "qwen"), message="Use Qwen Code",
    risk="high", at="2026-11-21T09:30:00Z", upcoming=None, undetermined=(),
    policy=PolicyRef(3, "8f2c41d0" * 8, ("D-2026-07",)), settings={"retries": 2**60},
)  # fmt: skip
SUBJECT = {
    "tool": "claude-code", "name": "Claude Code", "version": "2.1.329", "means": "exec", "pid": 4121, "uid": 1000,
    "user": "ana", "path": "/home/ana/.local/bin/claude",
}  # fmt: skip
BLOCKED = Draft("2026-11-21T09:30:00.712Z", "decision", SUBJECT, Outcome("blocked", 312), POLICY, DECISION)
HEARTBEAT = Draft("2026-11-21T09:35:00Z", "change", {"event": "heartbeat"}, Outcome("recorded"), POLICY)
REFUSED = Draft(
    "2026-11-21T09:36:00Z", "failure", {"event": "records-refused", "count": 3, "why": "No space left on device"},
    Outcome("refused"), POLICY,
)  # fmt: skip


def sample() -> list[Record]:
    return [numbered(draft, n) for n, draft in enumerate((BLOCKED, HEARTBEAT, REFUSED, WAIVED), 1)]


WAIVED = structs.replace(
    BLOCKED, outcome=Outcome("allowed", 12), decision=structs.replace(DECISION, effect="allow", rule=None, waiver="W-1")
)

TEXTS = st.text(st.characters(), max_size=30)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.floats(-1, 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["tool", "name", "version", "user", "path", "pid", "event"]) | TEXTS
DRAFTS = st.builds(
    Draft,
    at=st.just("2026-11-21T09:30:00Z") | TEXTS.map(lambda text: text.encode("utf-8", "replace").decode()),
    kind=st.sampled_from(["decision", "failure", "change"]),
    subject=st.dictionaries(NAMES, VALUES, max_size=6),
    outcome=st.builds(
        Outcome, st.sampled_from(["blocked", "warned", "late"]) | TEXTS, st.none() | st.integers(0, 10**9)
    ),
    policy=st.just(POLICY),
    decision=st.none()
    | st.builds(
        lambda reason, risk: structs.replace(DECISION, reason=reason, risk=risk), TEXTS, st.sampled_from([None, "low"])
    ),
)
