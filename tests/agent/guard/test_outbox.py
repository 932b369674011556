from __future__ import annotations

import pytest

from clearance.agent.guard import outbox
from clearance.agent.guard.outbox import Outbox
from clearance.wire.channel import Closed
from clearance.wire.enforcement import Failed, Message, Stop


class Service:
    """Reads as long as it listens."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.listens = True
        self.gone = False

    def send(self, message: Message, files: tuple[int, ...] = (), *, wait: bool = True) -> bool:
        assert not wait
        if self.gone:
            raise Closed
        if self.listens:
            self.heard.append(message)
        return self.listens


def test_what_is_not_read_is_sent_later_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "UNSENT", 2)
    service = Service()
    box = Outbox(service)
    service.listens = False
    said = [Failed("a"), Failed("b"), Failed("c")]
    assert [box.send(one) for one in said] == [True, True, False]
    box.flush()
    assert service.heard == []
    service.listens = True
    assert not box.send(Stop())
    box.flush()
    box.tell_failures()
    assert service.heard == [Failed("a"), Failed("b"), Failed("records-dropped", 2)]
    assert box.send(Stop())


def test_failures_are_told_together() -> None:
    service = Service()
    box = Outbox(service)
    for reason in ("mark", "deadline", "mark"):
        box.failed(reason)
    box.tell_failures()
    box.tell_failures()
    assert service.heard == [Failed("mark", 2), Failed("deadline", 1)]


def test_a_service_that_is_gone() -> None:
    service = Service()
    box = Outbox(service)
    service.listens = False
    assert box.send(Stop())
    service.gone = True
    with pytest.raises(Closed):
        box.flush()
    empty = Outbox(service)
    assert not empty.send(Stop())
