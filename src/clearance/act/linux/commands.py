"""Programs of the system that changes are made with: no shell, a plain environment, a time limit.

What is told of a failure is one line of what the program said. Never called by the guard.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Final

SEARCHED: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE: Final = 60.0
"""Seconds. Stopping a unit may take as long as the unit's own limit."""


def run(words: Sequence[str], *, feed: bytes = b"", patience: float = PATIENCE) -> str:
    """What the program printed. OSError where it is not there, failed, or took longer than `patience` seconds."""
    # In memory only where something is started.
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - fixed programs, no shell
            list(words),
            input=feed,
            capture_output=True,
            check=False,
            timeout=patience,
            cwd="/",
            env={"PATH": SEARCHED, "LC_ALL": "C", **_bus()},
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(errno.ETIMEDOUT, f"{words[0]} took longer than {patience:g} seconds") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise OSError(errno.EIO, f"{' '.join(words[:2])}: {said[0][:200]}")
    return done.stdout.decode("utf-8", "backslashreplace")


def _bus() -> dict[str, str]:
    # A private service manager is reached by what the caller says; nothing else is passed on.
    return {name: os.environ[name] for name in ("DBUS_SYSTEM_BUS_ADDRESS",) if name in os.environ}
