from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest

from clearance.agent import start
from clearance.agent.__main__ import main
from clearance.agent.footing import alone
from clearance.agent.start import Options, serve
from clearance.errors import Error


class Crew:
    """Children that only say what was asked of them."""

    said: list[str]

    def __init__(self, *_: object, network: bool) -> None:
        Crew.said = [f"network {network}"]

    def stop(self) -> None:
        Crew.said.append("stop")


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    monkeypatch.setattr(start, "Crew", Crew)
    monkeypatch.setattr(start, "watched", lambda paths, host: ("watched", tuple(paths), host))
    return Options(str(tmp_path / "state"), str(tmp_path), str(tmp_path / "none.d"), watch=("/w",))


def test_the_network_of_the_machine_is_left_alone_unless_the_host_is_meant(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "_serve", lambda *_: None)
    for host, machines, wanted, expected in (
        (False, True, True, False), (True, True, True, True), (False, False, True, True), (True, True, False, False),
    ):  # fmt: skip
        monkeypatch.setattr(start, "machines_network", lambda machines=machines: machines)
        serve(msgspec.structs.replace(options, host=host, network=wanted))
        assert Crew.said == [f"network {expected}", "stop"]


def test_children_end_also_where_the_service_cannot_begin(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise Error("no directive was named")

    monkeypatch.setattr(start, "_serve", fail)
    with pytest.raises(Error):
        serve(options)
    assert Crew.said[-1] == "stop"


def test_an_error_is_told_and_is_an_exit_code(
    options: Options, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise Error("no directive was named", remedy="name one")

    for name in ("log.set_verbosity", "agent.guard.loop.descriptors", "agent.log_stream.Unwaiting", "log.log_as_json"):
        # What it does to the process is not done to the one that runs the tests.
        monkeypatch.setattr(f"clearance.{name}", mock.Mock())
    monkeypatch.setattr("clearance.agent.start.serve", fail)
    text = msgspec.json.encode(options).decode()
    assert main(text) == 2
    assert "no directive was named" in capfd.readouterr().err
    with alone(options.runtime):
        assert main(text) == 2
    assert "runs here already" in capfd.readouterr().err
    monkeypatch.setattr("clearance.agent.start.serve", lambda *_: None)
    assert main(text) == 0
