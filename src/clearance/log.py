"""What the program says while it works: one logger, on stderr, quiet unless asked.

`-v` shows what is being done, `-vv` everything, `-q` errors only. Data never goes here: it goes to stdout.
"""

from __future__ import annotations

import logging
import sys
from typing import Final

LOG: Final = logging.getLogger("clearance")


def set_verbosity(level: int) -> None:
    """-1 errors only, 0 warnings, 1 information, 2 and more everything."""
    LOG.handlers.clear()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel({-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(level, logging.DEBUG))
    LOG.propagate = False
