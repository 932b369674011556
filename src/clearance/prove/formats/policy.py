"""What `clearance policy` says about a directive: remarks, traces, test results and differences.

Guarantees as for decisions (`decision.py`): documents name their schema, and the same input gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from clearance.errors import Error, Place
from clearance.model.decision import Decision, PolicyRef
from clearance.model.review import CaseResult, Difference, FieldTrace, Remark, Step, Trace
from clearance.prove.formats import decision as decisions
from clearance.prove.formats import wording
from clearance.prove.formats.escape import plain

CHECK: Final = "clearance/policy-check/v1"
EXPLAIN: Final = "clearance/policy-explain/v1"
TEST: Final = "clearance/policy-test/v1"
DIFF: Final = "clearance/policy-diff/v1"

_OUTCOMES: Final = {
    "decides": "decides",
    "false": "no match",
    "undetermined": "skipped",
    "not-begun": "not yet",
    "ended": "ended",
    "not-reached": "not reached",
}
_HOLDS: Final = {True: "yes", False: "no", None: "not known"}


def check_document(remarks: Sequence[Remark], policy: PolicyRef | None) -> dict[str, Any]:
    """The remarks on a directive. `policy` is None where it could not be read."""
    return _document(
        CHECK,
        remarks=[
            {
                "check": remark.check,
                "severity": remark.severity,
                "file": remark.place.file,
                "line": remark.place.line,
                "column": remark.place.column,
                "what": remark.what,
                "remedy": remark.remedy,
            }
            for remark in remarks
        ],
        policy=policy and decisions.policy(policy),
        summary={
            "errors": sum(remark.severity == "error" for remark in remarks),
            "warnings": sum(remark.severity == "warning" for remark in remarks),
        },
    )


def check_text(remarks: Sequence[Remark], policy: PolicyRef) -> str:
    """The remarks as paragraphs with the line and a mark below it, and the outcome last."""
    paragraphs = [
        f"{remark.severity}: {Error(f'{remark.what} [{remark.check}]', place=remark.place, remedy=remark.remedy)}\n"
        for remark in remarks
    ]
    errors = sum(remark.severity == "error" for remark in remarks)
    counted = [wording.many(errors, "error")] if errors else []
    counted += [wording.many(len(remarks) - errors, "warning")] if len(remarks) > errors else []
    outcome = ", ".join(counted) if counted else "nothing to remark"
    return "\n".join([*paragraphs, f"{plain(_which(policy))}: {outcome}.\n"])


def explain_document(trace: Trace) -> dict[str, Any]:
    """How a decision came about."""
    return _document(
        EXPLAIN,
        decision=decisions.document(trace.decision),
        endpoint={"host": trace.endpoint, "class": trace.decision.endpoint_class, "residency": list(trace.residency)},
        steps=[
            {
                "kind": step.kind,
                "id": step.id,
                "effect": step.effect,
                "outcome": step.outcome,
                "holds": step.holds,
                "from": step.since,
                "until": step.until,
                "upcoming": step.upcoming,
                "fields": _fields(step.fields),
            }
            for step in trace.steps
        ],
    )


def _fields(fields: Iterable[FieldTrace]) -> list[dict[str, Any]]:
    return [
        {
            "field": field.field,
            "wanted": field.wanted,
            "seen": field.seen,
            "holds": field.holds,
            "within": _fields(field.within),
        }
        for field in fields
    ]


def explain_text(trace: Trace, name: str) -> str:
    """The decision, then every waiver and rule in order with what it asked for and what was seen."""
    decision = trace.decision
    lines = [
        decisions.render_text(decision, name),
        plain(
            f"Judged as sending to {trace.endpoint} ({wording.ENDPOINT_WORDS[decision.endpoint_class or 'unknown']}),"
            f" where data stays: {', '.join(trace.residency)}."
        ),
    ]
    for number, step in enumerate(trace.steps, 1):
        lines.append("")
        lines.append(plain(_step(number, step)))
        lines += [f"      {plain(line)}" for line in _field_lines(step.fields)]
    return "\n".join(lines) + "\n"


def _step(number: int, step: Step) -> str:
    named = "default" if step.kind == "default" else f"{step.kind} {step.id}"
    bounds = [f"from {wording.day(step.since)}"] if step.since else []
    bounds += [f"until {wording.day(step.until)}"] if step.until else []
    when = f" ({', '.join(bounds)})" if bounds else ""
    note = ""
    if step.upcoming:
        note = ", and would change the decision"
    elif step.outcome in ("not-begun", "ended", "not-reached") and step.kind != "default":
        note = f"; its match: {_HOLDS[step.holds]}"
    return f"{number:3d}  {_OUTCOMES[step.outcome]:<12} {named} → {step.effect}{when}{note}"


def _field_lines(fields: Iterable[FieldTrace]) -> Iterable[str]:
    for field in fields:
        if field.field == "not":
            yield f"{_HOLDS[field.holds]:<10} not:"
            yield from (f"  {line}" for line in _field_lines(field.within))
        else:
            yield f"{_HOLDS[field.holds]:<10} {field.field} {field.wanted}   seen: {field.seen}"


def cases_document(results: Sequence[CaseResult]) -> dict[str, Any]:
    """The results of test cases."""
    failed = sum(bool(result.mismatches) for result in results)
    return _document(
        TEST,
        cases=[
            {
                "name": result.name,
                "file": result.place.file,
                "line": result.place.line,
                "passed": not result.mismatches,
                "mismatches": [
                    {"field": each.field, "expected": each.expected, "got": each.got} for each in result.mismatches
                ],
                "decision": decisions.document(result.decision),
            }
            for result in results
        ],
        summary={"passed": len(results) - failed, "failed": failed},
    )


def cases_text(results: Sequence[CaseResult], *, verbose: bool) -> str:
    """What failed, each with its place and what was got instead; all of them where verbose; the count last."""
    lines = []
    failed = 0
    for result in results:
        failed += bool(result.mismatches)
        if result.mismatches:
            lines.append(f"FAILED   {_at(result.place)}  {plain(result.name)}")
            lines += [
                f"         {each.field}: expected {plain(each.expected)}, got {plain(each.got)}"
                for each in result.mismatches
            ]
            lines.append(f"         {plain(wording.why(result.decision))}")
        elif verbose:
            lines.append(f"passed   {_at(result.place)}  {plain(result.name)}")
    lines.append(f"{wording.many(len(results) - failed, 'case')} passed, {failed} failed.")
    return "\n".join(lines) + "\n"


def diff_document(found: Sequence[Difference], at: str, old: PolicyRef, new: PolicyRef) -> dict[str, Any]:
    """What two directives judge differently, as of an instant and later."""
    return _document(
        DIFF,
        at=at,
        old=decisions.policy(old),
        new=decisions.policy(new),
        differences=[
            {
                "tool": each.new.tool,
                "sighting": each.subject.sighting,
                "circumstances": list(each.subject.circumstances),
                "from": each.since,
                "until": each.until,
                "old": decisions.document(each.old),
                "new": decisions.document(each.new),
            }
            for each in found
        ],
    )


def diff_text(found: Sequence[Difference], at: str, old: PolicyRef, new: PolicyRef) -> str:
    """A line for each difference: what, in which circumstances, from what to what, by which rules, and when."""
    lines = [plain(f"{_which(old)} → {_which(new)}, from {wording.instant(at)} on")]
    for each in found:
        inside = f" ({', '.join(each.subject.circumstances)})" if each.subject.circumstances else ""
        when = "now" if each.since == at else f"from {wording.instant(each.since)}"
        when += f" until {wording.instant(each.until)}" if each.until else ""
        lines.append("")
        lines.append(plain(f" {each.old.effect} → {each.new.effect}   {each.subject.name}{inside}, {when}"))
        lines.append(plain(f"          was      {_short(each.old)}"))
        lines.append(plain(f"          becomes  {_short(each.new)}"))
    tools = len({each.subject.name for each in found if each.subject.sighting is None})
    seen = len({each.subject.sighting for each in found if each.subject.sighting is not None})
    count = f"{wording.many(tools, 'tool')} and {wording.many(seen, 'sighting')} would be judged differently."
    return "\n".join([*lines, "", count if found else "Nothing would be judged differently."]) + "\n"


def _short(decision: Decision) -> str:
    parts = [f"{decision.effect}, {wording.ruled(decision)}"]
    parts += [f"enforced as {decision.enforce}"] if decision.effect in ("warn", "block") else []
    parts += [f"risk {decision.risk}"] if decision.risk else []
    parts += [f"instead {decision.replacement.tool}"] if decision.replacement else []
    return " · ".join(parts)


def _which(policy: PolicyRef) -> str:
    title = f' "{policy.title}"' if policy.title else ""
    return f"directive {' + '.join(policy.directives) or 'without metadata'}{title} ({policy.sha256[:8]})"


def _at(place: Place) -> str:
    return plain(str(place))


def _document(schema: str, **parts: Any) -> dict[str, Any]:
    found: dict[str, Any] = decisions.scalars({"schema": schema, **parts})
    return found
