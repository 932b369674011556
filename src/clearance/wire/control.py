"""How the command line talks to a running service: one JSON line each way over a Unix socket in the runtime folder.

Who asks is told by the kernel (SO_PEERCRED), never by the message: anybody may ask for the status and for what was told
to them; only root changes anything.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from clearance.errors import Error, Place

SOCKET: Final = "control.sock"
LONGEST: Final = 1 << 20
SECONDS: Final = 30.0

Verb = Literal["status", "why", "pause", "resume", "mode", "reload", "report"]


class Question(Struct, frozen=True):
    """What is asked. `arguments` are those of the verb."""

    ask: Verb
    arguments: dict[str, Any] = {}


class Reply(Struct, frozen=True):
    """The answer: a document, or what went wrong and what to do."""

    document: Any = None
    error: str = ""
    remedy: str = ""


class NotRunning(Error):
    """Nothing runs here that could answer."""

    exit_code = 3


def ask(runtime: str, question: Question, seconds: float = SECONDS) -> Any:
    """The service's answer. `NotRunning` where there is none; `Error` with what it says went wrong."""
    path = os.path.join(runtime, SOCKET)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(seconds)
        try:
            end.connect(path)
            end.sendall(msgspec.json.encode(question) + b"\n")
            data = bytearray()
            while not data.endswith(b"\n") and len(data) <= LONGEST * 16 and (piece := end.recv(1 << 16)):
                data += piece
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotRunning(
                "enforcement does not run here",
                place=Place(path),
                remedy="start it: systemctl start clearance, or: clearance enforce run --help",
            ) from error
        except PermissionError as error:
            raise Error("this socket is not yours to ask", place=Place(path), remedy="ask as root") from error
        except OSError as error:
            raise NotRunning(
                f"enforcement does not answer: {(error.strerror or str(error)).lower()}",
                place=Place(path),
                remedy="see what it says: journalctl -u clearance",
            ) from error
    try:
        reply = msgspec.json.decode(bytes(data), type=Reply)
    except msgspec.DecodeError as error:
        raise NotRunning("enforcement ended before it answered", place=Place(path), remedy="ask again") from error
    if reply.error:
        raise Error(reply.error, remedy=reply.remedy)
    return reply.document


def listen(runtime: str) -> socket.socket:
    """The service's end. Everybody may connect; what they may ask is decided by who they are."""
    path = os.path.join(runtime, SOCKET)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    end.bind(path)
    os.chmod(path, 0o666)  # noqa: S103 - everybody may ask; what, is decided by who they are
    end.listen(64)
    return end


def asker(connection: socket.socket) -> int:
    """The user id of whoever is at the other end."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, uid, _ = struct.unpack("=iII", raw)
    return int(uid)
