"""Messages with their length before them, in whatever pieces they come."""

from __future__ import annotations

import socket

from clearance.agent.network.loop import Loop
from clearance.agent.network.names_by_tcp import Stream


def test_messages_are_put_together_and_the_end_is_told() -> None:
    loop = Loop()
    one, other = socket.socketpair()
    heard: list[bytes] = []
    gone: list[bool] = []
    stream = Stream(loop, one, heard.append, lambda: gone.append(True))
    wire = b"\0\3abc\0\0\0\2de"
    for at in range(len(wire)):
        other.send(wire[at : at + 1])
        loop.turn(1)
    assert heard == [b"abc", b"", b"de"]
    other.close()
    loop.turn(1)
    assert gone
    stream.close()
    loop.close()


def test_what_the_other_end_does_not_take_waits_and_no_more_is_read_meanwhile() -> None:
    loop = Loop()
    one, other = socket.socketpair()
    one.setblocking(False)
    heard: list[bytes] = []
    stream = Stream(loop, one, heard.append, lambda: None)
    for _ in range(40):
        stream.say(bytes(60_000))
    other.send(b"\0\1x")
    loop.turn(0)
    assert heard == []
    got = 0
    other.setblocking(False)
    while got < 40 * 60_002:
        try:
            got += len(other.recv(1 << 20))
        except BlockingIOError:
            loop.turn(0)
    while not heard:
        loop.turn(1)
    assert heard == [b"x"]
    stream.close()
    other.close()
    loop.close()
