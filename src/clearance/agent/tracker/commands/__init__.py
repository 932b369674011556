"""What each runtime runs, by its command line. A parser is pure and takes any words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from clearance.agent.tracker.commands import bun, deno, node, others, python
from clearance.agent.tracker.commands.command import NOTHING, Command, Environment, Words
from clearance.observe.identity.runtimes import Runtime

PARSERS: Final[dict[Runtime, Callable[[Words, Environment], Command]]] = {
    "node": node.parse,
    "electron": node.in_electron,
    "bun": bun.parse,
    "packed-bun": bun.packed,
    "deno": deno.parse,
    "python": python.parse,
    "java": others.java,
    "shell": others.shell,
    "loader": others.loader,
}

VARIABLES: Final = (
    "NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE", "ELECTRON_RUN_AS_NODE", "BUN_OPTIONS", "BUN_BE_BUN",
    "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONNOUSERSITE", "PYTHONUSERBASE", "PYTHONHOME", "PYTHONSTARTUP", "PATH", "HOME",
)  # fmt: skip
"""Variables that say what is run, or where it is looked for. No other is kept."""


def command(runtime: Runtime, argv: Words, environment: Environment) -> Command:
    """What a runtime was told to run."""
    return PARSERS[runtime](argv, environment)


__all__ = ["NOTHING", "PARSERS", "VARIABLES", "Command", "command"]
