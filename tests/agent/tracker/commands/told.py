"""What a command line is told to run, without what is empty."""

from __future__ import annotations

from clearance.agent.tracker.commands import Command, command
from clearance.observe.identity.runtimes import Runtime


def told(runtime: Runtime, line: str) -> dict[str, object]:
    found = command(runtime, line.split(), {})
    return {name: value for name, value in zip(Command._fields, found, strict=True) if value and name != "flags"}
