from __future__ import annotations

import io
import json
import logging
import re

import pytest

from clearance.log import EVENTS, LOG, event, log_as_json, set_verbosity


@pytest.mark.parametrize(
    ("level", "shown"),
    [(-1, logging.ERROR), (0, logging.WARNING), (1, logging.INFO), (2, logging.DEBUG), (7, logging.DEBUG)],
)
def test_how_much_is_said(level: int, shown: int, capsys: pytest.CaptureFixture[str]) -> None:
    set_verbosity(level)
    set_verbosity(level)
    LOG.log(shown, "said once")
    LOG.log(shown - 10, "not said")
    out, err = capsys.readouterr()
    assert (out, err.count("said once"), err.count("not said")) == ("", 1, 0)


def test_a_service_writes_one_json_object_a_line() -> None:
    out = io.StringIO()
    log_as_json(out)
    event("failure", "two\nlines \x1b[31m \udcff", reason="deadline", count=2, at="not replaced")
    LOG.warning("for people: %s", "x")
    try:
        int("why")
    except ValueError:
        LOG.exception("failed")
    LOG.debug("not said")
    text = out.getvalue()
    assert text.isascii()
    first, second, third = map(json.loads, text.splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("at"))
    assert first == {
        "level": "info", "event": "failure", "message": "two\nlines \x1b[31m \udcff", "reason": "deadline", "count": 2,
    }  # fmt: skip
    assert (second["event"], second["level"], second["message"]) == ("message", "warning", "for people: x")
    assert third["error"].startswith("ValueError: invalid literal")


def test_an_event_has_a_name_that_stays() -> None:
    assert all(re.fullmatch(r"[a-z-]+", name) for name in EVENTS)
    with pytest.raises(KeyError):
        event("something-else", "x")
