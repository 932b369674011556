"""What each field of a match asked for and what was seen. The tests are those of the decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from clearance.judge.instants import written
from clearance.judge.match import Seen, Term
from clearance.model.decision import ToolFacts
from clearance.model.review import FieldTrace
from clearance.model.terms import UNKNOWN

NOT_SEEN: Final = "not seen"


def fields(terms: tuple[Term, ...], seen: Seen) -> tuple[FieldTrace, ...]:
    """A line for each field of a match, in the order of judging."""
    return tuple(
        FieldTrace(
            field=term.field,
            wanted=term.wanted,
            seen=_SEEN[term.field](seen) if term.field in _SEEN else "",
            holds=term.test(seen),
            within=fields(term.within, seen),
        )
        for term in terms
    )


def _fact(name: str) -> Callable[[Seen], str]:
    def text(seen: Seen) -> str:
        facts: ToolFacts | None = seen.facts
        if facts is None:
            return "an unknown agent" if name == "id" else UNKNOWN
        value = getattr(facts, name)
        return (", ".join(value) or UNKNOWN) if isinstance(value, tuple) else str(value)

    return text


def _observed(name: str) -> Callable[[Seen], str]:
    def text(seen: Seen) -> str:
        value = getattr(seen.request, name)
        return NOT_SEEN if value is None else str(value)

    return text


def _members(seen: Seen) -> str:
    request = seen.request
    unix_groups = None if request.unix_groups is None else ", ".join(request.unix_groups) or "none"
    parts = (("user", request.user), ("unix groups", unix_groups), ("host", request.host))
    return "; ".join(f"{name} {NOT_SEEN if value is None else value}" for name, value in parts)


def _score(seen: Seen) -> str:
    return "a known tool has none" if seen.facts else _observed("score")(seen)


def _vetted(seen: Seen) -> str:
    result = seen.request.vetted
    return f"{result.verdict} on {written(result.at)}" if result else "never"


_SEEN: Final[dict[str, Callable[[Seen], str]]] = {
    "tool": _fact("id"),
    "vendor": _fact("vendor"),
    "country": _fact("country"),
    "kind": _fact("kind"),
    "deployment": _fact("deployment"),
    "retention": _fact("retention"),
    "training": _fact("training"),
    "risk": _fact("risk"),
    "known": lambda seen: "a tool of the catalog or the directive" if seen.facts else "an unknown agent",
    "residency": lambda seen: ", ".join(seen.destination.residency),
    "endpoint": lambda seen: seen.destination.host,
    "endpoint_class": lambda seen: seen.destination.class_,
    "version": _observed("version"),
    "surface": _observed("surface"),
    "host": _observed("host"),
    "user": _observed("user"),
    "confidence": _observed("confidence"),
    "group": _members,
    "score": _score,
    "vetted": _vetted,
}
