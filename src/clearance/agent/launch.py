"""From the command line to the service: this process becomes the service's, without what read the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import msgspec


def become_the_service(options: Mapping[str, Any]) -> NoReturn:
    """Go on as `python -m clearance.agent` with these options. OSError where the interpreter is gone.

    Isolated: nothing of the current folder or the environment is imported.
    """
    sys.stdout.flush()
    command = [sys.executable, "-I", "-m", "clearance.agent", msgspec.json.encode(options).decode()]
    os.execv(sys.executable, command)  # noqa: S606 - the very interpreter that runs
