"""The times that options give."""

from __future__ import annotations

import datetime as dt
from typing import Final

from cyclopts import Parameter
from cyclopts.validators import Number

from clearance.errors import Error
from clearance.prove.formats.escape import plain
from clearance.prove.ledger import gaps

SPAN: Final = Parameter(validator=Number(gt=0, lte=10_000_000_000))
"""A number of seconds, up to some centuries: dates can be counted on by no more."""


def instant(option: str, value: str | None) -> dt.datetime | None:
    """The time that an option gives, in UTC where it names no zone. `Error` with the option's name where it is none."""
    if value is None:
        return None
    at = gaps.instant(value)
    if at is None:
        raise Error(f'{option} "{plain(value)}" is not a time', remedy="write 2026-07-10, or 2026-07-10T09:00Z")
    return at
