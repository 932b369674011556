"""Findings that somebody reviewed, read from a document and laid over a scan: they stay in it and no longer fail it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeVar

from msgspec import inspect, structs

from clearance.errors import Error, Place
from clearance.judge.parse import headed, raise_all
from clearance.judge.shape import Shape
from clearance.log import LOG
from clearance.model.sighting import Sighting, Suppressed, Unknown
from clearance.model.suppression import Suppression, Suppressions

KIND: Final = "Suppressions"

Finding = TypeVar("Finding", Sighting, Unknown)


def load_suppressions(path: str | None) -> tuple[Suppression, ...]:
    """The suppressions of a document; none without one. `Error` with its place for a bad one."""
    if path is None:
        return ()
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise Error(f"cannot read the suppressions: {error.strerror}", place=Place(path)) from error
    source, node = headed(path, data, KIND)
    shape = Shape(source)
    document: Suppressions = shape.value(node, inspect.type_info(Suppressions))
    raise_all(shape.errors)
    for number, entry in enumerate(document.suppressions):
        place = shape.written[("suppressions", number)].value.place()
        if not any((entry.id, entry.tool, entry.surface, entry.path, entry.user)):
            remedy = "name at least one of id, tool, surface, path, user"
            raise Error("a suppression that names nothing would hide everything", place=place, remedy=remedy)
        try:
            dt.date.fromisoformat(entry.until)
        except ValueError:
            raise Error(f'"{entry.until}" is not a date', place=place, remedy="write until: 2027-01-31") from None
    return document.suppressions


def suppressed(
    sightings: Sequence[Sighting], unknown: Sequence[Unknown], entries: Sequence[Suppression], today: dt.date
) -> tuple[tuple[Sighting, ...], tuple[Unknown, ...]]:
    """The findings with the first suppression in force that holds for each. One whose end is past is said on stderr."""
    live = [entry for entry in entries if dt.date.fromisoformat(entry.until) >= today]
    for entry in entries:
        if entry not in live:
            LOG.warning("a suppression of %s ended on %s and holds no longer", entry.owner, entry.until)
    if not live:
        return tuple(sightings), tuple(unknown)
    return tuple(_laid(s, live) for s in sightings), tuple(_laid(u, live) for u in unknown)


def _laid(finding: Finding, entries: Sequence[Suppression]) -> Finding:
    for entry in entries:
        if _holds(entry, finding):
            return structs.replace(finding, suppressed=Suppressed(entry.reason, entry.owner, entry.until))
    return finding


def _holds(entry: Suppression, finding: Sighting | Unknown) -> bool:
    tool = finding.tool if isinstance(finding, Sighting) else None
    surface = finding.surface if isinstance(finding, Sighting) else "binary"
    return (
        entry.id in (None, finding.id)
        and entry.tool in (None, tool)
        and entry.surface in (None, surface)
        and entry.user in (None, finding.user)
        and (entry.path is None or fnmatchcase(finding.path, entry.path))
    )
