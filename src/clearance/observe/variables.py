"""Assignments of environment variables in shell start-up files, `.env` files and the like.

Only names that the caller asks for are kept, so that a secret beside them never leaves the bytes it was read from.
Understood: `NAME=value` and `export NAME=value` (sh, bash, zsh, dotenv, environment.d), `set -gx NAME value` (fish),
`$env:NAME = "value"` (PowerShell), `setx NAME value` and `set NAME=value` (cmd), `setenv NAME value` (csh, launchctl).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Final

from msgspec import Struct


class Assignment(Struct, frozen=True):
    """`name` is given `value` at `line` (from 1). Quotes are taken off; nothing is expanded."""

    name: str
    value: str
    line: int


LONGEST_LINE: Final = 8192

_ASSIGNMENT = re.compile(
    r"""^\s*(?:
        (?:export\s+|declare\s+(?:-\w+\s+)*|typeset\s+(?:-\w+\s+)*|set\s+(?![-]))?(?P<sh>[A-Za-z_]\w*)\s*=
      | set\s+(?:-\w+\s+|--\w+\s+)+(?P<fish>[A-Za-z_]\w*)\s+
      | \$(?:env:|\{env:)(?P<posh>[A-Za-z_]\w*)\}?\s*=
      | (?:setx|setenv|launchctl\s+setenv)\s+(?P<setenv>[A-Za-z_]\w*)\s+
    )\s*(?P<value>.*)$""",
    re.VERBOSE,
)


def assignments(data: bytes, names: Container[str]) -> Iterator[Assignment]:
    """The assignments to `names`, in file order. A commented-out line is none. Never raises."""
    for number, raw in enumerate(data.split(b"\n"), 1):
        if b"=" not in raw and b"set" not in raw:
            continue
        line = raw[:LONGEST_LINE].decode("utf-8", "replace")
        for part in _statements(line):
            match = _ASSIGNMENT.match(part)
            if match is None:
                continue
            name = match["sh"] or match["fish"] or match["posh"] or match["setenv"]
            if name in names:
                yield Assignment(name, unquote(match["value"]), number)


def _statements(line: str) -> tuple[str, ...]:
    """The line, and where several variables are exported in one line, each of them."""
    if line.lstrip().startswith("#"):
        return ()
    if line.count("=") > 1 and "export " in line:
        pieces = re.split(r"\s(?=[A-Za-z_]\w*=)|;\s*", line)
        return tuple(piece for piece in pieces if piece.strip() and piece.strip() != "export")
    return (line,)


def unquote(text: str) -> str:
    """A shell word without its quotes, and without the comment or the commands that follow it."""
    text = text.strip()
    if text[:1] in ("'", '"'):
        end = text.find(text[0], 1)
        return text[1:end] if end > 0 else text[1:]
    return re.split(r"\s+#|[;&|\s]", text, maxsplit=1)[0]
