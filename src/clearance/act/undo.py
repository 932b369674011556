"""Undoing: what the journal announced is put back as it was, newest first, however often this is done.

What is as before already is left alone; what somebody else changed since is kept and reported, never overwritten. Each
change is settled in the journal after it is undone, so undoing can itself be cut short and done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from clearance.act import restoring
from clearance.act.changes import (
    Change,
    GroupMade,
    PathChanged,
    SettingPut,
    TableMade,
    UnitsChanged,
    UnitStarted,
)
from clearance.act.journal import Journal, Outcome
from clearance.act.linux import cgroups, tables, units
from clearance.act.restoring import Kept
from clearance.act.settings import put_back

Undoer = Callable[[Any], bool]
"""Puts back one change. False: there was nothing to do. Raises `Kept`, or OSError where it could not be done."""

UNDOERS: Final[Mapping[type[Change], Undoer]] = {
    PathChanged: restoring.restore,
    SettingPut: put_back,
    TableMade: tables.remove,
    GroupMade: cgroups.dissolve,
    UnitsChanged: units.reload,
    UnitStarted: units.stop,
}
"""How each kind of change is undone."""


@dataclass
class Undone:
    """What came of it. `failed` can be tried again; `kept` was changed by somebody else since."""

    undone: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def undo(
    journal: Journal,
    *,
    which: Callable[[Change], bool] = lambda _: True,
    undoers: Mapping[type[Change], Undoer] = UNDOERS,
) -> Undone:
    """Put back every pending change for which `which` is true, newest first."""
    report = Undone()
    for planned in reversed(journal.pending()):
        if not which(planned.change):
            continue
        outcome: Outcome
        detail = ""
        try:
            outcome = "undone" if undoers[type(planned.change)](planned.change) else "nothing"
        except Kept as kept:
            outcome, detail = "kept", str(kept)
        except OSError as error:
            report.failed.append(f"{named(planned.change)}: {error.strerror or error}")
            continue
        journal.settle(planned.n, outcome, detail)
        if outcome == "undone":
            report.undone.append(named(planned.change))
    report.kept += [f"{named(planned.change)}: {why}" for planned, why in journal.kept()]
    journal.shrink()
    return report


def named(change: Change) -> str:
    """What a change is about, for people."""
    if isinstance(change, SettingPut):
        return f"{'.'.join(change.key)} in {restoring.shown(change.path)}"
    if isinstance(change, TableMade):
        return f"nft table {change.family} {change.name}"
    if isinstance(change, PathChanged | GroupMade):
        return restoring.shown(change.path)
    return f"unit {change.name}" if isinstance(change, UnitStarted) else "units of the service manager"
