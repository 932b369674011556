from __future__ import annotations

import pytest

from tests.judge.lint.reviewing import found, rule


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rule("{tool: alpha}", more=", from: 2026-12-01, until: 2026-11-30"), ["error dates-reversed"]),
        (rule("{tool: alpha}", more=", from: 2026-12-01, until: 2026-12-01"), []),
        ("waivers: [{id: W, tool: alpha, from: 2027-12-31, until: 2026-12-31, owner: o, reason: r}]",
         ["error dates-reversed"]),
        ("waivers: [{id: W, tool: alpha, until: 2026-11-20, owner: o, reason: r}]", ["warning waiver-ended"]),
        ("waivers: [{id: W, tool: alpha, until: 2026-11-21, owner: o, reason: r}]", []),
        (rule("{tool: alpha}", more=", until: 2026-11-20"), ["warning rule-ended"]),
        (rule("{tool: alpha}", more=", until: 2026-11-21"), []),
        ("metadata: {id: D, review: 2026-11-20}", ["warning review-date-past"]),
        ("metadata: {id: D, review: 2026-11-21}", []),
        ("metadata: {id: D, review: 2026-11-21, timezone: Pacific/Kiritimati}", ["warning review-date-past"]),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_meant_or_have_passed(body: str, expected: list[str]) -> None:
    assert found(body) == expected
