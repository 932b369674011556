"""`clearance scan` as a person types it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 120
"""What no scan of a small tree takes, however slow the machine: a scan that is still running hangs."""

LONG = 900
"""The same for a whole machine with gigabytes of programs."""


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on stdout."""
        return json.loads(self.out)

    def sightings(self, **fields: Any) -> list[dict[str, Any]]:
        """The sightings in the document that have these values."""
        return [s for s in self.json["sightings"] if all(s.get(name) == value for name, value in fields.items())]

    def skipped(self) -> dict[str, str]:
        """Path to reason of what was not looked at."""
        return {miss["path"]: miss["reason"] for miss in self.json["skipped"]}


def scan(
    root: Path | str, *options: str, home: Path | None = None, env: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (), live: bool = False, seconds: int = SECONDS,
) -> Ran:  # fmt: skip
    """Run `clearance scan --root ROOT OPTIONS`. `prefix` is a command that runs it (setpriv, prlimit)."""
    # Neither settings nor a directive of the machine that runs the tests count.
    environment = {
        "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "COLUMNS": "120",
        "XDG_CONFIG_HOME": str(home or root) + "/.none", **(env or {}),
    }  # fmt: skip
    environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    command = [*prefix, sys.executable, "-m", "clearance", "scan", "--root", str(root), *options]
    if not live:
        command.append("--no-live")
    done = subprocess.run(command, capture_output=True, timeout=seconds, env=environment, stdin=subprocess.DEVNULL)
    return Ran(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
