"""Looking into a pipe, of this kernel."""

from __future__ import annotations

import os

import pytest

from clearance.kernel.pipes import MOST, peek


def test_what_is_looked_at_stays_there() -> None:
    end, start = os.pipe()
    assert peek(end) == b""
    os.write(start, b"import 'x'")
    os.write(start, b"\n")
    assert peek(end) == peek(end) == b"import 'x'\n"
    assert os.read(end, 100) == b"import 'x'\n"
    os.write(start, b"x" * MOST)
    os.close(start)
    assert peek(end) == b"x" * MOST
    assert len(os.read(end, 2 * MOST)) == MOST
    assert peek(end) == b""
    os.close(end)


def test_what_is_no_pipe() -> None:
    with open("/dev/null", "rb") as file, pytest.raises(OSError, match="tee"):
        peek(file.fileno())
