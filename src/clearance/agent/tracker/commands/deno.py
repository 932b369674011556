"""What Deno runs. A script may be a path, an address, or a package of a registry (`npm:NAME`)."""

from __future__ import annotations

from typing import Final

from clearance.agent.tracker.commands import javascript
from clearance.agent.tracker.commands.command import MOST_WORDS, NOTHING, Command, Environment, Words, options

LOADS: Final = frozenset({"--preload", "--import", "--require"})
VALUED: Final = LOADS | {
    "-c", "--config", "--import-map", "--cert", "-L", "--log-level", "--location", "--seed", "--ext", "--lock",
    "--ca-cert", "--conditions", "--host", "--port", "--unsafely-proxy", "--tunnel-name",
}  # fmt: skip
RUNS: Final = frozenset({"run", "serve", "watch", "test", "bench", "x"})
OTHERS: Final = frozenset(
    {
        "add", "audit", "bundle", "cache", "check", "clean", "compile", "completions", "coverage", "deploy", "doc",
        "fmt", "info", "init", "install", "i", "jupyter", "lint", "lsp", "outdated", "publish", "remove", "task",
        "types", "uninstall", "update", "upgrade", "approve-scripts", "help",
    }
)  # fmt: skip


def parse(argv: Words, environment: Environment) -> Command:
    """What `deno ARGUMENTS` runs."""
    loaded: list[str] = []
    script: list[str] = []
    task = ""
    for name, value in options(argv[1:], VALUED):
        if name:
            if name in LOADS and not script:
                loaded.append(value)
            continue
        if not task and not script:
            if value in OTHERS:
                return NOTHING
            if value in RUNS or value in ("eval", "repl"):
                task = value
                continue
        if value == "-" and not script:
            return Command(tuple(loaded), stdin=True)
        script.append(value)
        if len(script) >= MOST_WORDS:
            break
    if task == "eval":
        return Command(tuple(loaded), mentioned=tuple(one for text in script[:1] for one in javascript.loads(text)))
    return Command(tuple(loaded), tuple(script), stdin=not script and task == "repl")
