from __future__ import annotations

import logging

import pytest

from clearance.log import LOG, set_verbosity


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
