"""Text from a scanned host, made safe for where it is shown.

Guarantees: what `plain` gives holds printable characters only, so that nothing in a file's name or content can move a
cursor, change a colour, end a line, reverse the reading direction or hide. What `scalar` gives is valid Unicode and
loses nothing: `unscalar` gives the string back. What `json_text` gives is the same JSON document, written so that
printing it on a terminal is harmless.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

LONGEST: Final = 400
"""How many characters of one foreign string are shown, unless the caller says otherwise."""

MARKS_IN_A_ROW: Final = 4
"""Combining marks that one letter may carry; scripts need up to three, a stack of them overwrites other lines."""

_INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Characters that Python calls printable although nothing shows: fillers, joiners and variation selectors."""

_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-f]{2})|u(d[89a-f][0-9a-f]{2}))")
_NOT_SCALAR: Final = re.compile("[\ud800-\udfff]" + r"|\\(?=x[0-9a-f]{2}|ud[89a-f][0-9a-f]{2})")
_SUSPECT: Final = re.compile(r"[^\n\x20-\x7e]")


def plain(text: str, limit: int = LONGEST) -> str:
    """The text in printable characters only, at most `limit` of them.

    A byte that is not UTF-8 shows as `\\xff`, a control character as `\\x1b` (or `\\n`), anything else that would not
    show as `\\u202e`. A longer text loses its middle to `…`.
    """
    if len(text) > limit:
        # Cut first: escaping a megabyte to show a line of it would be a way to slow the scan down.
        text = _cut(text, limit)
    if not (text.isascii() and text.isprintable()):
        text = _visible(text)
        if len(text) > limit:
            text = _cut(text, limit)
    return text


def scalar(text: str) -> str:
    """The text as valid Unicode, without loss: for documents that other programs read.

    An undecodable byte of a file's name is written `\\xNN`, another lone surrogate `\\uNNNN`, and a backslash that
    would read as the beginning of one of these `\\x5c`. All other text is as it was.
    """
    return _NOT_SCALAR.sub(_escaped_scalar, text)


def unscalar(text: str) -> str:
    """What `scalar` was given."""
    return _ESCAPE.sub(_unescaped_scalar, text)


def scalars(document: Any) -> Any:
    """A document of plain objects, lists and values with `scalar` done to each of its texts, keys included."""
    if isinstance(document, str):
        return scalar(document)
    if isinstance(document, list | tuple):
        return [scalars(item) for item in document]
    if isinstance(document, dict):
        return {scalars(key): scalars(value) for key, value in document.items()}
    return document


def json_text(document: bytes) -> str:
    """A JSON document in which every invisible or terminal-controlling character is a `\\uNNNN` escape.

    `document` is JSON in UTF-8, in which such characters can stand in strings only.
    """
    return _SUSPECT.sub(_escaped_in_json, document.decode())


def _cut(text: str, limit: int) -> str:
    head = max(0, limit - 1) * 2 // 3
    tail = max(0, limit - 1) - head
    return f"{text[:head]}…{text[len(text) - tail :]}"


def _visible(text: str) -> str:
    out = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) or unicodedata.category(char) == "Me" else 0
        hidden = not char.isprintable() or char in _INVISIBLE or marks > MARKS_IN_A_ROW
        out.append(_shown(char) if hidden else char)
    return "".join(out)


def _shown(char: str) -> str:
    code = ord(char)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escaped_scalar(match: re.Match[str]) -> str:
    char = match[0]
    if char == "\\":
        return "\\x5c"
    code = ord(char)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def _unescaped_scalar(match: re.Match[str]) -> str:
    if match[2]:
        return chr(int(match[2], 16))
    byte = int(match[1], 16)
    return chr(byte) if byte < 0x80 else chr(0xDC00 + byte)


def _escaped_in_json(match: re.Match[str]) -> str:
    if match[0].isprintable() and match[0] not in _INVISIBLE:
        return match[0]
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
