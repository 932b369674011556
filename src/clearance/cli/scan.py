"""`clearance scan`: which AI coding tools are on this machine, how sure that is, and what the directive says."""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from clearance.cli.options import Flag, Output
from clearance.cli.output import check_writable, write
from clearance.config import load_settings
from clearance.log import set_verbosity
from clearance.model.sighting import ScanResult
from clearance.model.terms import EFFECTS, Effect

app = App(name="scan", help="Which AI coding tools are on this machine, and may they be used?")

GroupBy = Literal["decision", "tool", "user"]
Format = Literal["text", "json", "sarif", "cyclonedx", "ocsf", "html"]


@app.default
def scan(
    *,
    root: str = "/",
    deep: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = (),
    directive: str | None = None,
    format: Format = "text",  # noqa: A002 - the option's name is what counts
    json: Flag = False,
    output: Output = None,
    group_by: GroupBy = "decision",
    since: str | None = None,
    suppressions: str | None = None,
    fail_on: Literal["warn", "block", "never"] = "block",
    network_filesystems: Flag = False,
    no_live: Flag = False,
    workers: Annotated[int | None, Parameter(validator=Number(gte=1, lte=256))] = None,
    offline: Flag = False,
    quiet: Annotated[bool, Parameter(alias="-q", negative=())] = False,
    verbose: Annotated[int, Parameter(alias="-v", count=True, negative=())] = 0,
) -> int:
    """Look for AI coding tools in every home that this user may read, and judge what is found.

    Found programs are never executed and nothing is sent anywhere.

    Parameters
    ----------
    root
        Scan this folder as if it were a host: a mounted image, a container layer, a copied home.
    deep
        Look at every file below these paths, beside the known places of every home.
    directive
        The directive: a file, or a folder of NN-*.yaml files. Default: the configured one, else a shipped example.
    format
        text, json, sarif, cyclonedx, ocsf or html.
    json
        The same as --format json.
    output
        Write to this file instead of the standard output.
    group_by
        How the text is ordered: by decision, tool or user.
    since
        An earlier scan's JSON: say what is new and gone.
    suppressions
        A file of findings that were reviewed, each with reason, owner and end.
    fail_on
        From which effect on the exit code is 1. Settings that differ from what the directive asks count as warn.
    network_filesystems
        Cross into network filesystems too.
    no_live
        Leave out running processes, sockets and containers.
    workers
        How many processes walk a deep scan. Default: one for each processor.
    offline
        Never use the network. A scan never does; the flag is here so that scripts may say so.
    quiet
        Say nothing on stderr but errors.
    verbose
        Say more on stderr; twice for everything.
    """
    from clearance.tasks.scan import ScanOptions, run_scan

    set_verbosity(-1 if quiet else verbose)
    if output is not None:
        # What cannot be written is better known before a long scan than after it.
        check_writable(output)
    settings = load_settings(os.environ, {"directive": directive, "suppressions": suppressions})
    result = run_scan(
        ScanOptions(
            root=root,
            deep=deep,
            directive=settings["directive"].value if settings["directive"].origin != "default" else None,
            since=since,
            suppressions=settings["suppressions"].value or None,
            network=network_filesystems,
            live=not no_live,
            workers=workers,
            progress=not quiet and sys.stderr.isatty(),
        )
    )
    chosen: Format = "json" if json else format
    _write(result, chosen, output, group_by, verbose)
    return exit_code(result, chosen, fail_on)


def _write(result: ScanResult, chosen: Format, output: str | None, group_by: GroupBy, verbose: int) -> None:
    from clearance.prove.formats.rendering import RenderOptions
    from clearance.prove.formats.scan import render

    terminal = output is None and sys.stdout.isatty()
    options = RenderOptions(
        group_by=group_by,
        colour=terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        width=shutil.get_terminal_size((100, 24)).columns,
        home_prefixes=result.homes,
        verbose=verbose > 0,
        privileged=os.geteuid() == 0 if hasattr(os, "geteuid") else False,
    )
    text = render(chosen, result, options)
    if output is None and chosen != "text" and isinstance(sys.stdout, io.TextIOWrapper):
        # Text suits the terminal that it is shown on; a document is UTF-8 wherever it is sent.
        sys.stdout.reconfigure(encoding="utf-8")
    # It says what everybody here uses.
    write(text, output, alone=True)


def exit_code(result: ScanResult, chosen: Format, fail_on: Literal["warn", "block", "never"]) -> int:
    """The scan's exit code as `docs/usage.md` lists them: 3, 4, 1, 0 in that order."""
    if result.summary.files_seen == 0 and not result.sightings:
        return 3
    if incomplete(result):
        return 4
    return 1 if chosen != "sarif" and fails(result, fail_on) else 0


def incomplete(result: ScanResult) -> bool:
    """True where something that matters could not be read."""
    return any(s.matters for s in result.skipped) or any(c.state == "not-readable" for c in result.coverage)


def fails(result: ScanResult, fail_on: Literal["warn", "block", "never"]) -> bool:
    """True where something that nobody suppressed is judged at or above the limit; a setting that differs is a warn."""
    if fail_on == "never":
        return False
    limit: Effect = fail_on
    worst = EFFECTS.index(limit)
    judged = [(s.decision, s.suppressed) for s in result.sightings] + [
        (u.decision, u.suppressed) for u in result.unknown
    ]
    if worst <= EFFECTS.index("warn") and any(s.deviations and s.suppressed is None for s in result.sightings):
        return True
    return any(
        decision is not None and suppressed is None and EFFECTS.index(decision.effect) >= worst
        for decision, suppressed in judged
    )
