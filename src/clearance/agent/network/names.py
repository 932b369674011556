"""The names that were asked for on this machine lately, as many as fit: what a hello should name is one of them."""

from __future__ import annotations

from typing import Final

from clearance.model.network import plain

MOST: Final = 8192


class KnownNames:
    """A bounded memory of names; the one not asked for longest goes first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._names: dict[str, None] = {}

    def add(self, name: str) -> None:
        """It was asked for."""
        name = plain(name)
        self._names.pop(name, None)
        self._names[name] = None
        if len(self._names) > self._most:
            del self._names[next(iter(self._names))]

    def asked(self, name: str) -> bool:
        """Whether it was asked for."""
        return plain(name) in self._names
