"""Test cases for a directive: requests, and what is expected of the decisions on them.

A file of cases stands beside the directive (`approved-list.test.yaml`). There is no clock in it: every case has its
instant, its own or the file's, a bare date meaning the first instant of that day in the directive's time zone.
"""

from __future__ import annotations

import datetime as dt
from difflib import get_close_matches
from typing import Any, Final

from msgspec import UNSET, inspect, structs

from clearance.catalog.source import shown
from clearance.errors import Error, Unreadable
from clearance.judge.engine import Judge
from clearance.judge.instants import instant
from clearance.judge.merged import Path, Written
from clearance.judge.parse import headed, raise_all
from clearance.judge.shape import Shape
from clearance.model.decision import Decision, Request, VetResult
from clearance.model.directive import Case, DirectiveTest, Given
from clearance.model.review import CaseResult, Mismatch

_SHAPE: Final = inspect.type_info(DirectiveTest)


def run_cases(name: str, data: bytes, judge: Judge) -> tuple[CaseResult, ...]:
    """The result of every case of a file. `Error` (or `Errors`) where the file cannot be read."""
    source, node = headed(name, data, "DirectiveTest")
    shape = Shape(source, nulls=True)
    document: DirectiveTest = shape.value(node, _SHAPE)
    raise_all(shape.errors)
    return tuple(
        _run(case, document.at, judge, ("cases", index), shape.written) for index, case in enumerate(document.cases)
    )


def _run(case: Case, at: str | None, judge: Judge, path: Path, written: dict[Path, Written]) -> CaseResult:
    given, place = case.given, written[path].value.place()
    subject = f'case "{shown(case.name)}"'
    when = at if given.at is None else given.at
    if when is None:
        raise Error(f"{subject} has no instant", place=place, remedy="add at: 2026-07-10 to it, or to the file")
    facts = None if given.tool is None else judge.tools.get(given.tool)
    if given.tool is not None and facts is None:
        near = get_close_matches(given.tool[:60], judge.tools, n=1)
        raise Error(
            f'{subject} names the tool "{shown(given.tool)}", which is not known',
            place=written[*path, "given", "tool"].value.place(),
            hint=f'did you mean "{shown(near[0])}"?' if near else "",
            remedy="see the ids with: clearance explain",
        )
    where = (*path, "given", "at") if given.at is not None else ("at",)
    request = Request(
        tool=facts,
        at=_instant(when, judge, subject, where, written),
        version=given.version,
        surface=given.surface,
        endpoint=given.endpoint,
        user=given.user,
        unix_groups=given.unix_groups,
        host=given.host,
        confidence=given.confidence,
        score=given.score,
        vetted=_vetted(given, judge, subject, path, written),
    )
    decision = judge.decide(request)
    return CaseResult(case.name, place, tuple(_mismatches(case, decision)), decision)


def _vetted(given: Given, judge: Judge, subject: str, path: Path, written: dict[Path, Written]) -> VetResult | None:
    if given.vetted is None:
        return None
    where = (*path, "given", "vetted", "at")
    return VetResult(given.vetted.verdict, _instant(given.vetted.at, judge, subject, where, written))


def _instant(text: str, judge: Judge, subject: str, where: Path, written: dict[Path, Written]) -> dt.datetime:
    try:
        return instant(text, judge.zone)
    except Unreadable as error:
        what = f'{subject}: at "{shown(text)}" {error.what}'
        raise Error(what, place=written[where].value.place(), remedy=error.remedy) from None


def _mismatches(case: Case, decision: Decision) -> list[Mismatch]:
    got: dict[str, Any] = {
        **structs.asdict(decision),
        "replacement": decision.replacement and decision.replacement.tool,
        "upcoming": decision.upcoming and decision.upcoming.rule,
    }
    found = []
    for field, wanted in structs.asdict(case.expect).items():
        meets = wanted in got[field] if field == "message" and wanted is not UNSET else wanted == got[field]
        if wanted is not UNSET and not meets:
            found.append(Mismatch(field, _text(wanted), _text(got[field])))
    return found


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)
