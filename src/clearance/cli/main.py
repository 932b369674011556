"""The door: finds the verb, runs it, and is the one place that prints an error and chooses the exit code.

A verb is one file in this folder and is imported only when called, so that `clearance --help` costs little. Its
`app` is a cyclopts application whose commands return an exit code.
"""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clearance import __version__
from clearance.errors import Error

if TYPE_CHECKING:
    from cyclopts import App, CycloptsError

USAGE: Final = 2
INTERNAL: Final = 101
INTERRUPTED: Final = 130
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a medium says that takes no more."""

ISSUES: Final = "see SECURITY.md and CONTRIBUTING.md for where to send it"


@dataclass(frozen=True)
class Verb:
    """A word after `clearance`, the module that holds its `app`, and what it answers."""

    name: str
    module: str
    help: str


VERBS: Final = (
    Verb("scan", "clearance.cli.scan", "Which AI coding tools are on this machine, and may they be used?"),
    Verb(
        "explain",
        "clearance.cli.explain",
        "One tool in full, several side by side, or what Clearance itself records.",
    ),
    Verb("enforce", "clearance.cli.enforce", "Put a directive into force on this machine, and take it back."),
    Verb("policy", "clearance.cli.policy", "Check, try out, test and compare directives."),
    Verb("ledger", "clearance.cli.ledger", "Verify, prove, show and export the record of what was decided and done."),
    Verb(
        "doctor",
        "clearance.cli.doctor",
        "What this machine lets Clearance see, and where each setting came from.",
    ),
)

EXIT_CODES: Final = """\
Exit codes: 0 nothing at or above --fail-on · 1 findings · 2 usage, configuration or IO error ·
            3 nothing was looked at · 4 incomplete · 101 internal error"""


def help_text() -> str:
    """What `clearance --help` prints."""
    width = max(len(verb.name) for verb in VERBS)
    verbs = "\n".join(f"  {verb.name:<{width}}  {verb.help}" for verb in VERBS)
    return (
        "Usage: clearance VERB [ARGS]\n\n"
        "Which AI coding tools are here, may they be used, why, and what instead.\n\n"
        f"{verbs}\n\n"
        "  clearance VERB --help   all options of a verb\n"
        "  clearance --version     the version\n\n"
        f"{EXIT_CODES}\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (without the program's name) and return its exit code. Never raises."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a character shows its number; that is no reason to lose a scan.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _dispatch(tokens)
        sys.stdout.flush()
    except Error as error:
        _say(error)
        return error.exit_code
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`).
        _write_no_more()
        return 0
    except OSError as error:
        if error.errno not in FULL or error.filename is not None:
            return _internal(error, tokens)
        _write_no_more()
        _say(Error(f"standard output: {(error.strerror or '').lower()}", remedy="write to a place that has room"))
        return USAGE
    except Exception as error:  # noqa: BLE001 - the last resort, so that a person never meets a bare traceback
        return _internal(error, tokens)
    return code


def _write_no_more() -> None:
    """Python would complain again when it closes standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(tokens: list[str]) -> int:
    if not tokens or tokens[0] in ("--help", "-h", "help"):
        print(help_text(), end="")
        return 0
    if tokens[0] in ("--version", "-V"):
        print(f"clearance {__version__}")
        return 0
    verb = next((verb for verb in VERBS if verb.name == tokens[0]), None)
    if verb is None:
        raise _unknown_verb(tokens[0])
    return run(importlib.import_module(verb.module).app, tokens)


def run(app: App, tokens: list[str]) -> int:
    """Run a verb's application on a command line that begins with the verb. Misuse becomes an `Error`."""
    from cyclopts import App, CycloptsError

    root = App(name="clearance", version_flags=(), suppress_keyboard_interrupt=False)
    root.command(app)
    try:
        code = root(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        raise _misused(error, tokens) from error
    return code if isinstance(code, int) else 0


def _unknown_verb(word: str) -> Error:
    from difflib import get_close_matches

    near = get_close_matches(word, [verb.name for verb in VERBS], n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"the verbs are: {', '.join(verb.name for verb in VERBS)}"
    return Error(f"{word!r} is not a verb of clearance", hint=hint, remedy="see: clearance --help")


def _misused(error: CycloptsError, tokens: list[str]) -> Error:
    from cyclopts import MissingArgumentError, UnusedCliTokensError

    verb = " ".join(error.command_chain or tokens[:1])
    what = " ".join(str(error).split())
    if isinstance(error, UnusedCliTokensError):
        what = f"{verb} does not know what to do with {' '.join(map(repr, error.unused_tokens or []))}"
    elif isinstance(error, MissingArgumentError) and error.argument is not None:
        option = error.argument.field_info.kind is error.argument.field_info.KEYWORD_ONLY
        name = error.argument.name if option else error.argument.name.lstrip("-")
        what = f"{error.keyword} needs a value" if error.keyword else f"{verb} needs {name}"
    return Error(what[:1].lower() + what[1:].rstrip("."), remedy=f"see: clearance {verb} --help")


def _say(error: Error) -> None:
    for paragraph in str(error).split("\n\n"):
        print(f"error: {paragraph}", file=sys.stderr)


def _internal(error: Exception, tokens: list[str]) -> int:
    if "-vv" in tokens:
        import traceback

        traceback.print_exception(error)
    print(
        f"error: internal: {type(error).__name__}: {error}\n"
        f"  this is a defect in clearance {__version__}; run again with -vv for the details, and {ISSUES}",
        file=sys.stderr,
    )
    return INTERNAL
