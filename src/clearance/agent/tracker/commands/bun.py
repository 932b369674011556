"""What Bun runs. What `bunx` and `bun install` start are processes of their own, and are looked at as such."""

from __future__ import annotations

import tomllib
from typing import Final

from clearance.agent.tracker.commands import javascript
from clearance.agent.tracker.commands.command import MOST_WORDS, NOTHING, Command, Environment, Words, options

TEXT: Final = frozenset({"-e", "--eval", "-p", "--print"})
LOADS: Final = frozenset({"-r", "--preload", "--require", "--import"})
VALUED: Final = (
    TEXT
    | LOADS
    | {
        "--cwd", "--env-file", "-c", "--config", "--tsconfig-override", "-d", "--define", "-l", "--loader",
        "--conditions", "--main-fields", "--extension-order", "--jsx-factory", "--jsx-fragment", "--jsx-import-source",
        "--jsx-runtime", "--port", "--install", "--title", "--elide-lines", "-F", "--filter", "--drop", "--shell",
        "--dns-result-order", "--max-http-header-size", "--unhandled-rejections", "--user-agent", "--stack-trace-limit",
    }
)  # fmt: skip
OTHERS: Final = frozenset(
    {
        "install", "i", "add", "a", "remove", "rm", "update", "audit", "outdated", "link", "unlink", "publish", "patch",
        "pm", "info", "why", "build", "init", "create", "c", "upgrade", "x", "exec", "repl", "completions", "discord",
    }
)  # fmt: skip


def in_settings(text: str) -> tuple[str, ...]:
    """What a `bunfig.toml` has loaded."""
    try:
        said = tomllib.loads(text).get("preload")
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    return tuple(one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str))


def parse(argv: Words, environment: Environment) -> Command:
    """What `bun ARGUMENTS` runs."""
    loaded: list[str] = []
    script: list[str] = []
    mentioned: list[str] = []
    folder = ""
    settings = ["bunfig.toml"]
    told = False
    words = (*environment.get("BUN_OPTIONS", "").split(), *argv[1:])
    first = True
    for name, value in options(words, VALUED):
        if not name:
            # Behind a text, every word is for it.
            first = first and not told
            if first and value in OTHERS:
                return NOTHING
            if first and value in ("run", "test"):
                first = False
                continue
            first = False
            if value == "-" and not script and not told:
                return Command(tuple(loaded), settings=tuple(settings), stdin=True, folder=folder)
            script.append(value)
            if len(script) >= MOST_WORDS:
                break
        elif script:
            continue
        elif name == "--cwd":
            folder = value
        elif name in ("-c", "--config"):
            settings.append(value)
        elif name in LOADS:
            loaded.append(value)
        elif name in TEXT:
            told = True
            mentioned += javascript.loads(value)
    if told:
        script = []
    return Command(tuple(loaded), tuple(script), mentioned=tuple(mentioned), settings=tuple(settings), folder=folder)


def packed(argv: Words, environment: Environment) -> Command:
    """What a program made with Bun runs: itself, or what it is told where it was told to be Bun."""
    return parse(argv, environment) if environment.get("BUN_BE_BUN") else NOTHING
