from __future__ import annotations

from clearance.judge.enforcement import carried_out
from clearance.model.terms import EFFECTS, ENFORCES


def test_nothing_is_carried_out_further_than_any_of_the_three_allows() -> None:
    order = ENFORCES.index
    for effect in EFFECTS:
        for enforce in ENFORCES:
            for mode in ENFORCES:
                happens = carried_out(effect, enforce, mode)
                assert order(happens) <= min(order(enforce), order(mode), order(carried_out(effect)))
                assert happens in {enforce, mode, carried_out(effect)}


def test_an_allowed_tool_has_nothing_to_carry_out() -> None:
    assert {carried_out("allow", enforce) for enforce in ENFORCES} == {"observe"}
    assert [carried_out(effect) for effect in EFFECTS] == ["observe", "block", "warn", "block"]
