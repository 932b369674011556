"""`clearance enforce`: put a directive into force on this machine, see what it does, and take it back.

Exit codes: `status` 0 once starts are answered, 3 when nothing runs; `why` 3 when nothing was told; `report` 3 when
nothing was recorded; everything else 0, or 2 with the reason.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from cyclopts import App, Parameter

from clearance.agent.launch import become_the_service
from clearance.agent.watched import watched
from clearance.cli.options import Flag
from clearance.cli.times import instant
from clearance.config import load_settings
from clearance.errors import Error, Place
from clearance.model.status import EnforceStatus
from clearance.model.terms import Enforce
from clearance.prove.formats.enforcement import report as enforcement_report
from clearance.prove.formats.enforcement import text as enforcement_text
from clearance.prove.formats.escape import json_text, plain
from clearance.prove.ledger.read import records_of
from clearance.tasks.enforce import host_mode
from clearance.tasks.enforce.features import must_be_asked
from clearance.wire.control import NotRunning, Question, ask

if TYPE_CHECKING:
    from clearance.act.undo import Undone

app = App(name="enforce", help="Put a directive into force on this machine, and take it back.")

NOTHING: Final = 3


@app.command
def run(
    *,
    directive: str | None = None,
    mode: Enforce | None = None,
    watch: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = (),
    host: Flag = False,
    no_network: Flag = False,
    state: str | None = None,
    runtime: str | None = None,
    verbose: Annotated[int, Parameter(name=["--verbose", "-v"], count=True)] = 0,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative=())] = False,
) -> int:
    """Enforce in the foreground until SIGTERM. The service unit and tests start it the same way.

    Parameters
    ----------
    directive
        A file, or a folder of *.yaml files. Default: the configured folder, else what was accepted last.
    mode
        How far it goes here: observe, warn or block. Default: what was set for this host; observe at first.
    watch
        Guard only the file systems of these paths.
    host
        Guard file systems (and the network) that the whole machine shares.
    no_network
        Leave names and connections alone.
    state
        Where records, keys and the accepted directive are kept.
    runtime
        Where the control socket is.
    verbose
        Say what is being done; twice: everything.
    quiet
        Say errors only.
    """
    if sys.platform != "linux":
        raise Error("programs can be stopped before they start on Linux only", remedy="elsewhere: clearance compile")
    if os.geteuid() != 0:
        raise Error(
            "only root may be asked by the kernel before a program starts", remedy="sudo clearance enforce run …"
        )
    found = load_settings(os.environ, {"state": state, "runtime": runtime})
    places = {name: found[name].value for name in ("state", "runtime", "directive")}
    watched(watch, host)
    must_be_asked()
    for folder in (places["state"], places["runtime"]):
        try:
            os.makedirs(folder, mode=0o700 if folder == places["state"] else 0o755, exist_ok=True)
        except OSError as error:
            what = f"cannot be made: {(error.strerror or '').lower()}"
            raise Error(what, place=Place(folder), remedy="name other folders with --state and --runtime") from error
    options = {
        "state": os.path.abspath(places["state"]),
        "runtime": os.path.abspath(places["runtime"]),
        "configured": places["directive"],
        "directive": os.path.abspath(directive) if directive else "",
        "mode": mode,
        "watch": [os.path.abspath(path) for path in watch],
        "host": host,
        "network": not no_network,
        "key": found["directive_key"].value,
        "verbosity": -1 if quiet else verbose,
    }
    become_the_service(options)


@app.command
def status(*, runtime: str | None = None, json: Flag = False) -> int:
    """What is enforced here now, and how it goes.

    Parameters
    ----------
    runtime
        Where the control socket is.
    json
        The whole status as JSON.
    """
    found = ask(_runtime(runtime), Question("status"))
    state = msgspec.convert(found, EnforceStatus, strict=False)
    if json:
        print(json_text(msgspec.json.encode(found)))
    else:
        sys.stdout.write(enforcement_text.status(state))
    return 0 if state.ready else NOTHING


@app.command
def report(*, since: str | None = None, state: str | None = None, json: Flag = False) -> int:
    """What was blocked, warned of or, where this host only observes, would have been: by rule, for whom, how often.

    Parameters
    ----------
    since
        Not before this time: 2026-07-10, or 2026-07-10T09:00Z. Default: everything that was kept.
    state
        Where the records are kept.
    json
        The report as JSON (clearance/enforce-report/v1).
    """
    folder = os.path.join(_place("state", state), "ledger")
    start = instant("--since", since)
    try:
        found = enforcement_report.report(records_of(folder), start)
    except OSError as error:
        raise Error(
            f"the records cannot be read: {(error.strerror or '').lower()}",
            place=Place(folder),
            remedy="where nothing was enforced yet there are none; else read them as root",
        ) from error
    if json:
        print(json_text(msgspec.json.encode(enforcement_report.document(found))))
    else:
        sys.stdout.write(enforcement_report.text(found))
    return 0 if found.records else NOTHING


@app.command
def why(*, runtime: str | None = None, user: str | None = None, json: Flag = False) -> int:
    """The last thing that was stopped, warned of or announced for you, in full.

    Parameters
    ----------
    runtime
        Where the control socket is.
    user
        Another person's (root only).
    json
        As JSON, with the decision.
    """
    arguments: dict[str, Any] = {}
    if user is not None:
        import pwd

        try:
            arguments["uid"] = int(user) if user.isdecimal() else pwd.getpwnam(user).pw_uid
        except KeyError:
            raise Error(f"there is no user {user!r} here", remedy="name a user as `id USER` knows it") from None
    found = ask(_runtime(runtime), Question("why", arguments))
    if found is None:
        print("Nothing was stopped or announced for you here.", file=sys.stderr)
        return NOTHING
    sys.stdout.write(json_text(msgspec.json.encode(found)) + "\n" if json else enforcement_text.why(found))
    return 0


@app.command
def pause(
    *,
    for_: Annotated[str, Parameter(name="--for")],
    reason: str,
    runtime: str | None = None,
    state: str | None = None,
) -> int:
    """Let everything start for a while. It is recorded, works without a network, and ends by itself.

    Parameters
    ----------
    for_
        How long: 30m, 2h, 90s; at most 24h.
    reason
        Why; it is recorded.
    runtime
        Where the control socket is.
    state
        Where to leave the pause for a service that does not run now.
    """
    span = host_mode.duration(for_)
    if not reason.strip():
        raise Error("a pause needs a reason", remedy='clearance enforce pause --for 30m --reason "…"')
    try:
        found = ask(_runtime(runtime), Question("pause", {"seconds": span.total_seconds(), "reason": reason}))
        until = found["until"]
    except NotRunning:
        _only_root("pause")
        now = dt.datetime.now(dt.UTC)
        until = (now + span).isoformat(timespec="seconds")
        made = host_mode.Pause(until, reason, os.getuid(), now.isoformat(timespec="seconds"))
        host_mode.set_pause(_place("state", state), made)
    print(f"Paused until {until}. End it earlier: clearance enforce resume")
    return 0


@app.command
def resume(*, runtime: str | None = None, state: str | None = None) -> int:
    """End a pause.

    Parameters
    ----------
    runtime
        Where the control socket is.
    state
        Where the pause of a service that does not run now lies.
    """
    try:
        ask(_runtime(runtime), Question("resume"))
    except NotRunning:
        _only_root("resume")
        host_mode.set_pause(_place("state", state), None)
    print("The directive is in force again.")
    return 0


@app.command(name="mode")
def mode_(mode: Enforce, /, *, runtime: str | None = None, state: str | None = None) -> int:
    """Raise or lower how far this host goes: observe, warn or block.

    Parameters
    ----------
    mode
        observe: only recorded; warn: people are told; block: barred programs do not start.
    runtime
        Where the control socket is.
    state
        Where to leave the mode for a service that does not run now.
    """
    try:
        ask(_runtime(runtime), Question("mode", {"mode": mode}))
    except NotRunning:
        _only_root("mode")
        host_mode.set_mode(_place("state", state), mode)
    print(f"This host is in mode {mode}.")
    return 0


@app.command
def reload(directive: str | None = None, /, *, accept_blast_radius: Flag = False, runtime: str | None = None) -> int:
    """Put a directive in force without a restart. A bad one leaves the old one in force.

    Parameters
    ----------
    directive
        A file or folder. Default: the one that the service was started with.
    accept_blast_radius
        Put it in force even where it stops more programs than the directive's blast_radius.
    runtime
        Where the control socket is.
    """
    path = os.path.abspath(directive) if directive else ""
    found = ask(_runtime(runtime), Question("reload", {"directive": path, "told": accept_blast_radius}))
    print(f"Generation {found['generation']} is in force.")
    return 0


@app.command
def install(directive: str | None = None, /, *, root: str = "/", no_start: Flag = False, dry_run: Flag = False) -> int:
    """Install the service on this machine, or in an image. It observes: nothing is blocked until the mode is raised.

    Parameters
    ----------
    directive
        A file that is put into the folder of directives.
    root
        Where the files of an image lie that is being built. Nothing is started then.
    no_start
        Do not start the service now.
    dry_run
        Say what would be done.
    """
    from clearance.tasks.enforce.install import install as task

    report = task(root, directive=directive, dry_run=dry_run, start=not no_start)
    for line in report.done:
        print(f"{'would ' if dry_run else ''}{plain(line)}")
    if report.refused is not None:
        print(f"warning: {report.refused}", file=sys.stderr)
        print("  what was in force stays; where nothing was, it is put in force once it is mended", file=sys.stderr)
    if report.started:
        print("The service runs and observes. See it: clearance enforce status")
    elif report.waiting:
        print("There is no directive yet: put a *.yaml file into /etc/clearance/directive.d, then install again.")
    elif not dry_run:
        print("Installed; it starts with the machine." if report.done else "Everything is installed already.")
    return 0


@app.command
def uninstall(*, root: str = "/", keep_ledger: Flag = False, dry_run: Flag = False) -> int:
    """Take enforcement off again: everything is as it was before. Can be cut short and done again.

    Parameters
    ----------
    root
        Where the files of an image lie.
    keep_ledger
        Leave the records, and the key that they are checked with.
    dry_run
        Say what would be taken back.
    """
    from clearance.tasks.enforce.install import uninstall as task

    return _undone(task(root, keep_ledger=keep_ledger, dry_run=dry_run), would=dry_run)


@app.command
def undo(*, root: str = "/") -> int:
    """Take back what enforcement changed on this machine while it ran: packet rules, groups, settings of tools.

    Parameters
    ----------
    root
        Where the files of an image lie.
    """
    from clearance.tasks.enforce.install import undo_changes

    return _undone(undo_changes(root), would=False)


def _undone(report: Undone, *, would: bool) -> int:
    for line in report.undone:
        print(f"{'would take back' if would else 'taken back'}: {plain(line)}")
    for line in report.kept:
        print(f"kept: {plain(line)}")
    if not (report.undone or report.kept or report.failed):
        print("There is nothing to take back.")
    if report.failed:
        raise Error(
            f"could not be taken back: {'; '.join(plain(line) for line in report.failed)}",
            remedy="the rest is done; run the same command again",
        )
    return 0


def _runtime(given: str | None) -> str:
    return _place("runtime", given)


def _place(name: str, given: str | None) -> str:
    return load_settings(os.environ, {name: given})[name].value


def _only_root(what: str) -> None:
    if os.geteuid() != 0:
        raise Error(f"only root may use `enforce {what}`", remedy=f"sudo clearance enforce {what} …")
