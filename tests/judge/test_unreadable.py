from __future__ import annotations

from clearance.judge.unreadable import Unreadable


def test_it_says_what_is_wrong_and_what_to_write() -> None:
    error = Unreadable("is not a date", "write 2026-07-10")
    assert (error.what, error.remedy, str(error)) == (
        "is not a date",
        "write 2026-07-10",
        "is not a date: write 2026-07-10",
    )
    assert isinstance(error, ValueError)
