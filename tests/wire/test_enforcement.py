"""Messages are told apart, survive the way, and leave room for fields that come later."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from clearance.model.enforcement import Entry, KnownFile, Row, Table
from clearance.wire.enforcement import (
    Answer,
    Ask,
    Cut,
    Examine,
    Examined,
    Failed,
    Learned,
    Message,
    NewTable,
    Pulse,
    Seen,
    Stop,
    Tell,
)  # fmt: skip

ROW = Row("block", "block", 3)
FILE = KnownFile(1, 2, 3, "t", "1.2", 0.5, True, False, "/x", "weak")
TABLE = Table(1, 2, "block", 500, "closed", (Entry("t", None, 7, ROW),), ("t",), (7,), ((1, 2),), (FILE,), True)
MESSAGES = (
    NewTable(TABLE, True), Ask(1, "t", None, None, 0.9, "weak"), Answer(1, 2, "t", "1", 7, ROW), Examine(1, "/x", 9),
    Examined(1, FILE, False), Seen("exec", "blocked", 1, None, "/x", None, None, ROW, 1, 5, locale={"LANG": "C"}),
    Failed("deadline", 3, "x"), Pulse("guard", {"events": 1}), Learned((FILE,)), Tell(7, "a", "b", ("/dev/pts/1",)),
    Cut(4, 5), Stop(),
)  # fmt: skip
CODEC = msgspec.msgpack


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_way(message: Message) -> None:
    assert CODEC.decode(CODEC.encode(message), type=Message) == message


def test_every_message_has_a_tag_of_its_own() -> None:
    kinds = get_args(Message)
    assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)


def test_fields_that_come_later_are_passed_over() -> None:
    data = CODEC.encode({"type": "failed", "reason": "x", "since": 1})
    assert CODEC.decode(data, type=Message) == Failed("x")


def test_an_unknown_message_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        CODEC.decode(CODEC.encode({"type": "nothing"}), type=Message)
