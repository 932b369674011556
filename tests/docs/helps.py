"""`python -m tests.docs.helps`: what `--help` prints for every command line, as one JSON object."""

from __future__ import annotations

import contextlib
import io
import json
import sys

from clearance.cli.main import main
from tests.docs.generated import command_lines


def help_of(words: tuple[str, ...]) -> str:
    """The help of one command."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([*words, "--help"]) == 0
    return "\n".join(line.rstrip() for line in out.getvalue().strip("\n").splitlines()) + "\n"


if __name__ == "__main__":
    json.dump({" ".join(words): help_of(words) for words in ((), *command_lines())}, sys.stdout)
