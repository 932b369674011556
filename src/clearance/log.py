"""What the program says while it works: one logger, on stderr, quiet unless asked.

`-v` shows what is being done, `-vv` everything, `-q` errors only. Data never goes here: it goes to stdout.

A service writes the same as JSON, one object a line, with a name for each kind of event that stays from version to
version (`EVENTS`).
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Final, TextIO

LOG: Final = logging.getLogger("clearance")

EVENTS: Final = {
    "started": "The service answers events from now on.",
    "stopped": "The service ends.",
    "directive-accepted": "Another directive is in force.",
    "directive-refused": "A directive was not put in force; the one before stays.",
    "mode-changed": "The host's mode was raised or lowered.",
    "paused": "Enforcement rests.",
    "resumed": "Enforcement goes on.",
    "process-ended": "A process of the service ended and is started again.",
    "failure": "Something of the table of failures happened; `reason` says what.",
    "decision": "A start or a connection that the directive has something to say about.",
    "audit-due": "A tool is of high risk here now: an audit of this host for it is due.",
    "setting-put-right": "A setting of a tool was changed to what the directive asks.",
    "setting-left": "A setting of a tool differs from what the directive asks, and was left as it is; `why` says why.",
    "undone": "Changes to this host were taken back.",
    "message": "Anything else, for people.",
}
"""The names of events in JSON logs. One that is here stays and keeps its meaning."""


def set_verbosity(level: int) -> None:
    """-1 errors only, 0 warnings, 1 information, 2 and more everything."""
    LOG.handlers.clear()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel({-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(level, logging.DEBUG))
    LOG.propagate = False


def event(name: str, text: str, *, level: int = logging.INFO, **fields: str | int | float | bool | None) -> None:
    """Say that an event of `EVENTS` happened, with its facts. KeyError for a name that is not there."""
    EVENTS[name]
    LOG.log(level, text, extra={"event": name, "fields": fields})


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `event`, `message`, and what the event says besides."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end. ASCII, so that nothing in it acts on a terminal."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        said = {
            **getattr(record, "fields", {}),
            "at": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "message"),
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = f"{record.exc_info[0].__name__}: {record.exc_info[1]}"
        return json.dumps(said, default=str)


def log_as_json(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """From now on write JSON lines (to stderr), as a service manager collects them."""
    LOG.handlers.clear()
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    LOG.addHandler(handler)
    LOG.setLevel(level)
    LOG.propagate = False
