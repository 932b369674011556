from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clearance.agent.footing import Footing, alone, open_ledger
from clearance.errors import Error
from clearance.wire.control import listen


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    state, runtime = tmp_path / "state", tmp_path / "run"
    runtime.mkdir()
    return state, runtime


def test_what_was_taken_away_is_noticed_once_it_is_made_anew_no_longer(folders: tuple[Path, Path]) -> None:
    state, runtime = folders
    ledger, door = open_ledger(str(state)), listen(str(runtime))
    footing = Footing(str(state), str(runtime))
    assert (footing.state_lost(), footing.runtime_lost()) == (False, False)
    shutil.rmtree(state)
    assert (footing.state_lost(), footing.runtime_lost()) == (True, False)
    shutil.rmtree(runtime)
    assert footing.runtime_lost()
    with open_ledger(str(state)), footing.take_runtime():
        again = listen(str(runtime))
        assert (footing.state_lost(), footing.runtime_lost()) == (True, True)
        footing.remember()
        assert (footing.state_lost(), footing.runtime_lost()) == (False, False)
    for end in (door, again):
        end.close()
    ledger.close()


def test_a_folder_that_was_exchanged_is_lost_too(folders: tuple[Path, Path]) -> None:
    state, runtime = folders
    with open_ledger(str(state)), listen(str(runtime)):
        footing = Footing(str(state), str(runtime))
        (state / "ledger").rename(state / "elsewhere")
        (state / "ledger").mkdir()
        assert footing.state_lost()


def test_one_at_a_time_has_a_runtime_folder(folders: tuple[Path, Path]) -> None:
    runtime = str(folders[1])
    with alone(runtime), pytest.raises(Error, match="runs here already"):
        alone(runtime)
    with alone(runtime):
        pass


def test_somebody_else_who_took_the_folder_meanwhile_keeps_it(folders: tuple[Path, Path]) -> None:
    state, runtime = folders
    with open_ledger(str(state)), listen(str(runtime)):
        footing = Footing(str(state), str(runtime))
        shutil.rmtree(runtime)
        runtime.mkdir()
        with alone(str(runtime)), pytest.raises(Error):
            footing.take_runtime()
