"""`allow-with-settings` in mode block: what a directive asks of a tool is set for each person, with an undo.

Whom it concerns, and whether it goes so far, the very table says that starts are answered from.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from clearance.act.journal import Journal
from clearance.catalog import Catalog
from clearance.judge.enforcement import carried_out
from clearance.judge.settings import deviations
from clearance.model.sighting import Deviation, SwitchState
from clearance.tasks.enforce import settings
from clearance.tasks.enforce.surveyed import PutRight
from clearance.tasks.enforce.table import Tabled

States = Mapping[tuple[str, str | None], tuple[SwitchState, ...]]


def wanted(states: States, tabled: Tabled) -> dict[str, tuple[Deviation, ...]]:
    """By tool: the settings that differ for somebody, and that the directive wants put right on this host. Pure."""
    found: dict[str, list[Deviation]] = {}
    for (tool, login), seen in states.items():
        decision = tabled.decision(tool, login)
        if login is None or decision is None or tabled.around.paused:
            continue
        if decision.effect != "allow-with-settings":
            continue
        if carried_out(decision.effect, decision.enforce, tabled.around.mode) != "block":
            continue
        for deviation in deviations(decision.settings, seen):
            found.setdefault(tool, []).append(structs.replace(deviation, user=login))
    return {tool: tuple(each) for tool, each in found.items()}


def put_right(states: States, tabled: Tabled, catalog: Catalog, state: str) -> tuple[PutRight, ...]:
    """Put right what differs. Each change is written to the undo journal of the state folder first."""
    differing = wanted(states, tabled)
    if not differing:
        return ()
    journal = Journal.begin(state)
    done: list[PutRight] = []
    for tool, each in differing.items():
        people = {name: who for name in {d.user or "" for d in each} if (who := settings.person(name)) is not None}
        done += settings.put_right(journal, each, catalog.tools[tool].switches, people)
    return tuple(done)
