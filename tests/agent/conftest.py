"""A service for the tests of its parts: see `scene.py`."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clearance.agent import orders
from clearance.agent.policy import Policy
from clearance.catalog import Catalog, load_catalog
from clearance.observe.identity.rules import Rules, compile_rules
from tests.agent.scene import BARRED, Scene


@pytest.fixture(scope="module")
def known() -> tuple[Catalog, Rules]:
    whole = load_catalog()
    few = Catalog([whole.tools[name] for name in ("codex", "gemini-cli")], whole.shared)
    return few, compile_rules(few)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def policy(tmp_path: Path, catalog: Catalog) -> Policy:
    """Of a host in mode block that has no directive yet."""
    made = Policy(str(tmp_path / "state"), catalog)
    made.by_hand = "block"
    return made


@pytest.fixture
def make(
    tmp_path: Path, known: tuple[Catalog, Rules], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Scene]]:
    # Signals are the test runner's, and what is critical here is tested elsewhere.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(orders, "critical", lambda _: ())
    made: list[Scene] = []

    def build(text: str = BARRED, **settings: Any) -> Scene:
        made.append(Scene(tmp_path, *known, text, **settings))
        return made[-1]

    yield build
    for scene in made:
        scene.service.door.close()
        scene.service.metrics.close()
        scene.service.surveyor.stop()
        scene.service.upkeep.ledger.close()
