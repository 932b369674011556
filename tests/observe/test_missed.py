from __future__ import annotations

import errno

import pytest

from clearance.model.sighting import Skipped
from clearance.observe.missed import GONE, missed


@pytest.mark.parametrize(("path", "error", "expected"), [
    ("/p", PermissionError(errno.EACCES, "Permission denied"), Skipped("walk", "/p", "permission denied")),
    ("", OSError(errno.EIO, "Input/output error"), Skipped("walk", "/", "input/output error")),
    ("/p", TimeoutError(), Skipped("walk", "/p", "timeouterror")),
])  # fmt: skip
def test_a_miss_says_in_words_what_the_system_said(path: str, error: OSError, expected: Skipped) -> None:
    assert missed("walk", path, error) == expected
    assert not missed("walk", path, error, False).matters


def test_what_went_away_is_no_miss_and_what_may_not_be_read_is_one() -> None:
    assert errno.ENOENT in GONE
    assert not GONE & {errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE}
