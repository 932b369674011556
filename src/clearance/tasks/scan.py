"""One scan, composed: open the host, walk it once, see what runs, settle what is in force, judge, count.

Nothing is looked up twice and nothing flows back: what this returns is all that any output format needs.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, structs

import clearance
from clearance.catalog import Catalog, load_catalog
from clearance.errors import Error, Place
from clearance.log import LOG
from clearance.model.decision import ToolFacts
from clearance.model.sighting import Host, ScanResult, Sighting, Skipped, Summary, Unknown
from clearance.model.terms import EFFECTS
from clearance.observe.coverage import coverage
from clearance.observe.host import HostView
from clearance.observe.identity.rules import Rules, compile_rules
from clearance.observe.identity.types import REPORTING_THRESHOLD
from clearance.observe.live.running import observations as live_observations
from clearance.observe.probe import Observation
from clearance.observe.processes import container_roots, running
from clearance.observe.programs import Programs
from clearance.observe.scan import PROBES
from clearance.observe.scan.merge import merge
from clearance.observe.scan.variables import meanings
from clearance.observe.settle import settle
from clearance.observe.walk import WalkScope, walk
from clearance.tasks.changes import changes_since, load_earlier
from clearance.tasks.judging import Surroundings, judged, judged_unknown
from clearance.tasks.local_tools import with_local
from clearance.tasks.policy_in_force import load_policy
from clearance.tasks.progress import Progress
from clearance.tasks.suppressing import load_suppressions, suppressed


class ScanOptions(Struct, frozen=True):
    """What to scan and against what. `directive` None: the configured one, else a shipped example."""

    root: str = "/"
    deep: tuple[str, ...] = ()
    directive: str | None = None
    since: str | None = None
    suppressions: str | None = None
    network: bool = False
    live: bool = True
    workers: int | None = None
    progress: bool = False


class Seen(Struct, frozen=True):
    """What the walk and the running processes gave, before it is settled."""

    observations: tuple[Observation, ...]
    files: int
    processes: int
    hidden: int


def run_scan(options: ScanOptions) -> ScanResult:
    """Scan a host and judge what is found. `Error` where the root, the directive or another named file is unusable."""
    started, clock = dt.datetime.now(dt.UTC), time.monotonic()
    catalog = load_catalog()
    policy = load_policy(options.directive, catalog)
    catalog = with_local(catalog, policy.judge.directive.tools, started.date())
    suppressions = load_suppressions(options.suppressions)
    earlier = load_earlier(options.since) if options.since is not None else None
    view = _open(options)
    rules = compile_rules(catalog)
    with Progress(options.progress) as progress:
        seen = look(view, options, catalog, rules, progress)
    settled = settle(seen.observations, catalog)
    around = Surroundings(
        at=started,
        host=view.name,
        tools=policy.tools,
        endpoints=settled.endpoints,
        unix_groups=view.unix_groups,
        switches=settled.switches,
        catalog=catalog.tools,
        os=view.os,
    )
    sightings = judged(merge(settled.sightings), policy.judge, around)
    unknown = judged_unknown(settled.agents, policy.judge, around, REPORTING_THRESHOLD)
    sightings, unknown = suppressed(sightings, unknown, suppressions, started.date())
    skipped = [*settled.skipped, *_hidden(seen.hidden)]
    ids = [sighting.id for sighting in sightings] + [agent.id for agent in unknown]
    return ScanResult(
        started=stamp(started),
        finished=stamp(dt.datetime.now(dt.UTC)),
        host=Host(view.name, view.os, options.root if view.live else view.root),
        policy=policy.ref,
        sightings=sightings,
        unknown=unknown,
        coverage=coverage(catalog, view.homes, view.unreadable_homes(), sightings, skipped),
        skipped=tuple(skipped),
        changes=changes_since(earlier, ids) if earlier is not None else None,
        summary=summary(sightings, unknown, seen, len(view.homes), time.monotonic() - clock),
        tools=_facts(sightings, policy.tools),
        homes=tuple((home.user, home.path) for home in view.homes),
    )


def _open(options: ScanOptions) -> HostView:
    asked = options.root
    try:
        view = HostView(options.root, network=options.network)
        if view.live:
            for folder in own_files():
                view.closed.setdefault(folder, "Clearance's own files; look into them with --root")
        for asked in options.deep:
            if not asked:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            view.exists(os.path.abspath(asked) if view.live else asked)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        remedy = "name a folder that is there and that you may read"
        raise Error(f"cannot scan: {why}", place=Place(asked) if asked else None, remedy=remedy) from error
    return view


def own_files() -> tuple[str, ...]:
    """Where this program's own files lie that hold every sign it looks for: its code, its examples, its tests.

    No more of a checkout than that is left out, so that it is no place to hide a tool in.
    """
    package = Path(clearance.__file__).resolve().parent
    checkout = package.parents[1]
    if not (checkout / "examples" / "laptop").is_dir():
        return (str(package),)
    return (str(package), str(checkout / "examples"), str(checkout / "tests"))


def look(view: HostView, options: ScanOptions, catalog: Catalog, rules: Rules, progress: Progress) -> Seen:
    """Walk the host, then see what runs on it, then the roots of the containers that run on it."""
    deep = tuple(os.path.abspath(path) for path in options.deep) if view.live else options.deep
    scope = WalkScope(deep=deep, workers=options.workers)
    walked = walk(view, scope, PROBES, catalog, rules, progress.files)
    found, files = list(walked.observations), walked.files
    if not (view.live and options.live):
        return Seen(tuple(found), files, 0, 0)
    variables = meanings(catalog)
    now = running(variables)
    known = {seen.path: seen for seen in found if isinstance(seen, Sighting) and seen.surface == "binary"}
    told: list[Observation] = []
    programs = Programs(view, catalog, rules, told)

    def identify(path: str) -> Sighting | None:
        if path not in asked:
            programs.at(path)
            asked[path] = next((seen for seen in told if isinstance(seen, Sighting)), None)
            told.clear()
        return asked[path]

    asked: dict[str, Sighting | None] = {}
    found += live_observations(now, catalog, known, variables, identify)
    for name, pid in container_roots():
        LOG.info("container %s", name)
        inside = _container(name, pid, options, catalog, rules)
        found += inside.observations
        files += inside.files
    return Seen(tuple(found), files, len(now.processes), now.hidden)


def _container(name: str, pid: int, options: ScanOptions, catalog: Catalog, rules: Rules) -> Seen:
    """A running container's files, with paths that say which container they are in."""
    try:
        view = HostView(f"/proc/{pid}/root/", network=options.network)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return Seen((Skipped("walk", f"container {name}", reason),), 0, 0, 0)
    walked = walk(view, WalkScope(workers=options.workers), PROBES, catalog, rules)
    view.rooted.close()
    prefix = f"container {name}:"
    return Seen(tuple(_placed(seen, prefix) for seen in walked.observations), walked.files, 0, 0)


def _placed(seen: Observation, prefix: str) -> Observation:
    """The same observation in another place. Settings of a container hold in it alone and are left out of users'."""
    placed = structs.replace(seen, path=prefix + seen.path)
    if isinstance(placed, Sighting):
        return structs.replace(placed, id=f"{placed.id}{_digest(prefix)}")
    return placed


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()


def _hidden(count: int) -> Iterable[Skipped]:
    if count:
        yield Skipped(
            "processes", "/proc", f"{count} processes of other users may not be seen; run as root", matters=False
        )


def stamp(at: dt.datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def summary(
    sightings: Sequence[Sighting], unknown: Sequence[Unknown], seen: Seen, homes: int, seconds: float
) -> Summary:
    """Counts by tool: a tool counts as what its worst sighting is judged."""
    worst: dict[str, int] = {}
    for found in sightings:
        if found.decision is not None:
            worst[found.tool] = max(worst.get(found.tool, 0), EFFECTS.index(found.decision.effect))
    effects = [EFFECTS[rank] for rank in worst.values()]
    return Summary(
        tools=len(worst),
        sightings=len(sightings),
        blocked=effects.count("block"),
        warned=effects.count("warn"),
        files_seen=seen.files,
        seconds=round(seconds, 3),
        homes=homes,
        processes=seen.processes,
        allowed=effects.count("allow") + effects.count("allow-with-settings"),
        unknown=len(unknown),
        deviating=len({found.tool for found in sightings if found.deviations}),
    )


def _facts(sightings: Sequence[Sighting], tools: Mapping[str, ToolFacts]) -> tuple[ToolFacts, ...]:
    wanted = {found.tool for found in sightings}
    wanted |= {s.decision.replacement.tool for s in sightings if s.decision and s.decision.replacement}
    return tuple(tools[tool] for tool in sorted(wanted) if tool in tools)
