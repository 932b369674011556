from __future__ import annotations

import os
import pty
import signal

import pytest

from clearance.agent.notifier import AT_ONCE, PATIENCE, Notifier, encoded, main
from clearance.wire.channel import Channel
from clearance.wire.enforcement import Pulse, Stop, Tell


def nowhere(uid: int, title: str, body: str) -> int | None:
    return None


def test_a_person_is_told_on_their_terminal() -> None:
    master, slave = pty.openpty()
    ours, theirs = Channel.pair()
    ours.send(Tell(os.getuid(), "t", "one\ntwö\n", (os.ttyname(slave), "/dev/pts/9999999"), encoding="utf-8"))
    ours.send(Stop())
    main(theirs, Notifier(show=nowhere))
    ours.close()
    theirs.close()
    assert os.read(master, 100).replace(b"\r\r", b"\r") == "\rone\r\ntwö\r\n".encode()
    os.close(slave)
    os.close(master)


def test_it_ends_with_its_channel_and_tells_how_far_it_is() -> None:
    ours, theirs = Channel.pair()
    ours.send(Tell(os.getuid(), "t", "x"))
    pid = os.fork()
    if pid == 0:
        ours.close()
        main(theirs, Notifier(show=nowhere))
        os._exit(0)
    theirs.close()
    counters: dict[str, int] = {}
    while counters.get("unseen") != 1:
        received = ours.receive()
        assert received is not None
        assert isinstance(received[0], Pulse)
        counters = received[0].counters
    ours.close()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_desktop_that_hangs_is_given_up_and_the_others_are_not_piled_up() -> None:
    started: list[int] = []

    def hang(uid: int, title: str, body: str) -> int | None:
        pid = os.fork()
        if pid == 0:
            signal.pause()
            os._exit(0)
        started.append(pid)
        return pid

    notifier = Notifier(show=hang)
    for _ in range(AT_ONCE + 3):
        notifier.tell(Tell(1, "t", "x"), now=0.0)
    assert len(started) == AT_ONCE
    assert notifier.counters == {"terminals": 0, "desktops": AT_ONCE, "unseen": 3}
    notifier.reap(PATIENCE - 1)
    assert notifier.waiting
    notifier.reap(PATIENCE)
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_every_character_set_is_written_or_replaced() -> None:
    assert encoded("ä\n", "iso8859-1") == b"\r\xe4\r\n"
    assert encoded("漢\n", "ascii") == b"\r\\u6f22\r\n"
    assert encoded("ä", "no-such-set") == b"\r\\xe4"
