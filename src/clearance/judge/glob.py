"""Globs: `*` is any run of characters, `?` any one, `[abc]`, `[a-z]` and `[!a]` one of (or none of) those listed.

A glob is matched against the whole text, in time linear in its length for each `*`. Facts, tool ids and host names are
compared without regard to ASCII capitals (`fold`); people's and groups' names as they stand. A `[` that is never
closed stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

_CAPITALS: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_WILD: Final = re.compile(r"[*?]|\[!?+(?:\][^\]]*|[^\]]+)\]")


def fold(text: str) -> str:
    """The text with ASCII capitals made small. Other letters stay, whatever version of Unicode a machine has."""
    return text.lower() if text.isascii() else text.translate(_CAPITALS)


def is_glob(pattern: str) -> bool:
    """Whether the pattern has anything that is not itself."""
    return _WILD.search(pattern) is not None


def expression(pattern: str) -> str:
    """The pattern as a regular expression, for `fullmatch` and with `DOTALL`. Each `*` but the last gives up as little
    text as it can and never takes it back (an atomic group), which is right for globs and keeps the time linear."""
    runs = [""]
    end = 0
    for wild in _WILD.finditer(pattern):
        runs[-1] += re.escape(pattern[end : wild.start()])
        end = wild.end()
        if wild[0] == "*":
            runs.append("")
        elif wild[0] == "?":
            runs[-1] += "."
        else:
            runs[-1] += _one_of(wild[0][1:-1])
    runs[-1] += re.escape(pattern[end:])
    if len(runs) == 1:
        return runs[0]
    first, *between, last = runs
    return first + "".join(f"(?>.*?{run})" for run in between) + ".*" + last


def _one_of(listed: str) -> str:
    """A character class that cannot fail: a range that runs backwards holds nothing."""
    negated = listed.startswith("!")
    chars = listed[1:] if negated else listed
    parts = []
    while chars:
        if len(chars) >= 3 and chars[1] == "-":
            if chars[0] <= chars[2]:
                parts.append(f"{re.escape(chars[0])}-{re.escape(chars[2])}")
            chars = chars[3:]
        else:
            parts.append(re.escape(chars[0]))
            chars = chars[1:]
    if not parts:
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{''.join(parts)}]"


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a text matches any of the patterns. The caller folds both text and patterns, or neither."""
    given = tuple(patterns)
    literal = frozenset(pattern for pattern in given if not is_glob(pattern))
    wild = [expression(pattern) for pattern in given if is_glob(pattern)]
    if not wild:
        return literal.__contains__
    full = re.compile("|".join(wild), re.DOTALL).fullmatch
    return lambda text: text in literal or full(text) is not None


def example(pattern: str) -> str:
    """A text that the pattern matches, if any does: itself where it has no wildcard."""
    return _WILD.sub(_stand_in, pattern)


def _stand_in(wild: re.Match[str]) -> str:
    if wild[0] in "*?":
        return "x"
    allowed = re.compile(_one_of(wild[0][1:-1]))
    return next((char for char in (*wild[0][1:-1].lstrip("!"), "x", "y", "0") if allowed.fullmatch(char)), "x")
