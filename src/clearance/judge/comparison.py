"""Comparisons as a directive writes them: `">=high"`, `"<=30"`, `">=0.8"`, `">=7,<30"`.

A comparison is one or more clauses joined by commas, all of which must hold. A bare value means `==`. What cannot be
read is `Unreadable`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from clearance.errors import Unreadable
from clearance.model.terms import RISKS, Risk

K = TypeVar("K")

OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.ge,
    ">=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.gt,
    ">": operator.lt,
}
"""How the key compares with what was seen, for each way in which what was seen is to compare with the key."""

_CLAUSE: Final = re.compile(r"\s*([<>=!~^|]*)\s*([^\s<>=^|]*)\s*")
_DAYS: Final = re.compile(r"[0-9]{1,6}")
_SCORE: Final = re.compile(r"0?\.[0-9]{1,9}|0|1(?:\.0{1,9})?")


class Clause(Struct, Generic[K], frozen=True):
    """One comparison with a key. `op` is one of `OPERATORS`."""

    op: str
    key: K

    def holds(self, seen: K) -> bool:
        """Whether what was seen compares so with the key."""
        return OPERATORS[self.op](self.key, seen)

    def test(self) -> Callable[[K], bool]:
        """`holds` as a function that is quick to call."""
        return partial(OPERATORS[self.op], self.key)


def split(text: str, example: str, *more: str) -> tuple[tuple[str, str], ...]:
    """The operator and the operand of each clause; `==` where none is written. `more` are operators allowed besides,
    and `example` shows what could have been written."""
    found = []
    for part in text.split(","):
        match = _CLAUSE.fullmatch(part)
        if match is None or not match[2]:
            raise Unreadable("is not a comparison", f"write for example {example}")
        op = match[1] or "=="
        if op not in OPERATORS and op not in more:
            raise Unreadable(f'has "{op}", which is no comparison', f"write for example {example}")
        found.append((op, match[2]))
    return tuple(found)


def days(text: str) -> tuple[Clause[int], ...]:
    """A comparison of days."""
    example = '"<=30", or "unknown"'
    found = split(text, example)
    for _op, operand in found:
        if not _DAYS.fullmatch(operand):
            raise Unreadable("is not a number of days", f"write for example {example}")
    return tuple(Clause(op, int(operand)) for op, operand in found)


def score(text: str | float) -> tuple[Clause[float], ...]:
    """A comparison of likenesses to an agent, from 0 to 1."""
    example = '">=0.8"'
    found = split(text if isinstance(text, str) else f"{text:.9f}", example)
    for _op, operand in found:
        if not _SCORE.fullmatch(operand):
            raise Unreadable("is not a score from 0 to 1", f"write for example {example}")
    return tuple(Clause(op, float(operand)) for op, operand in found)


def risk(text: str) -> frozenset[Risk]:
    """The risks for which a comparison holds."""
    example = f'one of {", ".join(RISKS)}, or ">=high"'
    ranks: dict[str, int] = {word: rank for rank, word in enumerate(RISKS)}
    found = split(text, example)
    for _op, operand in found:
        if operand not in ranks:
            raise Unreadable(f'has "{operand}", which is no risk', f"write {example}")
    clauses = tuple(Clause(op, ranks[operand]) for op, operand in found)
    return frozenset(word for word in RISKS if all(clause.holds(ranks[word]) for clause in clauses))
