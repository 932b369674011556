"""What a JavaScript text loads: modules by the names in it, text in `data:` addresses. Nothing is run."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from clearance.agent.tracker.commands.command import quoted, unescaped

MOST_IMPORTS: Final = 48
TEXT: Final = 262_144
DATA_BYTES: Final = 262_144
_LITERAL: Final = r"""["'`]((?:[^"'`\n\\]|\\.){1,8192})["'`]"""
_GAP: Final = r"(?:\s|/\*(?:[^*]|\*(?!/)){0,400}\*/|//[^\n]{0,400}\n){0,40}"
_IMPORTS: Final = re.compile(rf"(?:\bimport\b|\brequire\b|\bfrom\b){_GAP}\(?{_GAP}{_LITERAL}")
_BY_NAME: Final = re.compile(
    r"""\b(?:import|require)\s{0,40}\(\s{0,40}[^\s"'`)]|\brequire\b(?!\s{0,40}[(.])|"""
    r"""\b(?:Worker|fork|createRequire|eval|Function|_load|_compile|compileFunction|runIn\w{4,20}|Script)\s{0,40}\("""
)
"""What loads, or takes for program text, what a variable or a word behind names."""

_ENDINGS: Final = (".js", ".mjs", ".cjs", ".ts", ".mts")
_OWN: Final = re.compile(r"node:|https?:")


def imports(source: str) -> tuple[str, ...]:
    """What a program's text imports, of what is not Node's own."""
    found = dict.fromkeys(unescaped(name) for name in _IMPORTS.findall(source[:TEXT]))
    return tuple(name for name in found if not _OWN.match(name))[:MOST_IMPORTS]


def by_name(source: str) -> bool:
    """Whether a text loads something by another name than one written there."""
    return _BY_NAME.search(source[:TEXT]) is not None


def named(source: str) -> tuple[str, ...]:
    """The paths that stand in a text, where it loads something by another name than one written there."""
    if not by_name(source):
        return ()
    found: dict[str, None] = {}
    for name in quoted(source):
        if name.startswith(("/", "./", "../", "file:", "data:")):
            found[name] = None
        elif name.endswith(_ENDINGS) and not _OWN.match(name):
            found[f"./{name}"] = None
    return tuple(found)


def loads(source: str) -> Iterator[str]:
    """All that a text may load, each name once."""
    yield from dict.fromkeys((*imports(source), *named(source)))


def data(address: str) -> str:
    """The text of a `data:` address; empty where it is none."""
    kind, found, rest = address[: 2 * DATA_BYTES].partition(",")
    if not found or not kind.startswith("data:"):
        return ""
    text = unquote(rest)
    if not kind.endswith(";base64"):
        return text
    text = "".join(text.split())
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
