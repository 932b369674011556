"""Real processes that do nothing, for tests that look at processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

SLEEP = "import sys; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"


@contextmanager
def sleeping(words: Sequence[str] = ("-c", SLEEP), **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A Python that waits with these words until it is let go; it writes one letter when it is there."""
    process = subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **how)
    try:
        assert process.stdout is not None
        process.stdout.read(1)
        yield process
    finally:
        process.kill()
        process.communicate()
