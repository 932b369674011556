"""ONE walk over a host for all probes and for identity.

Known places are looked up; below the folders of the scope every name is matched once and every file that could be a
program is looked into. What was not entered is in `skipped`.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from clearance.catalog.index import Catalog
from clearance.model.sighting import Skipped
from clearance.observe.crew import Crew, Report, visit_alone
from clearance.observe.host import HostView
from clearance.observe.identity.rules import Rules
from clearance.observe.lookup import Lookup
from clearance.observe.patterns import Index
from clearance.observe.probe import Observation, Probe
from clearance.observe.visit import Visitor

PROGRAM_PLACES: Final = (
    "/usr/local", "/opt", "/usr/bin", "/usr/sbin", "/usr/games", "/usr/lib/node_modules", "/usr/share/nodejs",
    "/usr/lib/python3", "/usr/libexec", "/srv", "/tmp", "/var/tmp", "/dev/shm", "/var/lib/flatpak", "/snap",
    "/home/linuxbrew/.linuxbrew", "/Applications", "/Program Files", "/Program Files (x86)", "/ProgramData", "/app",
    "/workspace", "/workspaces",
)  # fmt: skip
"""Where programs lie outside homes. Places that the host does not have cost one look-up."""

MOST_FOLDERS: Final = 60_000
"""Folders that the default scan goes into. A home with more is named in `skipped`, for `--deep`."""

SMALL: Final = 800
"""Folders that one process visits before a crew is worth its start-up (about 30 ms)."""


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
    known = Visitor(view, index, catalog, rules, pruned=True)
    _known_places(view, index, known)
    observations = known.take()
    files, folders = known.files, 0
    deep = tuple(_normal(path) for path in scope.deep)
    default = [root for root in _default_roots(view) if not _inside(root, deep)]
    plans = (
        (Visitor(view, index, catalog, rules, pruned=True), default, scope.most_folders),
        (Visitor(view, index, catalog, rules, pruned=False), list(_outermost(deep)), None),
    )
    for visitor, roots, bound in plans:
        for report in _visit(visitor, roots, bound, scope.workers):
            observations.extend(report.observations)
            files += report.files
            folders += report.folders
            if progress is not None:
                progress(files)
    return Walked(tuple(observations), files, folders)


def _known_places(view: HostView, index: Index, visitor: Visitor) -> None:
    lookup = Lookup(view)
    for wanted in index.anchored:
        homes: tuple[str | None, ...] = (
            tuple(home.path for home in view.homes) if wanted.pattern.glob.startswith("~/") else (None,)
        )
        for home in homes:
            for path in lookup.expand(wanted.pattern.glob, home):
                visitor.hand(path, wanted, tuple(lookup.listing(os.path.dirname(path))))
    for path, reason in lookup.blocked.items():
        visitor.seen.append(Skipped("walk", path, reason))


def _default_roots(view: HostView) -> tuple[str, ...]:
    places = [home.path for home in view.homes]
    for place in PROGRAM_PLACES:
        why = view.closed.get(place)
        if why is None and _is_folder(view, place):
            places.append(place)
    return _outermost(places)


def _is_folder(view: HostView, path: str) -> bool:
    try:
        os.close(view.rooted.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _normal(path: str) -> str:
    return "" if path == "/" else os.path.normpath(os.path.join("/", path))


def _inside(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _outermost(paths: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted(dict.fromkeys(paths)):
        if not _inside(path, kept):
            kept.append(path)
    return tuple(kept)


def _visit(visitor: Visitor, roots: Sequence[str], most: int | None, workers: int | None) -> Iterator[Report]:
    """First alone, since most walks are small; then with a crew where the machine has the processors for it."""
    size = workers or _processors()
    left = tuple(roots)
    folders = 0
    for report in visit_alone(visitor, left, most if size == 1 else SMALL):
        left = report.left
        folders += report.folders
        yield report
    if left and size > 1 and (most is None or folders < most):
        for report in Crew(visitor, size).walk(left, None if most is None else most - folders):
            left = report.left
            yield report
    if left and most is not None:
        reason = f"the default scan ends after {most} folders; look at everything with --deep"
        yield Report(tuple(Skipped("walk", path, reason, matters=False) for path in left), 0, 0, ())


def _processors() -> int:
    if "fork" not in multiprocessing.get_all_start_methods():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
