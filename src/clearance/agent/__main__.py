"""`python -m clearance.agent OPTIONS`: the service itself, as `clearance enforce run` starts it.

A process of its own, so that what reads a command line is not held in memory for as long as the service runs.
`OPTIONS` is one JSON object, made by the command line, which has checked it.
"""

from __future__ import annotations

import logging
import os
import sys

from clearance.agent.light import load


def main(text: str) -> int:
    """Run until told to end; the exit code."""
    # Before all else: it would take along a second copy of what every Python that runs this has by itself.
    load("msgspec", without="typing_extensions")
    import msgspec

    from clearance.agent.footing import alone
    from clearance.agent.guard.loop import descriptors
    from clearance.agent.log_stream import Unwaiting
    from clearance.agent.start import Options, serve
    from clearance.errors import Error
    from clearance.log import LOG, log_as_json, set_verbosity

    options = msgspec.json.decode(text, type=Options)
    if "NOTIFY_SOCKET" in os.environ:
        log_as_json(level=logging.DEBUG if options.verbosity > 0 else logging.INFO)
    else:
        set_verbosity(options.verbosity)
    Unwaiting.into(LOG)
    descriptors()
    try:
        with alone(options.runtime):
            serve(options)
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
