from __future__ import annotations

import datetime as dt
import json
import os
import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from clearance.cli.main import main
from clearance.prove.ledger.store import Ledger
from clearance.tasks.enforce import host_mode
from clearance.wire.control import Question, Reply, listen
from tests.prove.formats.record.recorded import BLOCKED, HEARTBEAT

STATUS: dict[str, Any] = {
    "schema": "clearance/enforce-status/v1", "mode": "warn", "since": "2026-11-21T12:00:00Z",
    "policy": {"generation": 3, "sha256": "8f2c41d0", "directives": ["D-1"], "title": "t"}, "watched": ["/"],
    "paused": None,
    "guard": {"pid": 7, "events": 9, "allowed": 1, "warned": 2, "blocked": 3, "killed": 4, "late": 5, "cached": 6},
    "network": {"names": 1, "processes": 2, "refused": 3}, "failures": {"deadline": 5},
    "ledger": {"records": 10, "checkpoint": ""}, "critical": ["/bin/sh"],
}  # fmt: skip


class Service:
    """Answers at a control socket what it is told to, and remembers what was asked."""

    def __init__(self, runtime: Path) -> None:
        self.asked: list[Question] = []
        self.reply = Reply(document={"done": True})
        self._door = listen(str(runtime))
        self._stop = threading.Event()
        self._served = threading.Thread(target=self._serve, daemon=True)
        self._served.start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            if not select.select([self._door], [], [], 0.02)[0]:
                continue
            guest, _ = self._door.accept()
            with guest:
                guest.setblocking(True)
                data = b""
                while not data.endswith(b"\n"):
                    data += guest.recv(65536)
                self.asked.append(msgspec.json.decode(data, type=Question))
                guest.sendall(msgspec.json.encode(self.reply) + b"\n")

    def close(self) -> None:
        self._stop.set()
        self._served.join(10)
        self._door.close()


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEARANCE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CLEARANCE_RUNTIME", str(tmp_path))
    (tmp_path / "state").mkdir()
    return tmp_path


@pytest.fixture
def service(folders: Path) -> Iterator[Service]:
    made = Service(folders)
    yield made
    made.close()


def said(capfd: Any, *words: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = main(["enforce", *words])
    out, err = capfd.readouterr()
    return code, out, err


def test_status_is_three_where_nothing_runs(capfd: Any, folders: Path) -> None:
    for words in (("status",), ("status", "--json"), ("why",)):
        code, out, err = said(capfd, *words)
        assert (code, out) == (3, "")
        assert "does not run here" in err
    # A socket that a dead service left behind is nobody either.
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folders / "control.sock"))
    assert said(capfd, "status")[0] == 3


def test_status_is_zero_once_events_are_answered(capfd: Any, service: Service) -> None:
    service.reply = Reply(document=STATUS)
    code, out, _ = said(capfd, "status", "--json")
    assert (code, json.loads(out)) == (0, STATUS)
    code, out, _ = said(capfd, "status")
    assert code == 0
    assert out.startswith("warn · directive D-1 (generation 3, 8f2c41d0)")
    assert "deadline: 5" in out
    service.reply = Reply(document=STATUS | {"ready": False})
    assert said(capfd, "status")[0] == 3


def test_what_the_service_refuses_is_an_error_with_its_remedy(capfd: Any, service: Service) -> None:
    service.reply = Reply(error="this would stop everything", remedy="look first")
    code, _, err = said(capfd, "reload", "/d.yaml", "--accept-blast-radius")
    assert code == 2
    assert "this would stop everything" in err
    assert "look first" in err
    assert service.asked == [Question("reload", {"directive": "/d.yaml", "told": True})]


def test_a_pause_and_its_end(capfd: Any, service: Service) -> None:
    service.reply = Reply(document={"until": "2026-11-21T13:00:00Z"})
    assert said(capfd, "pause", "--for", "30m", "--reason", "a release")[:2] == (
        0, "Paused until 2026-11-21T13:00:00Z. End it earlier: clearance enforce resume\n"
    )  # fmt: skip
    assert said(capfd, "resume")[0] == 0
    assert [one.ask for one in service.asked] == ["pause", "resume"]
    assert service.asked[0].arguments == {"seconds": 1800.0, "reason": "a release"}
    for wrong in (("--for", "2d", "--reason", "r"), ("--for", "30m", "--reason", "  "), ("--for", "30m")):
        assert said(capfd, "pause", *wrong)[0] == 2
    assert len(service.asked) == 2


def test_pause_and_mode_wait_for_a_service_that_does_not_run(
    capfd: Any, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    state = str(folders / "state")
    assert said(capfd, "pause", "--for", "2h", "--reason", "a release")[0] == 0
    pause = host_mode.pause(state, dt.datetime.now(dt.UTC))
    assert pause is not None
    assert pause.reason == "a release"
    assert said(capfd, "resume")[0] == 0
    assert host_mode.pause(state, dt.datetime.now(dt.UTC)) is None
    assert said(capfd, "mode", "block")[0] == 0
    assert host_mode.chosen(state) == "block"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for words in (("pause", "--for", "2h", "--reason", "r"), ("resume",), ("mode", "observe")):
        code, _, err = said(capfd, *words)
        assert code == 2
        assert "only root" in err
    assert host_mode.chosen(state) == "block"


def test_why_tells_it_again(capfd: Any, service: Service) -> None:
    decision = {
        "rule": "r",
        "reason": "none is cleared",
        "policy": {"generation": 1, "sha256": "ab", "directives": ["D"]},
    }
    told = {"text": "┌ Codex was not started\n", "path": "/x", "at": "now", "done": "blocked", "decision": decision}
    service.reply = Reply(document=told)
    code, out, _ = said(capfd, "why")
    assert code == 0
    assert "Codex was not started" in out
    assert "rule r of D" in out
    assert json.loads(said(capfd, "why", "--json", "--user", "0")[1]) == told
    assert service.asked[1].arguments == {"uid": 0}
    assert said(capfd, "why", "--user", "nobody-of-that-name")[0] == 2
    service.reply = Reply(document=None)
    assert said(capfd, "why")[0] == 3


def test_names_that_turn_a_terminal_are_escaped_in_json_too(capfd: Any, service: Service) -> None:
    path = "/home/ana/\u202etxt.exe\u009b31m"
    service.reply = Reply(document={"text": "x", "path": path, "at": "now", "done": "blocked", "decision": {}})
    _, out, _ = said(capfd, "why", "--json")
    assert out.isascii()
    assert json.loads(out)["path"] == path
    service.reply = Reply(document=STATUS | {"watched": [path]})
    _, out, _ = said(capfd, "status", "--json")
    assert out.isascii()
    assert json.loads(out)["watched"] == [path]


def test_the_report_reads_the_ledger(capfd: Any, folders: Path) -> None:
    assert said(capfd, "report")[0] == 2
    state = folders / "state"
    with Ledger.open(str(state / "ledger"), str(state / "keys" / "ledger.key")) as ledger:
        assert said(capfd, "report")[0] == 3
        ledger.append(
            [HEARTBEAT, structs.replace(BLOCKED, outcome=structs.replace(BLOCKED.outcome, done="would-block"))]
        )
        code, out, _ = said(capfd, "report")
        assert code == 0
        assert "WOULD BLOCK" in out
        document = json.loads(said(capfd, "report", "--json")[1])
        assert document["schema"] == "clearance/enforce-report/v1"
        assert [(line["done"], line["count"]) for line in document["lines"]] == [("would-block", 1)]
        assert said(capfd, "report", "--since", "2126-01-01")[0] == 3
        assert said(capfd, "report", "--since", "soon")[0] == 2
        assert json.loads(said(capfd, "report", "--json", "--state", str(state))[1]) == document


def test_run_needs_root_and_something_to_guard(capfd: Any, folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    code, _, err = said(capfd, "run")
    assert code == 2
    assert "only root" in err
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    code, _, err = said(capfd, "run")
    assert code == 2
    assert "nothing to guard was named" in err
    code, _, err = said(capfd, "run", "--watch", str(folders / "gone"))
    assert code == 2
    # The file system that this program lies on is the machine's.
    code, _, err = said(capfd, "run", "--watch", os.path.dirname(__file__))
    assert code == 2
    assert "--host" in err
