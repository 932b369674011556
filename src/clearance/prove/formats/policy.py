"""What `clearance policy` says about a directive: remarks, traces, test results and differences.

Guarantees as for decisions (`decision.py`): documents name their schema, and the same input gives the same text.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final, TypeVar

from clearance.errors import Error, Place
from clearance.model.decision import Decision, PolicyRef
from clearance.model.review import CaseResult, Difference, FieldTrace, Remark, Step, Trace
from clearance.prove.formats import decision as decisions
from clearance.prove.formats import wording
from clearance.prove.formats.escape import plain, scalars

CHECK: Final = "clearance/policy-check/v1"
EXPLAIN: Final = "clearance/policy-explain/v1"
TEST: Final = "clearance/policy-test/v1"
DIFF: Final = "clearance/policy-diff/v1"

Key = TypeVar("Key", bound=Hashable)

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
        decision=decisions.part(trace.decision),
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
                "decision": decisions.part(result.decision),
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
                "old": decisions.part(each.old),
                "new": decisions.part(each.new),
            }
            for each in found
        ],
    )


def diff_text(found: Sequence[Difference], at: str, old: PolicyRef, new: PolicyRef) -> str:
    """The summary first: how much and from when. Then each change once, with all that it holds for."""
    head = plain(f"{_which(old)} → {_which(new)}, from {wording.instant(at)} on")
    if not found:
        return f"{head}\n\nNothing would be judged differently.\n"
    first = min(each.since for each in found)
    begins = "from now on" if first == at else f"the first from {wording.instant(first)}"
    lines = [head, f"{_counted(found)} would be judged differently, {begins}."]
    kinds = _by(found, _effects)
    width = max(len(effects) for effects, _ in kinds)
    lines += [f"  {effects:<{width}}   {_counted(alike)}" for effects, alike in kinds]
    for change, alike in _by(found, lambda each: (_effects(each), _when(each, at), _short(each.old), _short(each.new))):
        effects, when, was, becomes = change
        lines += ["", plain(f" {effects}, {when}"), _row("was", was), _row("becomes", becomes)]
        lines += [_row("seen", text) for text in _seen(alike)]
        lines += [_row("tools", text) for text in _tools(alike)]
    return "\n".join([*lines, "", "Each decision in full: the same command with --json"]) + "\n"


def _row(label: str, text: str) -> str:
    return f"          {label:<8} {plain(text, limit=20_000)}"


def _effects(each: Difference) -> str:
    same = each.old.effect == each.new.effect
    return f"{each.old.effect}, otherwise than before" if same else f"{each.old.effect} → {each.new.effect}"


def _when(each: Difference, at: str) -> str:
    when = "now" if each.since == at else f"from {wording.instant(each.since)}"
    return f"{when} until {wording.instant(each.until)}" if each.until else when


def _by(found: Iterable[Difference], key: Callable[[Difference], Key]) -> list[tuple[Key, list[Difference]]]:
    """The differences that are alike, together: what a scan saw first, then the soonest, then the most frequent."""
    groups: dict[Key, list[Difference]] = {}
    for each in found:
        groups.setdefault(key(each), []).append(each)

    def weight(item: tuple[Key, list[Difference]]) -> tuple[bool, str, int]:
        alike = item[1]
        return not any(each.subject.sighting for each in alike), min(each.since for each in alike), -len(alike)

    return sorted(groups.items(), key=weight)


def _counted(found: Iterable[Difference]) -> str:
    """`3 tools and 2 sightings`."""
    each = list(found)
    tools = len({one.subject.name for one in each if one.subject.sighting is None})
    seen = len({one.subject.sighting for one in each if one.subject.sighting is not None})
    parts = [wording.many(tools, "tool")] if tools else []
    return wording.listed([*parts, *([wording.many(seen, "sighting")] if seen else [])])


def _seen(found: Iterable[Difference]) -> list[str]:
    """What a scan saw, a line a tool: `Claude Code: /a, /b`."""
    paths: dict[str, dict[str, None]] = {}
    for each in found:
        if each.subject.sighting is not None:
            paths.setdefault(each.subject.name, {}).update(dict.fromkeys(each.subject.circumstances))
    return [f"{name}: {', '.join(where)}" if where else name for name, where in paths.items()]


def _tools(found: Iterable[Difference]) -> list[str]:
    """The tools, a line for each circumstance in which they differ: `with version 2, user ana: alpha, beta`."""
    names: dict[str, dict[str, None]] = {}
    for each in found:
        if each.subject.sighting is None:
            names.setdefault(", ".join(each.subject.circumstances), {})[each.subject.name] = None
    return [f"with {inside}: {', '.join(who)}" if inside else ", ".join(who) for inside, who in names.items()]


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
    found: dict[str, Any] = scalars({"schema": schema, **parts})
    return found
