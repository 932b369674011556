"""The surveyor: a child looks, and what it found arrives; again when settings change."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.agent.surveyor import AGAIN, Surveyor
from clearance.agent.watched import Watched
from clearance.catalog import load_catalog
from clearance.model.enforcement import KnownFile
from clearance.tasks.enforce import survey as looking
from clearance.tasks.enforce.surveyed import Survey
from tests.observe.identity.made import RULES, SOURCE

CATALOG = load_catalog()


@pytest.fixture
def surveyor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Surveyor]:
    settings = tmp_path / "home/.tool/settings.json"
    settings.parent.mkdir(parents=True)
    partial = Survey((), (), (("codex", "ana", "h"),), (str(settings),), (str(tmp_path / "home"),))
    whole = Survey((KnownFile(1, 2, 3, "codex"),), (), (), (str(settings),), (str(tmp_path / "home"),))
    monkeypatch.setattr(looking, "configured", lambda *_: partial)
    monkeypatch.setattr(looking, "survey", lambda *_: whole)
    before = len(os.listdir("/proc/self/fd"))
    made = Surveyor(CATALOG, RULES, Watched((), frozenset(), False))
    yield made
    made.stop()
    assert len(os.listdir("/proc/self/fd")) == before


def heard(surveyor: Surveyor) -> list[bool]:
    """Everything until a look is over: whether each failed."""
    done: list[bool] = []
    until = time.monotonic() + 60
    while not done and time.monotonic() < until:
        sources = dict(surveyor.sources(done.append))
        poll = select.poll()
        for fd in sources:
            poll.register(fd, select.POLLIN)
        for fd, _ in poll.poll(1000):
            sources[fd]()
    return done


def test_settings_first_then_everything(surveyor: Surveyor) -> None:
    surveyor.start(partial=True)
    surveyor.start(partial=False)
    assert heard(surveyor) == [False]
    assert surveyor.latest is not None
    assert (surveyor.latest.files, surveyor.latest.endpoints) == ((), (("codex", "ana", "h"),))
    surveyor.tick(1.0)
    assert heard(surveyor) == [False]
    assert surveyor.latest.files == (KnownFile(1, 2, 3, "codex"),)


def test_again_after_some_hours_and_with_another_catalog(surveyor: Surveyor) -> None:
    surveyor.tick(1.0)
    assert heard(surveyor) == [False]
    surveyor.tick(2.0)
    assert len(surveyor.sources(lambda _: None)) == 1
    surveyor.tick(2.0 + AGAIN)
    assert heard(surveyor) == [False]
    surveyor.adopt(RULES, CATALOG)
    surveyor.tick(3.0 + AGAIN)
    assert heard(surveyor) == [False]


def test_a_change_of_settings_is_looked_at_soon(surveyor: Surveyor, tmp_path: Path) -> None:
    surveyor.tick(1.0)
    assert heard(surveyor) == [False]
    (tmp_path / "home/.tool/settings.json").write_text("{}")
    _, changed = surveyor.sources(lambda _: None)[0]
    changed()
    surveyor.tick(time.monotonic() + 60)
    assert heard(surveyor) == [False]
    assert surveyor.latest is not None
    assert surveyor.latest.endpoints


def test_a_look_that_fails_is_told(surveyor: Surveyor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "configured", lambda *_: os._exit(3))
    surveyor.start(partial=True)
    assert heard(surveyor) == [True]
    assert surveyor.latest is None
    monkeypatch.undo()


def test_a_program_is_a_tool_by_its_content(surveyor: Surveyor, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(SOURCE)
    assert surveyor.is_tool(str(tmp_path / "x"))
    assert not surveyor.is_tool("/bin/true")
    assert not surveyor.is_tool(str(tmp_path / "none"))
    assert not surveyor.is_tool(str(tmp_path))


def test_everything_again_waits_for_who_looks(surveyor: Surveyor) -> None:
    surveyor.tick(1.0)
    assert heard(surveyor) == [False]
    surveyor.tick(2.0)
    assert surveyor._pid == 0
    surveyor.again()
    surveyor.tick(3.0)
    surveyor.again()
    surveyor.tick(4.0)
    assert heard(surveyor) == [False]
    surveyor.tick(5.0)
    assert heard(surveyor) == [False]
    surveyor.tick(6.0)
    assert surveyor._pid == 0
