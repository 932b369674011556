"""A value in a directive that cannot be read for what its field is."""

from __future__ import annotations


class Unreadable(ValueError):
    """What is wrong, as the end of a sentence whose subject is the value, and what to write instead."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy
