"""One value of a TOML document, replaced, added or removed; comments, order and spaces of the rest stay. Pure.

What is no TOML document is a ValueError. Values are given and returned as JSON. The library that reads it is loaded
where there is something to read: whoever undoes other changes has none of it in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, MutableMapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

LARGEST: Final = 1 << 14
"""Characters. The reader takes more than linear time; settings that people write have a few hundred lines."""

DEEPEST: Final = 16
"""Brackets in brackets."""

_DOTTED: Final = re.compile(r"(?:\.[ \t]*[\w\"'-]{1,64}[ \t]*){6}")
"""A key of seven parts and more: the reader's time grows with a power of their number."""

_BRACKETS: Final = re.compile(r"[\[\]{}]")


def get(text: str, key: tuple[str, ...]) -> str | None:
    """The value at a key as JSON, or None. A date is given as its text."""
    found = _at(_parse(text), key)
    return None if found is None else json.dumps(found.unwrap() if hasattr(found, "unwrap") else found, default=str)


def depth(text: str, key: tuple[str, ...]) -> int:
    """How many of the names lead to something that is there."""
    document = _parse(text)
    return next((n for n in range(len(key), 0, -1) if _at(document, key[:n]) is not None), 0)


def put(text: str, key: tuple[str, ...], value: str) -> str:
    """The text with the value (JSON) at the key; tables on the way are made. ValueError where one is no table."""
    import tomlkit

    document = _parse(text)
    table: Any = document
    for name in key[:-1]:
        if name not in table:
            table[name] = tomlkit.table()
        table = table[name]
        if not isinstance(table, MutableMapping):
            raise ValueError(f"{name} is no table")  # noqa: TRY004 - it is the document that is not as needed
    table[key[-1]] = json.loads(value)
    return _text(document)


def remove(text: str, key: tuple[str, ...]) -> str:
    """The text without what is at the key; as it was where there is nothing."""
    document = _parse(text)
    table = _at(document, key[:-1]) if len(key) > 1 else document
    if not isinstance(table, MutableMapping) or key[-1] not in table:
        return text
    del table[key[-1]]
    return _text(document)


def _parse(text: str) -> TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if len(text) > LARGEST:
        raise ValueError(f"not TOML that is edited here: larger than {LARGEST} characters")
    depth = 0
    for bracket in _BRACKETS.findall(text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        if depth > DEEPEST:
            raise ValueError("not TOML that is edited here: nested too deeply")
    if _DOTTED.search(text):
        raise ValueError("not TOML that is edited here: nested too deeply")
    try:
        text.encode("utf-8")
        return tomlkit.parse(text)
    except (TOMLKitError, RecursionError, UnicodeEncodeError) as error:
        raise ValueError(f"not TOML: {error}") from None


def _text(document: TOMLDocument) -> str:
    import tomlkit

    text = tomlkit.dumps(document)
    _parse(text)
    return text


def _at(document: Container[str], key: tuple[str, ...]) -> Any:
    found: Any = document
    for name in key:
        if not isinstance(found, MutableMapping) or name not in found:
            return None
        found = found[name]
    return found
