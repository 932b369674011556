"""A start is told once, though the kernel asks for the overlay's file and for the one below."""

from __future__ import annotations

import pytest

from clearance.agent.guard import overlays
from clearance.agent.guard.overlays import Overlays
from clearance.model.enforcement import KnownFile

ABOVE, BELOW = KnownFile(1, 10, 99, "codex"), KnownFile(2, 20, 99, "codex")


def test_what_lies_below_is_not_told_again() -> None:
    seen = Overlays()
    assert [seen.told(5, file, "exec", "blocked") for file in (ABOVE, BELOW)] == [False, True]


@pytest.mark.parametrize(
    "second",
    [
        (6, BELOW, "exec", "blocked"), (5, ABOVE, "exec", "blocked"), (5, BELOW, "open", "blocked"),
        (5, BELOW, "exec", "warned"), (5, KnownFile(2, 20, 98, "codex"), "exec", "blocked"),
        (5, KnownFile(2, 20, 99, "cursor"), "exec", "blocked"),
    ],
)  # fmt: skip
def test_another_start_is_told(second: tuple[int, KnownFile, str, str]) -> None:
    seen = Overlays()
    seen.told(5, ABOVE, "exec", "blocked")
    assert not seen.told(*second)  # type: ignore[arg-type]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlays, "LATEST", 2)
    seen = Overlays()
    for pid in (1, 2, 3):
        seen.told(pid, ABOVE, "exec", "blocked")
    assert [seen.told(pid, BELOW, "exec", "blocked") for pid in (3, 1)] == [True, False]
