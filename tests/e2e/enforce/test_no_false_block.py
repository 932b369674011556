"""Nothing of a developer's day is stopped by a directive that bars all agents, known and unknown."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from clearance.model.record import Record
from tests.e2e.enforce.sources import SCRIPTS, SOURCES, sources
from tests.enforcing import PERSON, WORK, Enforced, Room
from tests.real_tools import Unavailable

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces, and questions of the kernel"),
]
LONGEST = 600


def _room() -> Room:
    try:
        room = Room(shared={SOURCES: sources()})
    except Unavailable as reason:
        pytest.skip(str(reason))
    room.path(f"{WORK}/day").mkdir()
    room.path(f"{WORK}/day").chmod(0o1777)
    return room


@pytest.fixture(scope="module")
def bare() -> Iterator[Room]:
    """Without enforcement."""
    with _room() as room:
        yield room


@pytest.fixture(scope="module")
def guarded() -> Iterator[Enforced]:
    """With the directive in force where all the work is done."""
    with _room() as room, Enforced(room) as here:
        yield here


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_comes_out_as_without(name: str, bare: Room, guarded: Enforced) -> None:
    first = guarded.next_record()
    before, after = (
        room.run("/bin/sh", "-ec", SCRIPTS[name], uid=PERSON, folder=f"{WORK}/day", seconds=LONGEST, SOURCES=SOURCES)
        for room in (bare, guarded.room)
    )
    assert before.code == 0, before
    assert (after.code, after.out) == (before.code, before.out), after
    assert after.out.strip()
    print(f"\n{name}: {before.ms:.0f} ms without, {after.ms:.0f} ms with\n{after.out}")
    assert [(one.kind, one.subject, one.outcome) for one in guarded.records(first) if not _harmless(one)] == []


def _harmless(record: Record) -> bool:
    """Changes are no decisions; starts that were too many to be told one by one are made up for by looking at all."""
    return record.kind == "change" or record.subject.get("event") == "events-lost"


def test_nothing_was_held_back(guarded: Enforced) -> None:
    """Counters agree with the records: starts were asked about, and let through, and the kernel asks less and less."""
    guard = guarded.status["guard"]
    print(guard)
    assert guard["events"] > 0
    assert [guard[name] for name in ("warned", "blocked", "killed", "late")] == [0, 0, 0, 0]
    assert not set(guarded.status["failures"]) - {"events-lost"}
