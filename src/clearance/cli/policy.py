"""`clearance policy`: check, try out, test and compare directives.

Exit codes: `check` 1 for a remark at or above `--fail-on`; `decide` 1 for an effect at or above it; `test` 1 when a
case fails and 3 when there is none; `diff` 1 when anything is judged differently; `explain` 0. A directive that
cannot be read is 2 everywhere.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import App, Parameter

from clearance.catalog import Catalog, load_catalog
from clearance.catalog.source import shown
from clearance.cli.options import Flag
from clearance.cli.output import print_document
from clearance.errors import Error, Errors, Place, Unreadable
from clearance.judge.diff import diff as differences
from clearance.judge.engine import Judge
from clearance.judge.instants import instant, written
from clearance.model.decision import Request
from clearance.model.review import Remark
from clearance.model.terms import EFFECTS, Confidence, Effect, Surface
from clearance.prove.formats import decision as decision_format
from clearance.prove.formats import policy as policy_format
from clearance.tasks import policy as task

app = App(name="policy", help="Check, try out, test and compare directives.")


@Parameter(name="*")
@dataclass(frozen=True)
class Asked:
    """What is to be judged. Whatever is left out was not observed."""

    tool: str | None = None
    "The tool's id. Without it, an unknown agent is judged, and --score says how like one."
    version: str | None = None
    "The version seen."
    user: str | None = None
    "The user who runs it."
    group: Annotated[tuple[str, ...] | None, Parameter(negative=())] = None
    "A unix group of the user; may be given several times."
    host: str | None = None
    "The host it runs on."
    endpoint: str | None = None
    "The host it sends to, or its URL. Default: the tool's own."
    surface: Surface | None = None
    "How it shows."
    confidence: Confidence | None = None
    "How sure its identification is."
    score: float | None = None
    "How like an agent an unknown program is, 0 to 1."
    at: str | None = None
    "The instant to judge at: 2026-07-10, or 2026-07-10T09:00Z. Default: now."


@app.command
def check(
    directive: str,
    /,
    *,
    at: str | None = None,
    fail_on: Literal["warning", "error", "never"] = "warning",
    json: Flag = False,
) -> int:
    """Read a directive and say what is wrong with it, or what somebody should look at.

    Parameters
    ----------
    directive
        A file, or a folder of *.yaml files.
    at
        The instant that counts as now. Default: now.
    fail_on
        The least severity that makes the exit code 1.
    json
        The remarks as JSON.
    """
    try:
        merged = task.load(directive)
    except Error as error:
        if json:
            print_document(policy_format.check_document(_unreadable(error), None))
            return error.exit_code
        raise
    catalog = load_catalog()
    judge = task.judge_of(merged, catalog)
    remarks = task.check(merged, catalog, _instant(at, judge))
    if json:
        print_document(policy_format.check_document(remarks, judge.policy))
    else:
        print(policy_format.check_text(remarks, judge.policy), end="")
    counted = {"warning": ("warning", "error"), "error": ("error",), "never": ()}[fail_on]
    return int(any(remark.severity in counted for remark in remarks))


@app.command
def decide(
    directive: str, /, *, asked: Asked | None = None, fail_on: Effect | Literal["never"] = "block", json: Flag = False
) -> int:
    """Judge one request by a directive.

    Parameters
    ----------
    directive
        A file, or a folder of *.yaml files.
    fail_on
        The weakest effect that makes the exit code 1.
    json
        The decision as JSON (clearance/decision/v1).
    """
    judge, request, name = _asked(directive, asked or Asked())
    decision = judge.decide(request)
    if json:
        print_document(decision_format.document(decision))
    else:
        print(decision_format.render_text(decision, name), end="")
    return int(fail_on != "never" and EFFECTS.index(decision.effect) >= EFFECTS.index(fail_on))


@app.command
def explain(directive: str, /, *, asked: Asked | None = None, json: Flag = False) -> int:
    """Show how a decision comes about: every waiver and rule, what it asks for, what was seen, and what came of it.

    Parameters
    ----------
    directive
        A file, or a folder of *.yaml files.
    json
        The trace as JSON.
    """
    judge, request, name = _asked(directive, asked or Asked())
    trace = judge.explain(request)
    if json:
        print_document(policy_format.explain_document(trace))
    else:
        print(policy_format.explain_text(trace, name), end="")
    return 0


@app.command(name="test")
def run_tests(
    directive: str,
    /,
    *cases: str,
    json: Flag = False,
    verbose: Annotated[bool, Parameter(alias="-v", negative=())] = False,
) -> int:
    """Run the test cases of a directive.

    Parameters
    ----------
    directive
        A file, or a folder of *.yaml files.
    cases
        Files of cases. Default: those beside the directive: NAME.test.yaml for NAME.yaml, all *.test.yaml of a folder.
    json
        The results as JSON.
    verbose
        Name the cases that passed, too.

    """
    judge = task.judge_of(task.load(directive), load_catalog())
    results = task.run_tests(task.cases_of(directive, cases), judge)
    if json:
        print_document(policy_format.cases_document(results))
    else:
        print(policy_format.cases_text(results, verbose=verbose), end="")
    if not results:
        print("there is no case to run: write them into NAME.test.yaml beside NAME.yaml", file=sys.stderr)
        return 3
    return int(any(result.mismatches for result in results))


@app.command
def diff(old: str, new: str, /, *, scan: str | None = None, at: str | None = None, json: Flag = False) -> int:
    """Show which tools and sightings two directives judge differently, and from when.

    Parameters
    ----------
    old
        The directive before: a file or a folder.
    new
        The directive after.
    scan
        A scan's document (clearance scan --json), whose sightings are judged by both.
    at
        The instant that counts as now. Default: now.
    json
        The differences as JSON.
    """
    catalog = load_catalog()
    before = task.judge_of(task.load(old), catalog)
    after = task.judge_of(task.load(new), catalog)
    moment = _instant(at, after)
    seen = task.sightings(scan, {**before.tools, **after.tools, **after.catalog}, moment) if scan else ()
    found = differences(before, after, moment, seen)
    if json:
        print_document(policy_format.diff_document(found, written(moment), before.policy, after.policy))
    else:
        print(policy_format.diff_text(found, written(moment), before.policy, after.policy), end="")
    return int(bool(found))


@app.command
def sign(directive: str, /, *, key: str) -> int:
    """Sign a directive as its owner: hosts that have the public key (setting `directive_key`) take no other.

    The signature is over what the directive says, not over how it is laid out, and stands beside it in DIRECTIVE.sig.

    Parameters
    ----------
    directive
        A file, or a folder of *.yaml files.
    key
        The owner's private key, Ed25519 in PEM: openssl genpkey -algorithm ed25519
    """
    from clearance.tasks.enforce import acceptance

    try:
        made = acceptance.sign(directive, key)
    except OSError as error:
        raise Error(
            f"the signature cannot be written: {(error.strerror or '').lower()}", place=Place(str(error.filename or ""))
        ) from error
    print(f"Signed: {made}")
    return 0


def _asked(directive: str, asked: Asked) -> tuple[Judge, Request, str]:
    """The judge, the request, and what to call its subject."""
    if asked.tool is None and asked.score is None:
        raise Error("there is nothing to judge", remedy="name a tool with --tool, or an unknown agent's --score")
    if asked.score is not None and (asked.tool is not None or not 0 <= asked.score <= 1):
        why = "is for unknown agents, and --tool names a known tool" if asked.tool else "is from 0 to 1"
        raise Error(f"--score {why}", remedy="leave out one of them" if asked.tool else "write for example --score 0.9")
    catalog: Catalog = load_catalog()
    judge = task.judge_of(task.load(directive), catalog)
    facts = None if asked.tool is None else task.tool_named(judge, catalog, asked.tool)
    request = Request(
        tool=facts,
        at=_instant(asked.at, judge),
        version=asked.version,
        surface=asked.surface,
        endpoint=None if asked.endpoint is None else task.endpoint_named(asked.endpoint),
        user=asked.user,
        unix_groups=asked.group,
        host=asked.host,
        confidence=asked.confidence,
        score=asked.score,
    )
    name = facts.name if facts else "an unknown agent"
    return judge, request, f"{name} {asked.version}" if asked.version else name


def _instant(text: str | None, judge: Judge) -> dt.datetime:
    """What `--at` says, a bare date being its first instant in the directive's time zone. Default: now."""
    if text is None:
        return task.now()
    try:
        return instant(text, judge.zone)
    except Unreadable as error:
        raise Error(f'--at "{shown(text)}" {error.what}', remedy=error.remedy) from None


def _unreadable(error: Error) -> tuple[Remark, ...]:
    """What makes a directive unreadable, as remarks."""
    errors = error.errors if isinstance(error, Errors) else (error,)
    return tuple(Remark("unreadable", "error", each.place or Place(""), each.what, each.remedy) for each in errors)
