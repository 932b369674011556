"""What the service tells its service manager: that it is ready, alive, stopping, and how it is (sd_notify(3)).

Datagrams to the socket that `NOTIFY_SOCKET` names; nothing is sent where there is none, and a manager that does not
listen is never waited for.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

_LONGEST = 200


class NotifySocket:
    """The way to the service manager. `watchdog` is after how many seconds of silence it acts; None: it does not."""

    def __init__(self, environment: Mapping[str, str] = os.environ, pid: int | None = None) -> None:
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self.watchdog = _watchdog(environment, os.getpid() if pid is None else pid)
        self._socket: socket.socket | None = None
        if self._address is not None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)

    def ready(self, status: str = "") -> bool:
        """Events are answered now. False where nobody was told."""
        return self._send("READY=1", status)

    def alive(self) -> bool:
        """Progress was made. To be called about twice in `watchdog` seconds, and only on progress."""
        return self._send("WATCHDOG=1", "")

    def reloading(self, monotonic_us: int) -> bool:
        """A directive is being read anew; `ready` follows."""
        return self._send(f"RELOADING=1\nMONOTONIC_USEC={monotonic_us}", "")

    def stopping(self, status: str = "") -> bool:
        """The service ends."""
        return self._send("STOPPING=1", status)

    def status(self, text: str) -> bool:
        """One line for people, as `systemctl status` shows it."""
        return self._send("", text)

    def close(self) -> None:
        """Nothing more is told."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, state: str, status: str) -> bool:
        lines = [state] if state else []
        if status:
            # One line: what follows a line feed would be another assignment.
            lines.append("STATUS=" + "".join(char if char.isprintable() else " " for char in status)[:_LONGEST])
        if self._socket is None or self._address is None:
            return False
        try:
            self._socket.sendto("\n".join(lines).encode("utf-8", "backslashreplace"), self._address)
        except OSError:
            return False
        return True


def _address(text: str) -> str | None:
    """The socket's address. `@` begins an abstract one."""
    if text.startswith("@"):
        return "\0" + text[1:]
    return text if text.startswith("/") else None


def _watchdog(environment: Mapping[str, str], pid: int) -> float | None:
    said, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not said.isascii() or not said.isdigit() or int(said) == 0 or (whose and whose != str(pid)):
        return None
    return int(said) / 1_000_000
