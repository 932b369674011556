"""Whether one match is true wherever another one is: sound, so that what it says can be relied on; not complete.

`covers(wide, narrow)` compares the two field by field. For every field of the wide match the narrow one must ask
for the same thing or less of it; then, whatever is observed or not, the wide match is at least as true as the
narrow one. The parts of a `not` are compared the other way round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from clearance.judge import comparison
from clearance.judge.comparison import Clause
from clearance.judge.glob import fold, is_glob, matcher
from clearance.judge.match import several
from clearance.judge.versions import Prefix, version_range
from clearance.model.directive import Match, OneOrMore, Vetted
from clearance.model.terms import UNKNOWN

_KNOWN_ONLY: Final = ("tool", "kind", "risk")
"""Fields that hold for known tools only."""


def covers(wide: Match, narrow: Match) -> bool:
    """Whether the wide match is surely true wherever the narrow one is."""
    for field, wanted in _given(wide).items():
        asked = getattr(narrow, field)
        if asked is None or not _FIELDS[field](wanted, asked):
            if field == "known" and _implied(wanted, narrow):
                continue
            return False
    return wide.not_ is None or _excluded(wide.not_, narrow)


def contradicts_itself(match: Match) -> bool:
    """Whether the match surely holds for nothing: an empty list, a `not` that takes all of it away, a tool that is not
    known, or a score, which only unknown agents have, together with what only known tools have."""
    given = _given(match)
    if any(wanted == () for wanted in given.values()):
        return True
    unknown_only = match.known is False or match.score is not None
    if unknown_only and (match.known is True or any(field in given for field in _KNOWN_ONLY)):
        return True
    return match.not_ is not None and covers(match.not_, Match(**given))


def _given(match: Match) -> dict[str, Any]:
    """The fields that a match has, but for its `not`."""
    fields = {field: getattr(match, field) for field in _FIELDS}
    return {field: wanted for field, wanted in fields.items() if wanted is not None}


def _implied(known: bool, narrow: Match) -> bool:
    if known:
        return any(getattr(narrow, field) is not None for field in _KNOWN_ONLY)
    return narrow.score is not None


def _excluded(excluded: Match, narrow: Match) -> bool:
    """Whether what is excluded is surely false wherever the narrow match is true."""
    if narrow.not_ is not None and covers(narrow.not_, excluded):
        return True
    return any(
        getattr(narrow, field) is not None and disjoint(wanted, getattr(narrow, field))
        for field, wanted in _given(excluded).items()
        if (disjoint := _DISJOINT.get(field)) is not None
    )


def _globs(wide: OneOrMore, narrow: OneOrMore) -> bool:
    return all(any(_glob_covers(w, n) for w in _folded(wide)) for n in _folded(narrow))


def _exact_globs(wide: OneOrMore, narrow: OneOrMore) -> bool:
    return all(any(_glob_covers(w, n) for w in several(wide)) for n in several(narrow))


def _folded(values: OneOrMore) -> list[str]:
    return [fold(value) for value in several(values)]


def _glob_covers(wide: str, narrow: str) -> bool:
    if wide in (narrow, "*"):
        return True
    if not is_glob(narrow):
        return matcher((wide,))(narrow)
    if wide.count("*") != 1 or "[" in narrow:
        return False
    begins, _, ends = wide.partition("*")
    # Without brackets, what stands before the first wildcard and after the last one is itself.
    first, *_, last = narrow.replace("?", "*").split("*")
    return first.startswith(begins) and last.endswith(ends)


def _subset(wide: OneOrMore, narrow: OneOrMore) -> bool:
    return set(several(narrow)) <= set(several(wide))


def _risks(wide: OneOrMore, narrow: OneOrMore) -> bool:
    return _risk_set(narrow) <= _risk_set(wide)


def _risk_set(values: OneOrMore) -> set[str]:
    return {risk for value in several(values) for risk in comparison.risk(value)}


def _retention(wide: str | int, narrow: str | int) -> bool:
    if UNKNOWN in (wide, narrow):
        return wide == narrow
    return _clauses(comparison.days(str(wide)), comparison.days(str(narrow)))


def _score(wide: str | float, narrow: str | float) -> bool:
    return _clauses(comparison.score(wide), comparison.score(narrow))


def _versions(wide: OneOrMore, narrow: OneOrMore) -> bool:
    ranges = [version_range(value) for value in several(wide)]
    return all(any(_clauses(w, version_range(n)) for w in ranges) for n in several(narrow))


def _clauses(wide: tuple[Any, ...], narrow: tuple[Any, ...]) -> bool:
    """Whether each clause of the wide comparison follows from one of the narrow one."""
    return all(any(_follows(w, n) for n in narrow) for w in wide)


def _follows(wide: Clause[Any] | Prefix, narrow: Clause[Any] | Prefix) -> bool:
    if wide == narrow:
        return True
    if isinstance(narrow, Prefix):
        return False
    if narrow.op == "==":
        return wide.holds(narrow.key)
    if isinstance(wide, Prefix):
        return False
    above, below = narrow.op in (">", ">="), narrow.op in ("<", "<=")
    strict = narrow.op in ("<", ">")
    match wide.op:
        case ">=":
            return above and bool(narrow.key >= wide.key)
        case ">":
            return above and bool(narrow.key > wide.key)
        case "<=":
            return below and bool(narrow.key <= wide.key)
        case "<":
            return below and bool(narrow.key < wide.key)
        case "!=":
            beyond = (above and narrow.key > wide.key) or (below and narrow.key < wide.key)
            return bool(beyond or (strict and narrow.key == wide.key))
    return False


def _same(wide: object, narrow: object) -> bool:
    return wide == narrow


def _vetted(wide: Vetted, narrow: Vetted) -> bool:
    if wide.within_days is not None and (narrow.within_days is None or narrow.within_days > wide.within_days):
        return False
    return wide.verdict is None or (narrow.verdict is not None and _globs(wide.verdict, narrow.verdict))


def _no_common_word(excluded: OneOrMore, narrow: OneOrMore) -> bool:
    return set(several(excluded)).isdisjoint(several(narrow))


def _no_common_text(excluded: OneOrMore, narrow: OneOrMore) -> bool:
    """Whether none of the narrow texts, all without wildcards, matches what is excluded."""
    matches = matcher(_folded(excluded))
    return not any(is_glob(text) or matches(text) for text in _folded(narrow))


_FIELDS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "tool": _globs,
    "vendor": _globs,
    "country": _globs,
    "kind": _subset,
    "deployment": _subset,
    "residency": _globs,
    "retention": _retention,
    "training": _subset,
    "risk": _risks,
    "version": _versions,
    "surface": _subset,
    "endpoint": _globs,
    "endpoint_class": _subset,
    "host": _globs,
    "group": _subset,
    "user": _exact_globs,
    "confidence": _subset,
    "known": _same,
    "score": _score,
    "vetted": _vetted,
}

_DISJOINT: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "tool": _no_common_text,
    "vendor": _no_common_text,
    "country": _no_common_text,
    "deployment": _no_common_word,
    "training": _no_common_word,
    "surface": _no_common_word,
    "endpoint": _no_common_text,
    "endpoint_class": _no_common_word,
    "host": _no_common_text,
    "confidence": _no_common_word,
}
"""Fields of which a request has one value, so that two matches on them can exclude each other."""
