"""The decision document `clearance/decision/v1`, and a decision for people.

Guarantees: the fields are those of the contract, in its order, `settings` being added where the decision has any;
the same decision gives the same document; strings are valid Unicode (`escape.scalars`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from msgspec import structs

from clearance.model.decision import Decision, PolicyRef
from clearance.model.sighting import Deviation
from clearance.prove.formats import wording
from clearance.prove.formats.escape import plain, scalars

SCHEMA: Final = "clearance/decision/v1"
"""The schema that the document names."""


def document(decision: Decision) -> dict[str, Any]:
    """The decision as other programs read it."""
    made: dict[str, Any] = scalars(part(decision))
    return made


def part(decision: Decision) -> dict[str, Any]:
    """The same as a part of another document, whose strings are made valid Unicode once, with all of it."""
    soon = decision.upcoming
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": decision.tool,
        "effect": decision.effect,
        "enforce": decision.enforce,
        "rule": decision.rule,
        "waiver": decision.waiver,
        "reason": decision.reason,
        "replacement": decision.replacement and structs.asdict(decision.replacement),
        "message": decision.message,
        "risk": decision.risk,
        "at": decision.at,
        "upcoming": soon and {"rule": soon.rule, "effect": soon.effect, "from": soon.from_},
        "undetermined": list(decision.undetermined),
        "policy": policy(decision.policy),
    }
    if decision.settings:
        found["settings"] = dict(decision.settings)
    return found


def policy(ref: PolicyRef) -> dict[str, Any]:
    """Which directive decided, as documents name it."""
    return {"generation": ref.generation, "sha256": ref.sha256, "directives": list(ref.directives)}


def render_text(decision: Decision, name: str, to_set: Iterable[Deviation] = ()) -> str:
    """The decision for people: the answer first, then why, what instead, what is to come, and what was not known.

    `to_set` says where the settings that it asks for are set.
    """
    risk = f"   risk {decision.risk}" if decision.risk else ""
    lines = [f"{decision.effect.upper():<8} {plain(name)}{risk}"]
    lines += [f"         {label:<8} {plain(text)}" for label, text in _details(decision, to_set) if text]
    return "\n".join(lines) + "\n"


def _details(decision: Decision, to_set: Iterable[Deviation]) -> list[tuple[str, str]]:
    instead = [wording.replacement(decision.replacement)] if decision.replacement else []
    if decision.contact and decision.effect in ("warn", "block"):
        instead.append(f"waiver: {decision.contact}")
    skipped = ", ".join(decision.undetermined)
    return [
        ("why", wording.why(decision)),
        ("settings", wording.settings(decision)),
        *(("set", wording.to_set(each)) for each in to_set),
        ("instead", " · ".join(instead)),
        ("soon", wording.upcoming(decision)),
        ("not seen", f"what these rules ask for, so they were skipped: {skipped}" if skipped else ""),
        ("told", decision.message),
        ("by", f"{wording.directive(decision.policy)}, as of {wording.instant(decision.at)}"),
    ]
