"""Whether files are still being examined: an examiner that hangs is noticed by what the guard counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SECONDS: Final = 3.0
"""How long starts may go past their deadline while no answer comes."""


class Progress:
    """Follows the guard's counters: `late` starts, and answers that it was `told`."""

    def __init__(self) -> None:
        self._late = 0
        self._told = 0
        self._since: float | None = None

    def stalled(self, counters: Mapping[str, int], now: float) -> bool:
        """Whether starts have been late for `SECONDS` without any answer. True once; then it begins anew."""
        late, told = counters.get("late", 0), counters.get("told", 0)
        if told != self._told or late < self._late:
            self._since = None
        elif late > self._late and self._since is None:
            self._since = now
        self._late, self._told = late, told
        if self._since is None or now - self._since < SECONDS:
            return False
        self._since = None
        return True
