"""The names asked for lately."""

from __future__ import annotations

from clearance.agent.network.names import KnownNames


def test_the_one_not_asked_for_longest_is_forgotten() -> None:
    known = KnownNames(2)
    for name in ("a.example", "b.example", "A.example.", "c.example"):
        known.add(name)
    assert [known.asked(name) for name in ("a.example", "b.example", "C.EXAMPLE")] == [True, False, True]
