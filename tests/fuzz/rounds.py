"""The loop of a fuzz run: an input, a try, and the end of the run where one raises or takes too long."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable


def spend(draw: Callable[[random.Random], tuple[bytes, Callable[[bytes], bool]]], slow: float) -> tuple[int, int]:
    """Try inputs for so many seconds from this seed (the program's arguments; 60 and 1).

    `draw` gives an input and what is to be tried with it. How many were tried, and how many were taken for what they
    look like. An input that raises, or takes more than `slow` seconds, is printed and ends the run.
    """
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    tried = taken = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data, target = draw(rng)
        start = time.monotonic()
        try:
            taken += target(data)
        except BaseException:
            print(f"ended by {data!r}", file=sys.stderr)
            raise
        if time.monotonic() - start > slow:
            sys.exit(f"took more than {slow} s: {data!r}")
        tried += 1
    return tried, taken
