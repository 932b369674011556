"""`python -m clearance.agent OPTIONS`: the service itself, as `clearance enforce run` starts it.

A process of its own, so that what reads a command line is not held in memory for as long as the service runs.
`OPTIONS` is one JSON object, made by the command line, which has checked it.
"""

from __future__ import annotations

import fcntl
import os
import sys
from typing import Final, TextIO

import msgspec

from clearance.agent.start import Options, serve
from clearance.errors import Error, Place
from clearance.log import set_verbosity

LOCK: Final = "lock"


def main(text: str) -> int:
    """Run until told to end; the exit code."""
    options = msgspec.json.decode(text, type=Options)
    set_verbosity(options.verbosity)
    try:
        with _alone(options.runtime):
            serve(options)
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _alone(runtime: str) -> TextIO:
    """The lock that one service at a time has. `Error` where another one has it."""
    lock = open(os.path.join(runtime, LOCK), "w")  # noqa: SIM115 - held until the end
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Error(
            "enforcement runs here already",
            place=Place(lock.name),
            remedy="see it: clearance enforce status; another one beside it needs its own --state and --runtime",
        ) from error
    return lock


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
