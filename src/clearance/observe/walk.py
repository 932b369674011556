"""ONE walk over a host for all probes and for identity.

Known places are looked up; below the folders of the scope every name is matched once and every file that could be a
program is looked into. What was not entered is in `skipped`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from clearance.catalog.index import Catalog
from clearance.model.sighting import Skipped
from clearance.observe.crew import Report
from clearance.observe.descent import Descent
from clearance.observe.host import HostView
from clearance.observe.identity.rules import Rules
from clearance.observe.lookup import Lookup
from clearance.observe.patterns import Index
from clearance.observe.places import is_inside, outermost, searched, trees
from clearance.observe.probe import Observation, Probe
from clearance.observe.probing import Probing
from clearance.observe.visit import Visitor

MOST_FOLDERS: Final = 20_000
"""Folders that the default scan goes into below each place. What has more is named in `skipped`, for `--deep`."""


class WalkScope(Struct, frozen=True):
    """What to walk. Below the `deep` paths everything is looked at, without bound. `workers` None: all processors."""

    deep: tuple[str, ...] = ()
    workers: int | None = None
    most_folders: int = MOST_FOLDERS


class Walked(Struct, frozen=True):
    """What a walk gave."""

    observations: tuple[Observation, ...]
    files: int
    folders: int


def walk(
    view: HostView,
    scope: WalkScope,
    probes: Sequence[Probe],
    catalog: Catalog,
    rules: Rules,
    progress: Callable[[int], None] | None = None,
) -> Walked:
    """Everything that the probes and identity find on this host within the scope. `progress` is told the files seen."""
    index = Index(probes, [probe.patterns(catalog) for probe in probes], fold_case=view.os != "linux")
    observations: list[Observation] = []
    files = folders = 0
    for report in _reports(view, scope, index, catalog, rules):
        observations.extend(report.observations)
        files += report.files
        folders += report.folders
        if progress is not None:
            progress(files)
    return Walked(tuple(observations), files, folders)


def known_places(view: HostView, probes: Sequence[Probe], catalog: Catalog) -> tuple[Observation, ...]:
    """What the probes find where their paths name places: no folder is gone through, no program looked into."""
    index = Index(probes, [probe.patterns(catalog) for probe in probes], fold_case=view.os != "linux")
    return tuple(seen for report in _known_places(view, index, catalog) for seen in report.observations)


def _reports(view: HostView, scope: WalkScope, index: Index, catalog: Catalog, rules: Rules) -> Iterator[Report]:
    whole, files, missed = _deep(view, scope.deep)
    programs = searched(view)
    default, left = trees(view)
    if scope.deep:
        # Whoever names folders gets these and the known places; to go through all homes as well would cost more
        # than the folders that were asked for.
        default = ()
        left = (*left, Skipped("walk", "/", "beside the known places, only the --deep paths were gone through", False))
    yield Report((*missed, *left))
    pruned = Visitor(
        view, index, catalog, rules, pruned=True, roots=(*default, *programs), searched=programs, without=whole,
        puts_off=True,
    )  # fmt: skip
    yield from _known_places(view, index, catalog)
    beside = [place for place in programs if not _is_below(view, place, (*default, *whole))]
    with Descent(pruned, scope.workers) as descent:
        yield from descent.bounded(default, scope.most_folders, beside)
    deep = Visitor(view, index, catalog, rules, pruned=False, roots=whole, searched=programs)
    for path in files:
        deep.file(path)
    yield Report(tuple(deep.take()), len(files))
    with Descent(deep, scope.workers) as descent:
        yield from descent.whole(whole)


def _is_below(view: HostView, place: str, folders: Sequence[str]) -> bool:
    """Whether the way down these folders comes to `place`. It follows no link: `~/bin` may be one to somewhere else."""
    try:
        return is_inside(view.resolve(place), folders)
    except OSError:
        return True


def _known_places(view: HostView, index: Index, catalog: Catalog) -> Iterator[Report]:
    """The anchored patterns: of the whole host, then of each home."""
    seen: list[Observation] = []
    probing = Probing(view, index, catalog, seen)
    for home in (None, *(home.path for home in view.homes)):
        lookup = Lookup(view, home)
        for wanted in index.anchored:
            if wanted.pattern.glob.startswith("~/") is (home is not None):
                for path in lookup.expand(wanted.pattern.glob):
                    probing.hand(path, wanted, () if wanted.pattern.folder else lookup.names(os.path.dirname(path)))
        yield Report((*seen, *lookup.skipped.values()))
        seen.clear()


def _deep(view: HostView, paths: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], list[Skipped]]:
    """The folders to go down from, none inside another; the single files; and the paths that a scan stays out of."""
    folders: list[str] = []
    files: list[str] = []
    missed: list[Skipped] = []
    for path in paths:
        try:
            real = view.resolve(os.path.normpath(os.path.join("/", path)))
            regular = stat.S_ISREG(view.rooted.stat(real).st_mode)
        except OSError as error:
            missed.append(Skipped("walk", path, (error.strerror or str(error)).lower()))
        else:
            (files if regular else folders).append("" if real == "/" else real)
    whole = outermost(folders)
    return whole, tuple(path for path in dict.fromkeys(files) if not is_inside(path, whole)), missed
