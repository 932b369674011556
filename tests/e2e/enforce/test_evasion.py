"""Evasion suite: a real agent, a real way around, and what came of it. Times are printed, never asserted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.model.record import Record
from tests.e2e.enforce.detours import WAYS
from tests.e2e.enforce.evasions import Way
from tests.e2e.enforce.innocent import INNOCENT, Innocent
from tests.e2e.enforce.scene import LONGEST, Scene
from tests.enforcing import WORK, Enforced, Started
from tests.real_tools import Unavailable

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces, and questions of the kernel"),
]
LIMITS = Path(__file__).parents[3] / "docs" / "limitations.md"
HELD = {"blocked": ("blocked",), "killed": ("killed", "blocked")}
"""What counts as such an outcome: once it is known, a script does not begin any more."""


def _scene() -> Scene:
    try:
        return Scene()
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def bare() -> Iterator[Scene]:
    """Without enforcement."""
    scene = _scene()
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[Scene, Enforced]]:
    """With a directive in force that bars all agents."""
    scene = _scene()
    here = Enforced(scene.room, watch=(WORK, "/dev/shm"))
    yield scene, here
    here.stop()
    scene.close()


def worked(scene: Scene, way: Way, before: int, done: Started) -> bool:
    """Whether the agent came to its work."""
    return way.agent.writes in done.out + done.err if way.agent.writes else scene.connections() > before


@pytest.mark.parametrize("way", [way for way in WAYS if way.bare], ids=lambda way: way.name)
def test_without_enforcement_the_agent_does_its_work(bare: Scene, way: Way) -> None:
    before = bare.connections()
    try:
        done = way.run(bare)
        assert worked(bare, way, before, done), done
    finally:
        bare.tidy()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_outcome(guarded: tuple[Scene, Enforced], way: Way) -> None:
    scene, here = guarded
    try:
        check(scene, here, way)
    finally:
        scene.tidy()


@pytest.mark.parametrize("one", INNOCENT, ids=lambda one: one.name)
def test_what_only_looks_alike_goes_on(guarded: tuple[Scene, Enforced], one: Innocent) -> None:
    scene, here = guarded
    first = here.next_record()
    try:
        done = one.run(scene)
        assert done.code == 0, done
        assert here.decided(first) == []
    finally:
        scene.tidy()


def check(scene: Scene, here: Enforced, way: Way) -> None:
    """Try the way, and compare what came of it with what is to come of it."""
    first, before = here.next_record(), scene.connections()

    def about(record: Record) -> bool:
        return record.kind == "decision" and record.subject["tool"] == way.agent.tool

    done = way.run(scene)
    if way.outcome == "through":
        assert worked(scene, way, before, done), done
        assert not [record for record in here.records(first) if about(record)]
        assert way.limit in LIMITS.read_text(encoding="utf-8")
        return
    record = here.await_record(first, about, LONGEST / 2)
    assert record is not None, done
    print(
        f"{way.name:50} {record.outcome.done:8} {record.subject['means']:7}"
        f" from notice {(record.outcome.latency_us or 0) / 1000:7.1f} ms, from the start {done.ms:8.1f} ms"
    )
    assert record.outcome.done in HELD[way.outcome], record
    assert not worked(scene, way, before, done), done
    assert not {one.outcome.done for one in here.records(first) if about(one)} & {"late", "allowed"}
