"""Texts of chosen elements of a foreign XML document.

Guarantees, whatever the bytes are: nothing outside the document is fetched, a document that declares entities is
refused, depth and length are bounded, and nothing but ValueError is raised.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from xml.parsers import expat

DEPTH: Final = 64
LONGEST: Final = 1000


def texts(data: bytes, paths: Collection[str]) -> dict[str, str]:
    """The text of the first element at each of `paths` (names joined by `/`, from the root), and of `PATH@ATTRIBUTE`.

    ValueError where the document is not well formed up to its end, or is cut.
    """
    found: dict[str, str] = {}
    stack: list[str] = []
    parts: list[str] = []
    room = LONGEST

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal room
        stack.append(name)
        if len(stack) > DEPTH:
            raise ValueError("nested too deeply")
        parts.clear()
        room = LONGEST
        here = "/".join(stack)
        for attribute, value in attributes.items():
            key = f"{here}@{attribute}"
            if key in paths and key not in found:
                found[key] = value[:LONGEST]

    def end(_: str) -> None:
        here = "/".join(stack)
        if here in paths and here not in found:
            found[here] = "".join(parts).strip()
        stack.pop()
        parts.clear()

    def characters(data: str) -> None:
        nonlocal room
        if room > 0:
            parts.append(data[:room])
            room -= len(data)

    def refuse(*_: object) -> None:
        raise ValueError("declares entities")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.EntityDeclHandler = refuse
    parser.UnparsedEntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"not valid XML: {error}") from None
    except (LookupError, UnicodeError) as error:
        raise ValueError(f"not valid XML: {error}") from None
    return found
