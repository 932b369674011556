"""What the guard has to say to the service, who may not be listening: kept within bounds, and never waited with."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from clearance.wire.enforcement import Failed, Message

UNSENT: Final = 16_384
"""Messages that are kept while the service does not read."""


class Sends(Protocol):
    """Where messages to other processes go; `wire.channel.Channel` is one."""

    def send(self, message: Message, files: tuple[int, ...] = (), *, wait: bool = True) -> bool: ...  # noqa: D102


class Outbox:
    """Sends in order. Failures are counted, and told together: there may be many of them at once."""

    def __init__(self, service: Sends) -> None:
        self._service = service
        self._unsent: deque[Message] = deque()
        self._untold: dict[str, int] = {}

    def send(self, message: Message) -> bool:
        """Send now, or as soon as the service reads. False where it cannot be, or too much waits."""
        if not self._unsent:
            try:
                if self._service.send(message, wait=False):
                    return True
            except OSError:
                return False
        if len(self._unsent) >= UNSENT:
            self.failed("records-dropped")
            return False
        self._unsent.append(message)
        return True

    def flush(self) -> None:
        """Send what the service did not take before. `Closed` where it is gone."""
        while self._unsent and self._service.send(self._unsent[0], wait=False):
            self._unsent.popleft()

    def failed(self, reason: str) -> None:
        """Something of the table of failures happened."""
        self._untold[reason] = self._untold.get(reason, 0) + 1

    def tell_failures(self) -> None:
        """Send how often each happened since this was called last."""
        failures, self._untold = self._untold, {}
        for reason, count in failures.items():
            self.send(Failed(reason, count))
