"""How far a decision is carried out: the weakest of its effect, the rule's `enforce`, and the host's mode.

On one scale, weakest first: `observe` (nothing happens, it is recorded), `warn` (people are told), `block`. An
allowed tool has nothing to carry out. `allow-with-settings` always lets the tool run; its scale is about the
settings: `observe` records those that differ, `warn` reports them, `block` puts them right, with an undo.
"""

from __future__ import annotations

from typing import Final

from clearance.model.terms import ENFORCES, Effect, Enforce

_FURTHEST: Final[dict[Effect, Enforce]] = {
    "allow": "observe",
    "allow-with-settings": "block",
    "warn": "warn",
    "block": "block",
}


def carried_out(effect: Effect, enforce: Enforce | None = None, mode: Enforce = "block") -> Enforce:
    """What happens. `enforce` None means as far as the effect goes; `mode` is the host's, where it is known."""
    return min(_FURTHEST[effect], enforce or "block", mode, key=ENFORCES.index)
