"""The name servers that this machine is told to use, as its files say now."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Sequence
from typing import Final

FILES: Final = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf")
"""The first is what programs use. The others say which servers a resolver of this machine asks, where it is one."""

LARGEST: Final = 1 << 16


class NameServers:
    """Read again when a file has changed. `servers` are those that programs are to ask, in order; `all` also those that
    a resolver of this machine itself asks."""

    def __init__(self, files: Sequence[str] = FILES, stat: Callable[[str], os.stat_result] = os.stat) -> None:
        self._files = files
        self._stat = stat
        self._state: tuple[tuple[int, int, int] | None, ...] | None = None
        self.servers: tuple[str, ...] = ()
        self.all: tuple[str, ...] = ()

    def refresh(self) -> bool:
        """Whether anything changed since it was asked last."""
        state = tuple(self._state_of(path) for path in self._files)
        if state == self._state:
            return False
        self._state = state
        before = self.servers, self.all
        texts = [_text(path) for path in self._files]
        self.servers = servers_in(texts[0]) if texts else ()
        self.all = tuple(dict.fromkeys(server for text in texts for server in servers_in(text)))
        return before != (self.servers, self.all)

    def _state_of(self, path: str) -> tuple[int, int, int] | None:
        try:
            found = self._stat(path)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def servers_in(text: str) -> tuple[str, ...]:
    """The addresses of the `nameserver` lines, in order. What is no address is left out."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            try:
                ipaddress.ip_address(words[1].partition("%")[0])
            except ValueError:
                continue
            found.append(words[1])
    return tuple(dict.fromkeys(found))


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""
