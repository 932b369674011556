"""What a person sees while a long walk runs: the number of files so far, on stderr, on a terminal only."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final, Self

EVERY: Final = 0.2
"""Seconds between two updates. A scan that is shorter shows nothing."""


class Progress:
    """A line that is rewritten in place and removed at the end."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._next = time.monotonic() + 2 * EVERY
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def files(self, count: int) -> None:
        """So many files were seen."""
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            self._drawn = True
            sys.stderr.write(f"\r\033[K{count:,} files …")
            sys.stderr.flush()
