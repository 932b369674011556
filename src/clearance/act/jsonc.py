"""One value of a JSON document with comments, replaced, added or removed by its place in the text. Pure.

Everything else stays byte for byte: comments, order, spaces, line ends, trailing commas. What is not such a document
is a ValueError. Time is linear in the text, and nothing recurses over it.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from msgspec import Struct

_SPACE: Final = re.compile(r"(?:[ \t\r\n\ufeff]|//[^\r\n]*|/\*[\s\S]*?\*/)*")
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_SCALAR: Final = re.compile(r"-?\d[\d.eE+-]*|true|false|null")
_INSIDE: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"|//[^\r\n]*|/\*[\s\S]*?\*/|[{}\[\]]|[^"/{}\[\]]+|/|"')
_REST: Final = re.compile(r"[ \t]*(?://[^\r\n]*|/\*[^\r\n]*?\*/)?[ \t]*(?=\r?\n)")
"""What may follow a value on its line: a comment about it."""
_INDENT: Final = re.compile(r"(?m)^([ \t]+)\"")

Span = tuple[int, int]


class Member(Struct, frozen=True):
    """A member of an object: where its key begins, where its value lies, and where its comma is (-1: it has none)."""

    key: str
    start: int
    value: Span
    comma: int


def get(text: str, key: tuple[str, ...]) -> str | None:
    """The value at a key as JSON, or None. Of a key that stands twice the last one counts, as parsers have it."""
    found = _find(text, key)
    return None if found is None else json.dumps(_plain(text[slice(*found.value)]))


def depth(text: str, key: tuple[str, ...]) -> int:
    """How many of the names lead to something that is there."""
    return next((n for n in range(len(key), 0, -1) if _find(text, key[:n]) is not None), 0)


def put(text: str, key: tuple[str, ...], value: str) -> str:
    """The text with the value (JSON) at the key; objects on the way are made. ValueError where one is no object."""
    there = _find(text, key)
    if there is not None:
        start, end = there.value
        return text[:start] + value + text[end:]
    known = depth(text, key)
    start = _find(text, key[:known]).value[0] if known else _begin(text)  # type: ignore[union-attr]
    if start < 0:
        if text.strip() and not text.endswith("\n"):
            text += "\n"
        return text + _nested(key, value, _unit(text), "", "\n") + "\n"
    return _added(text, start, key[known:], value)


def remove(text: str, key: tuple[str, ...]) -> str:
    """The text without the member at the key; as it was where there is none."""
    there = _find(text, key)
    if there is None:
        return text
    above = _find(text, key[:-1]) if len(key) > 1 else None
    members, _ = _members(text, above.value[0] if above else _begin(text))
    at = members.index(there)
    start = there.start
    end = there.comma + 1 if there.comma >= 0 else there.value[1]
    if there.comma < 0 and at > 0 and members[at - 1].comma >= 0:
        comma = members[at - 1].comma
        text = text[:comma] + text[comma + 1 :]
        start, end = start - 1, end - 1
    line = text.rfind("\n", 0, start) + 1
    rest = re.compile(r"[ \t]*(\r?\n|$)").match(text, end)
    if not text[line:start].strip() and rest is not None:
        return text[:line] + text[rest.end() :]
    return text[:start].rstrip(" \t") + text[end:] if not text[end:].startswith(" ") else text[:start] + text[end + 1 :]


def _find(text: str, key: tuple[str, ...]) -> Member | None:
    start = _begin(text)
    member: Member | None = None
    for name in key:
        if start < 0 or text[start] != "{":
            return None
        members, _ = _members(text, start)
        member = next((each for each in reversed(members) if each.key == name), None)
        if member is None:
            return None
        start = member.value[0]
    return member


def _begin(text: str) -> int:
    """Where the document's value begins; -1 where there is none. ValueError where it is no object, or not alone."""
    start = _space(text, 0)
    if start == len(text):
        return -1
    if text[start] != "{":
        raise ValueError("not an object")
    if _space(text, _end(text, start)) != len(text):
        raise ValueError("something follows the document")
    return start


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _members(text: str, start: int) -> tuple[list[Member], int]:
    if text[start] != "{":
        raise ValueError("not an object")
    members: list[Member] = []
    at = _space(text, start + 1)
    while not text.startswith("}", at):
        if members and members[-1].comma < 0:
            raise ValueError(f"no comma before character {at}")
        name = _STRING.match(text, at)
        if name is None:
            raise ValueError(f"no name at character {at}")
        colon = _space(text, name.end())
        if not text.startswith(":", colon):
            raise ValueError(f"no colon at character {colon}")
        value = _space(text, colon + 1)
        end = _end(text, value)
        after = _space(text, end)
        comma = after if text.startswith(",", after) else -1
        members.append(Member(json.loads(name[0], strict=False), at, (value, end), comma))
        at = _space(text, comma + 1 if comma >= 0 else after)
    return members, at


def _end(text: str, start: int) -> int:
    """Where the value that begins here ends."""
    simple = _STRING.match(text, start) or _SCALAR.match(text, start)
    if simple is not None:
        return simple.end()
    if not text.startswith(("{", "["), start):
        raise ValueError(f"no value at character {start}")
    opened: list[str] = []
    for token in _INSIDE.finditer(text, start):
        if token[0] in ("{", "["):
            opened.append(token[0])
        elif token[0] in ("}", "]"):
            if {"}": "{", "]": "["}[token[0]] != opened.pop():
                break
            if not opened:
                return token.end()
        elif token[0] in ('"', "/"):
            break
    raise ValueError(f"the value that begins at character {start} does not end")


def _added(text: str, start: int, key: tuple[str, ...], value: str) -> str:
    members, closing = _members(text, start)
    newline = "\r\n" if "\r\n" in text else "\n"
    unit = _unit(text)
    if not members:
        outer = _line_indent(text, start)
        inner = outer + unit
        member = f"{json.dumps(key[0], ensure_ascii=False)}: {_nested(key[1:], value, unit, inner, newline)}"
        within = text[start + 1 : closing]
        if within.strip():
            # Only comments are in it: they stay before what is added.
            return f"{text[:closing].rstrip()}{newline}{inner}{member}{newline}{outer}{text[closing:]}"
        return f"{text[: start + 1]}{newline}{inner}{member}{newline}{outer}{text[closing:]}"
    last = members[-1]
    inner = _line_indent(text, last.start)
    member = f"{json.dumps(key[0], ensure_ascii=False)}: {_nested(key[1:], value, unit, inner, newline)}"
    end = last.comma + 1 if last.comma >= 0 else last.value[1]
    before = text[:end] if last.comma >= 0 else text[:end] + ","
    after = "," if last.comma >= 0 else ""
    rest = _REST.match(text, end) if _first_on_line(text, last.start) else None
    if rest is not None:
        return f"{before}{rest[0]}{newline}{inner}{member}{after}{text[rest.end() :]}"
    return f"{before} {member}{after}{text[end:]}"


def _nested(key: tuple[str, ...], value: str, unit: str, indent: str, newline: str) -> str:
    if not key:
        return value
    inner = indent + unit
    rest = _nested(key[1:], value, unit, inner, newline)
    return f"{{{newline}{inner}{json.dumps(key[0], ensure_ascii=False)}: {rest}{newline}{indent}}}"


def _unit(text: str) -> str:
    found = _INDENT.search(text)
    return found[1] if found else "  "


def _first_on_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip() and "\n" in text[:at]


def _line_indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _plain(text: str) -> Any:
    """The value of one span of the document."""
    kept: list[str] = []
    comma = -1
    at = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|//[^\r\n]*|/\*[\s\S]*?\*/|[,\]}]|[^",/\]}]+|/', text):
        at = token.end()
        word = token[0]
        if word.startswith(("//", "/*")) or word.isspace():
            continue
        if word in ("]", "}") and comma >= 0:
            kept[comma] = ""
        comma = len(kept) if word == "," else -1
        kept.append(word)
    if at != len(text):
        raise ValueError("not understood")
    return json.loads("".join(kept), strict=False)
