"""Answers the command line: one question and one answer for each connection, never waiting for who asks."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from clearance.agent.telling import Telling
from clearance.errors import Error
from clearance.model.status import EnforceStatus
from clearance.prove.formats.decision import document as decision_document
from clearance.tasks.enforce.host_mode import Pause
from clearance.wire.control import LONGEST, Question, Reply, asker

MOST: Final = 64
PATIENCE: Final = 5.0
ROOT: Final = 0
CHANGES: Final = frozenset({"pause", "resume", "mode", "reload"})


class Ordered(Protocol):
    """Who carries out what is ordered; `orders.Orders` is one."""

    def set_pause(self, seconds: float, reason: str, by: int) -> Pause: ...  # noqa: D102
    def resume(self, by: int) -> None: ...  # noqa: D102
    def set_mode(self, mode: str, by: int) -> None: ...  # noqa: D102
    def reload(self, path: str, *, told: bool) -> int: ...  # noqa: D102


class FrontDesk:
    """The service's end of the control socket."""

    def __init__(
        self, orders: Ordered, status: Callable[[], EnforceStatus], telling: Telling, door: socket.socket
    ) -> None:
        self._orders = orders
        self._status = status
        self._telling = telling
        self._door = door
        self._guests: dict[socket.socket, tuple[bytearray, float]] = {}

    def sources(self) -> list[tuple[int, Callable[[], None]]]:
        """The descriptors to poll, and what to do when they are readable."""
        now = time.monotonic()
        for guest, (_, since) in list(self._guests.items()):
            if now - since > PATIENCE:
                self._leave(guest)
        guests = [(guest.fileno(), lambda guest=guest: self._hear(guest)) for guest in self._guests]
        return [(self._door.fileno(), self._welcome), *guests]

    def reopen(self, door: socket.socket) -> None:
        """Answer at another socket from now on."""
        self.close()
        self._door = door

    def close(self) -> None:
        """Answer nobody any more."""
        for guest in list(self._guests):
            self._leave(guest)
        self._door.close()

    def _welcome(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            guest, _ = self._door.accept()
            guest.setblocking(False)
            if len(self._guests) >= MOST:
                guest.close()
                return
            self._guests[guest] = (bytearray(), time.monotonic())

    def _leave(self, guest: socket.socket) -> None:
        self._guests.pop(guest, None)
        guest.close()

    def _hear(self, guest: socket.socket) -> None:
        data, _ = self._guests[guest]
        try:
            piece = guest.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        data += piece
        if not piece or len(data) > LONGEST:
            self._leave(guest)
        elif data.endswith(b"\n"):
            reply = self._reply(bytes(data), asker(guest))
            with contextlib.suppress(OSError):
                guest.settimeout(PATIENCE)
                guest.sendall(_written(reply) + b"\n")
            self._leave(guest)

    def _reply(self, data: bytes, uid: int) -> Reply:
        try:
            question = msgspec.json.decode(data, type=Question)
        except msgspec.DecodeError as error:
            return Reply(error=f"this is no question: {error}", remedy="use: clearance enforce --help")
        if question.ask in CHANGES and uid != ROOT:
            return Reply(
                error=f"only root may use `enforce {question.ask}`", remedy=f"sudo clearance enforce {question.ask} …"
            )
        try:
            return Reply(document=self._answer(question, uid))
        except Error as error:
            where = f"{error.place}: " if error.place else ""
            return Reply(error=f"{where}{error.what}", remedy=error.remedy)
        except (OSError, KeyError, TypeError, ValueError) as error:
            return Reply(
                error=f"{type(error).__name__}: {error}", remedy="see the service's log: journalctl -u clearance"
            )

    def _answer(self, question: Question, uid: int) -> Any:
        given = question.arguments
        if question.ask == "status":
            return self._status()
        if question.ask == "why":
            of = int(given.get("uid", uid)) if uid == ROOT else uid
            told = self._telling.last(of)
            if told is None:
                return None
            return {"at": told.at, "path": told.path, "done": told.done, "text": told.text,
                    "decision": decision_document(told.decision)}  # fmt: skip
        if question.ask == "pause":
            return self._orders.set_pause(float(given["seconds"]), str(given.get("reason", "")), uid)
        if question.ask == "resume":
            self._orders.resume(uid)
        elif question.ask == "mode":
            self._orders.set_mode(str(given["mode"]), uid)
        elif question.ask == "reload":
            return {"generation": self._orders.reload(str(given.get("directive", "")), told=bool(given.get("told")))}
        return {"done": True}


def _written(reply: Reply) -> bytes:
    try:
        return msgspec.json.encode(reply)
    except (UnicodeEncodeError, TypeError) as error:
        return msgspec.json.encode(Reply(error=f"the answer cannot be written: {type(error).__name__}"))
