"""How long a child has said nothing while the service was there to hear it: one that hangs is told from one that waits.

Only time in which the service itself ran counts: where both were stopped, nobody was silent.
"""

from __future__ import annotations

from typing import Final

SECONDS: Final = 4.0
"""How long a child may be silent that says something every second."""

STEP: Final = 1.0
"""The most that counts between two looks."""


class Silence:
    """Follows one child from the first thing that it says on. Seconds are of the monotonic clock."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._most = seconds
        self._looked: float | None = None
        self._silent = 0.0

    def heard(self, now: float) -> None:
        """It said something."""
        self._looked = now
        self._silent = 0.0

    def gone(self) -> None:
        """It is not there; what follows is another one."""
        self._looked = None

    def too_long(self, now: float) -> bool:
        """Whether it has been silent for too long. True once; then it is taken for gone."""
        if self._looked is None:
            return False
        self._silent += min(now - self._looked, STEP)
        self._looked = now
        if self._silent < self._most:
            return False
        self.gone()
        return True
