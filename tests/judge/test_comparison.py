from __future__ import annotations

import pytest

from clearance.errors import Unreadable
from clearance.judge import comparison


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("<=30", [0, 30], [31]),
        ("<30", [29], [30]),
        (">7,<=30", [8, 30], [7, 31]),
        (">= 7", [7], [6]),
        ("30", [30], [29, 31]),
        ("==0", [0], [1]),
        ("!=30", [29], [30]),
    ],
)
def test_days(text: str, inside: list[int], outside: list[int]) -> None:
    clauses = comparison.days(text)
    assert [n for n in (*inside, *outside) if all(clause.holds(n) for clause in clauses)] == inside


@pytest.mark.parametrize("text", ["", "30d", "-1", "<=x", "<=1234567", "1.5", "<= 3 0", "=>3"])
def test_what_is_no_number_of_days(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        comparison.days(text)
    assert caught.value.what in ("is not a number of days", "is not a comparison", 'has "=>", which is no comparison')
    assert caught.value.remedy == 'write for example "<=30", or "unknown"'


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=0.8", [0.8, 1.0], [0.79]),
        (".5", [0.5], [0.6]),
        ("<1", [0.0, 0.99], [1.0]),
        ("<=1.000", [1.0], []),
        (0.8, [0.8], [0.81]),
        (1.0, [1.0], [0.99]),
        (0.0, [0.0], [0.1]),
    ],
)
def test_scores(text: str | float, inside: list[float], outside: list[float]) -> None:
    clauses = comparison.score(text)
    assert [n for n in (*inside, *outside) if all(clause.holds(n) for clause in clauses)] == inside


@pytest.mark.parametrize(
    "text", ["", "high", ">=1.5", "1.01", "80%", "-0.1", 1.5, -0.5, float("nan"), float("inf"), 1e300]
)
def test_what_is_no_score(text: str | float) -> None:
    with pytest.raises(Unreadable) as caught:
        comparison.score(text)
    assert caught.value.what in ("is not a score from 0 to 1", "is not a comparison")
    assert caught.value.remedy == 'write for example ">=0.8"'


@pytest.mark.parametrize(
    ("text", "risks"),
    [
        ("high", {"high"}),
        (">=high", {"high", "critical"}),
        ("<medium", {"low"}),
        ("!=low", {"medium", "high", "critical"}),
        (">low,<critical", {"medium", "high"}),
        (">critical", set()),
    ],
)
def test_risks(text: str, risks: set[str]) -> None:
    assert comparison.risk(text) == risks


def test_what_is_no_risk() -> None:
    with pytest.raises(Unreadable) as caught:
        comparison.risk(">=severe")
    assert str(caught.value) == (
        'has "severe", which is no risk: write one of low, medium, high, critical, or ">=high"'
    )
    with pytest.raises(Unreadable) as caught:
        comparison.risk("=>high")
    assert str(caught.value) == (
        'has "=>", which is no comparison: write for example one of low, medium, high, critical, or ">=high"'
    )
