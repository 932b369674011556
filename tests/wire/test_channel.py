from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.enforcement import KnownFile, Row, Table
from clearance.wire.channel import PACKET, Channel, Closed, packed
from clearance.wire.enforcement import Examine, Examined, Learned, Message, NewTable, Seen

NAMES = st.binary(max_size=40).map(os.fsdecode)


def test_messages_come_whole_and_in_order_with_their_files() -> None:
    one, other = Channel.pair()
    hears, says = os.pipe()
    assert one.send(Examine(1, "/a"), (hears,))
    assert one.send(Examine(2, "/b"))
    first = other.receive()
    assert first is not None
    (message, (fd,)) = first
    os.write(says, b"x")
    assert (message, os.read(fd, 1)) == (Examine(1, "/a"), b"x")
    assert other.receive() == (Examine(2, "/b"), [])
    assert other.receive(wait=False) is None
    one.close()
    with pytest.raises(Closed):
        other.receive()
    with pytest.raises(Closed):
        other.send(Examine(3, "/c"))
    other.close()
    for each in (fd, hears, says):
        os.close(each)


def test_a_large_message_comes_whole() -> None:
    one, other = Channel.pair()
    files = tuple(KnownFile(1, n, 1, "codex", path="/x" * 20) for n in range(PACKET // 20))
    table = NewTable(Table(1, 1, "block", 500, "open", (), files=files))
    assert one.send(table)
    assert other.receive() == (table, [])
    one.close()
    other.close()


def test_who_does_not_read_is_not_waited_for() -> None:
    one, other = Channel.pair()
    while one.send(Examine(1, "/a"), wait=False):
        continue
    assert other.receive() == (Examine(1, "/a"), [])
    one.close()
    other.close()


@given(NAMES)
def test_a_name_that_is_no_text_comes_escaped(name: str) -> None:
    one, other = Channel.pair()
    escaped = name.encode("utf-8", "backslashreplace").decode()
    block = Row("block", "block", 0)

    def messages(text: str) -> list[Message]:
        file = KnownFile(1, 2, 3, "codex", path=text)
        seen = Seen("exec", "blocked", 1, None, text, "codex", None, block, 1, 1, locale={"LANG": text})
        return [Examine(1, text), Examined(1, file), Learned((file,)), seen]

    for sent, expected in zip(messages(name), messages(escaped), strict=True):
        assert one.send(sent)
        assert other.receive() == (expected, [])
    one.close()
    other.close()


def test_what_is_text_is_packed_as_it_is() -> None:
    assert packed({"a": "ä"}) == b"\x81\xa1a\xa2\xc3\xa4"


def test_whoever_waits_is_told_that_the_other_hung_up() -> None:
    one, other = Channel.pair()
    heard: list[bool] = []

    def wait() -> None:
        try:
            other.receive()
        except Closed:
            heard.append(True)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    one.hang_up()
    for thread in threads:
        thread.join(60)
    assert heard == [True] * 3
    one.close()
    other.close()
