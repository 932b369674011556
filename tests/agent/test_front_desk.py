from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clearance.agent import front_desk
from clearance.agent.front_desk import MOST, FrontDesk
from clearance.agent.telling import Telling
from clearance.errors import Error
from clearance.model.decision import PolicyRef
from clearance.model.status import EnforceStatus, GuardState, LedgerState, NetworkState
from clearance.tasks.enforce.host_mode import Pause
from clearance.wire.control import LONGEST, NotRunning, Question, Verb, ask, listen

STATUS = EnforceStatus(
    "clearance/enforce-status/v1", "block", "2026-11-21T12:00:00Z", PolicyRef(1, "ab", ("D-1",)), ("/w",), None,
    GuardState(7), NetworkState(), {}, LedgerState(), ("/bin/sh",),
)  # fmt: skip


class Service:
    """Takes what is asked."""

    def __init__(self, state: Path) -> None:
        self.telling = Telling(str(state))
        self.asked: list[Any] = []
        self.critical = ("/bin/sh",)

    def status(self) -> EnforceStatus:
        return STATUS if self.critical == STATUS.critical else EnforceStatus(
            STATUS.schema, STATUS.mode, STATUS.since, STATUS.policy, STATUS.watched, None, STATUS.guard, STATUS.network,
            {}, STATUS.ledger, self.critical,
        )  # fmt: skip

    def set_pause(self, seconds: float, reason: str, by: int) -> Pause:
        self.asked.append(("pause", seconds, reason, by))
        return Pause("2026-11-21T13:00:00Z", reason, by, "2026-11-21T12:00:00Z")

    def resume(self, by: int) -> None:
        self.asked.append(("resume", by))

    def set_mode(self, mode: str, by: int) -> None:
        if mode == "full":
            raise OSError(28, "No space left on device")
        self.asked.append(("mode", mode, by))

    def reload(self, path: str, *, told: bool) -> int:
        if path == "/bad":
            raise Error("this directive is bad", remedy="mend it")
        self.asked.append(("reload", path, told))
        return 4


class Desk:
    """A front desk that somebody serves."""

    def __init__(self, folder: Path) -> None:
        self.runtime = str(folder)
        self.service = Service(folder)
        self.desk = FrontDesk(self.service, self.service.status, self.service.telling, listen(self.runtime))
        self._stop = threading.Event()
        self._served = threading.Thread(target=self._serve, daemon=True)
        self._served.start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            sources = dict(self.desk.sources())
            ready, _, _ = select.select(list(sources), [], [], 0.02)
            for fd in ready:
                sources[fd]()

    def ask(self, verb: Verb, **arguments: Any) -> Any:
        return ask(self.runtime, Question(verb, arguments), 10)

    def raw(self, data: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as end:
            end.settimeout(10)
            end.connect(os.path.join(self.runtime, "control.sock"))
            end.sendall(data)
            got = b""
            while piece := end.recv(65536):
                got += piece
            return got

    def close(self) -> None:
        self._stop.set()
        self._served.join(10)
        self.desk.close()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(front_desk, "asker", lambda guest: 0)
    made = Desk(tmp_path)
    yield made
    made.close()


def test_what_root_asks_is_done(desk: Desk) -> None:
    assert desk.ask("status")["guard"]["pid"] == 7
    assert desk.ask("pause", seconds=60, reason="r")["until"] == "2026-11-21T13:00:00Z"
    desk.ask("resume")
    desk.ask("mode", mode="warn")
    assert desk.ask("reload", directive="/d", told=True) == {"generation": 4}
    assert desk.ask("why", uid=1000) is None
    assert desk.service.asked == [
        ("pause", 60.0, "r", 0), ("resume", 0), ("mode", "warn", 0), ("reload", "/d", True)
    ]  # fmt: skip


@pytest.mark.parametrize("verb", ["pause", "resume", "mode", "reload"])
def test_only_root_changes_anything(desk: Desk, monkeypatch: pytest.MonkeyPatch, verb: Verb) -> None:
    monkeypatch.setattr(front_desk, "asker", lambda guest: 1000)
    with pytest.raises(Error, match="only root"):
        desk.ask(verb, seconds=60, reason="r", mode="warn")
    assert desk.service.asked == []
    assert desk.ask("status")["mode"] == "block"


def test_nobody_reads_what_another_person_was_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(front_desk, "asker", lambda guest: 1000)
    monkeypatch.setattr(desk.service.telling, "last", lambda uid: seen.append(uid))
    assert desk.ask("why", uid=1001) is None
    assert seen == [1000]


def test_what_goes_wrong_is_told_and_the_next_one_served(desk: Desk) -> None:
    with pytest.raises(Error) as caught:
        desk.ask("reload", directive="/bad")
    assert (caught.value.what, caught.value.remedy) == ("this directive is bad", "mend it")
    for verb, arguments in (("mode", {"mode": "full"}), ("pause", {}), ("pause", {"seconds": "soon"}), ("mode", {})):
        with pytest.raises(Error):
            desk.ask(verb, **arguments)  # type: ignore[arg-type]
    assert desk.ask("status")["mode"] == "block"


@pytest.mark.parametrize(
    "data", [b"\n", b"{}\n", b'{"ask": "everything"}\n', b"\xff\n", b'{"ask": 3}\n', b"[" * 50_000 + b"\n"]
)
def test_what_is_no_question_is_an_error(desk: Desk, data: bytes) -> None:
    assert "this is no question" in json.loads(desk.raw(data))["error"]


def test_who_says_too_much_is_left(desk: Desk) -> None:
    with pytest.raises((ConnectionResetError, BrokenPipeError, AssertionError)):
        assert desk.raw(b"x" * (LONGEST + 65536))
    assert desk.ask("status")["mode"] == "block"


def test_who_says_nothing_keeps_nobody_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = []
    for _ in range(MOST):
        end = socket.socket(socket.AF_UNIX)
        end.connect(os.path.join(desk.runtime, "control.sock"))
        silent.append(end)
    monkeypatch.setattr(front_desk, "PATIENCE", 0.05)
    until = time.monotonic() + 30
    served = False
    while not served and time.monotonic() < until:
        with contextlib.suppress(NotRunning):
            served = desk.ask("status")["mode"] == "block"
    for end in silent:
        end.close()
    assert served


def test_an_answer_that_cannot_be_written_is_an_error(desk: Desk) -> None:
    desk.service.critical = ("/bin/\udcff",)
    with pytest.raises(Error, match="cannot be written"):
        desk.ask("status")
    desk.service.critical = ("/bin/sh",)
    assert desk.ask("status")["mode"] == "block"


def test_it_can_move_to_another_door(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    service = Service(tmp_path)
    desk = FrontDesk(service, service.status, service.telling, listen(str(tmp_path / "a")))
    with socket.socket(socket.AF_UNIX) as guest:
        guest.connect(str(tmp_path / "a" / "control.sock"))
        dict(desk.sources())[desk.sources()[0][0]]()
        desk.reopen(listen(str(tmp_path / "b")))
        assert guest.recv(1) == b""
    assert len(desk.sources()) == 1
    with socket.socket(socket.AF_UNIX) as guest:
        guest.connect(str(tmp_path / "b" / "control.sock"))
    desk.close()
