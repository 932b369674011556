"""A directive that bars one tool for everybody and another for one person, and an instant to judge at."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.agent.scene import HEAD

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
TEXT = f"""{HEAD}rules:
  - {{id: none, match: {{tool: codex}}, effect: block, reason: none is cleared}}
  - {{id: ana, match: {{tool: aider, user: ana}}, effect: block, reason: not hers, message: Ask first.}}
default: {{effect: allow}}
"""


def write(folder: Path, text: str = TEXT) -> str:
    path = folder / "d.yaml"
    path.write_text(text)
    return str(path)
