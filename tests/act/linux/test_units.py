from __future__ import annotations

from pathlib import Path

import pytest

from clearance.act.changes import UnitsChanged, UnitStarted
from clearance.act.journal import Journal
from clearance.act.linux import commands, units
from clearance.act.undo import undo

MANAGER = """\
#!/bin/sh
echo "$@" >> {log}
[ "$1" = show ] && cat {state}
[ "$1" = start ] && echo ActiveState=active > {state}
[ "$1" = stop ] && echo ActiveState=inactive > {state}
exit 0
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called systemctl that writes down what it is told."""
    said, state = tmp_path / "log", tmp_path / "active"
    state.write_text("ActiveState=inactive\n")
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(MANAGER.format(log=said, state=state))
    program.chmod(0o755)
    (tmp_path / "system").mkdir()
    monkeypatch.setattr(units, "MANAGED", str(tmp_path / "system"))
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr(commands, "SEARCHED", f"{program.parent}:{commands.SEARCHED}")
    return said


def test_a_unit_is_started_and_stopped_in_the_right_order(tmp_path: Path, log: Path) -> None:
    journal = Journal.begin(str(tmp_path / "state"))
    units.announce(journal)
    units.announce(journal)
    assert units.start(journal, "x.service")
    assert not units.start(journal, "x.service")
    assert [planned.change for planned in journal.pending()] == [UnitsChanged(), UnitStarted("x.service")]
    log.write_text("")
    assert undo(journal).undone == ["unit x.service", "units of the service manager"]
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["show", "stop", "daemon-reload"]


def test_where_no_manager_runs_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "MANAGED", str(tmp_path / "none"))
    journal = Journal.begin(str(tmp_path / "state"))
    units.announce(journal)
    assert not units.start(journal, "x.service")
    assert not units.stop(UnitStarted("x.service"))
    assert undo(journal).undone == []
