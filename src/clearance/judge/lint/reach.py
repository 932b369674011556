"""Rules that cannot take effect, and matches that hold for everything or for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from clearance.catalog.source import shown
from clearance.judge.cover import contradicts_itself, covers
from clearance.judge.glob import fold, is_glob
from clearance.judge.lint.review import Review
from clearance.judge.match import several
from clearance.judge.rulings import Ruling
from clearance.model.directive import Match, Rule
from clearance.model.review import Remark, Severity


def empty_and_impossible(review: Review) -> Iterator[Remark]:
    """A match without fields, which holds for everything; one that can hold for nothing."""
    last = len(review.directive.rules) - 1
    for path, rule, _ruling in review.rules():
        subject = f'rule "{shown(rule.id)}"'
        if rule.match == Match() and path != ("rules", last):
            what = f"{subject} matches everything: no rule after it is reached"
            yield review.remark(
                "matches-everything", "warning", (*path, "match"), what, "say what it is for, or make it the default"
            )
        if contradicts_itself(rule.match):
            what = f"{subject} can match nothing"
            yield review.remark(
                "matches-nothing", "error", (*path, "match"), what, "mend the match, or take the rule out", key=True
            )
    for path, waiver, _ruling in review.waivers():
        if waiver.match is not None and contradicts_itself(waiver.match):
            what = f'waiver "{shown(waiver.id)}" can match nothing'
            yield review.remark(
                "matches-nothing", "error", (*path, "match"), what, "mend the match, or take it out", key=True
            )


def shadowed(review: Review) -> Iterator[Remark]:
    """A rule that an earlier one always decides before: in force whenever it is, and true wherever it is."""
    # Only rules for any tool, or for the same one, can come into question: with thousands of rules that is what counts.
    earlier: dict[str, list[tuple[Rule, Ruling]]] = {}
    for path, rule, ruling in review.rules():
        tools = _tools(rule.match)
        for wide, wide_ruling in (*earlier.get("", ()), *(earlier.get(tools[0], ()) if tools[0] else ())):
            if wide_ruling.start <= ruling.start and ruling.end <= wide_ruling.end and covers(wide.match, rule.match):
                severity: Severity = "warning" if wide.effect == rule.effect else "error"
                what = f'rule "{shown(rule.id)}" is never reached: rule "{shown(wide.id)}" decides all it could'
                remedy = f'put it before "{shown(wide.id)}", or take it out'
                yield review.remark("shadowed-rule", severity, (*path, "id"), what, remedy)
                break
        else:
            if ruling.start < ruling.end:
                for tool in tools:
                    earlier.setdefault(tool, []).append((rule, ruling))


def _tools(match: Match) -> tuple[str, ...]:
    """The tools that a match names; an empty name where it can hold for any."""
    named = tuple(fold(tool) for tool in several(match.tool or ()))
    return named if named and not any(map(is_glob, named)) else ("",)
