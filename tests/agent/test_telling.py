from __future__ import annotations

import os
import pty
import struct
import termios
from fcntl import ioctl
from pathlib import Path

import pytest
from msgspec import structs

from clearance.agent.telling import Telling
from clearance.model.decision import Decision, PolicyRef, Upcoming
from clearance.model.enforcement import Row
from clearance.wire.enforcement import Seen

DECISION = Decision(
    tool="t", effect="block", enforce="block", rule="r1", waiver=None, reason="because", replacement=None,
    message="own words", risk=None, at="", upcoming=None, undetermined=(), policy=PolicyRef(1, "", ("D",)),
)  # fmt: skip
COMING = structs.replace(DECISION, upcoming=Upcoming("r2", "block", "2027-01-01"))
SEEN = Seen(
    means="exec", done="blocked", pid=1, uid=4711, path="/x", tool="t", version=None, row=Row("block", "block", 0),
    serial=1, latency_us=1, locale={"LANG": "C.UTF-8"},
)  # fmt: skip


def test_the_person_at_the_terminal_is_told_once_in_their_width(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    telling = Telling(str(tmp_path))
    seen = structs.replace(SEEN, pid=os.getpid(), terminal=os.fstat(slave).st_rdev)
    tell = telling.notice(seen, DECISION, None, "now", 1.0)
    assert tell is not None
    assert (tell.uid, tell.terminals, tell.encoding) == (os.getuid(), (os.ttyname(slave),), "utf-8")
    assert max(len(line) for line in tell.text.splitlines()) <= 60
    assert tell.body == "It is not cleared here: because."
    assert telling.notice(seen, DECISION, None, "now", 2.0) is None
    os.close(slave)
    os.close(master)


def test_a_terminal_of_somebody_else_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    gone = structs.replace(SEEN, uid=os.getuid() + 1, pid=2**22 + 1, terminal=os.fstat(slave).st_rdev)
    tell = Telling(str(tmp_path)).notice(gone, DECISION, None, "now", 1.0)
    assert tell is not None
    assert (tell.uid, tell.terminals) == (os.getuid() + 1, ())
    os.close(slave)
    os.close(master)


def test_without_a_terminal_the_person_themselves_is_told(tmp_path: Path) -> None:
    tell = Telling(str(tmp_path), frozenset({"r1"})).notice(SEEN, DECISION, None, "now", 1.0)
    assert tell is not None
    assert (tell.uid, tell.terminals) == (4711, ())
    assert "own words" in tell.text


@pytest.mark.parametrize(
    ("changes", "decision", "title"),
    [
        ({"done": "killed"}, DECISION, "This program was stopped"),
        ({"done": "refused", "path": "api.example.com"}, DECISION, "This program was not connected to api.example.com"),
        ({"done": "allowed"}, DECISION, None),
        ({"done": "would-block"}, DECISION, None),
        ({"uid": None}, DECISION, None),
        (
            {"done": "allowed"},
            structs.replace(DECISION, upcoming=Upcoming("r2", "block", "2027-01-01")),
            "that will end",
        ),
    ],
)
def test_what_is_told(tmp_path: Path, changes: dict[str, object], decision: Decision, title: str | None) -> None:
    tell = Telling(str(tmp_path)).notice(structs.replace(SEEN, **changes), decision, None, "now", 1.0)
    assert (tell is None) == (title is None)
    if tell is not None and title is not None:
        assert title in tell.title


def test_the_last_notice_outlives_the_service(tmp_path: Path) -> None:
    telling = Telling(str(tmp_path))
    telling.notice(SEEN, DECISION, None, "then", 1.0)
    telling.save()
    last = Telling(str(tmp_path)).last(4711)
    assert last is not None
    assert (last.at, last.decision.rule) == ("then", "r1")
    assert Telling(str(tmp_path)).last(1) is None
