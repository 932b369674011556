"""Metrics and health over HTTP on a Unix socket, for a service that never waits: `GET /metrics`, `GET /health`.

Whoever connects and says nothing, or reads nothing, is dropped after a few rounds and holds up nobody.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable
from typing import Final

from clearance.agent.metrics import CONTENT_TYPE

NAME: Final = "metrics.sock"
AT_ONCE: Final = 16
ROUNDS: Final = 20
LONGEST: Final = 4096


class MetricsSocket:
    """Listens in the runtime folder. `metrics` gives the text, `healthy` whether events are answered."""

    def __init__(self, runtime: str, metrics: Callable[[], str], healthy: Callable[[], bool]) -> None:
        self._path = os.path.join(runtime, NAME)
        self._metrics = metrics
        self._healthy = healthy
        self._open: dict[socket.socket, tuple[bytes, int]] = {}
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        try:
            self._listening.bind(self._path)
            os.chmod(self._path, 0o666)  # noqa: S103 - counts are for everybody, as the status is
            self._listening.listen(AT_ONCE)
        except OSError:
            self._listening.close()
            raise

    def fileno(self) -> int:
        """Readable when somebody connects."""
        return self._listening.fileno()

    def serve(self) -> None:
        """Answer whoever asked something. To be called when `fileno` is readable, and about once a second besides."""
        while len(self._open) < AT_ONCE:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                break
            connection.setblocking(False)
            self._open[connection] = (b"", 0)
        for connection, (asked, rounds) in list(self._open.items()):
            try:
                data = connection.recv(LONGEST)
            except BlockingIOError:
                data = None
            except OSError:
                data = b""
            asked += data or b""
            if b"\r\n\r\n" in asked or b"\n\n" in asked:
                with contextlib.suppress(OSError):
                    connection.send(self._answer(asked))
            elif data != b"" and rounds < ROUNDS and len(asked) < LONGEST:
                self._open[connection] = (asked, rounds + 1)
                continue
            del self._open[connection]
            connection.close()

    def close(self) -> None:
        """Listen no more."""
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._listening.close()
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def _answer(self, asked: bytes) -> bytes:
        words = asked.split(b"\n", 1)[0].split()
        path = words[1] if len(words) > 1 and words[0] == b"GET" else b""
        if path == b"/metrics":
            return _response("200 OK", self._metrics(), CONTENT_TYPE)
        if path == b"/health":
            healthy = self._healthy()
            return _response("200 OK" if healthy else "503 Service Unavailable", "ok\n" if healthy else "not ready\n")
        return _response("404 Not Found", "ask for /metrics or /health\n")


def _response(status: str, body: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    data = body.encode("utf-8", "backslashreplace")
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    return head.encode("ascii") + data
