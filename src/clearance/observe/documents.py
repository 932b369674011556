"""Settings documents of foreign programs, read without trust.

`parse` turns bytes into plain values or raises ValueError with one line that says why; it never raises anything else,
whatever the bytes are, and refuses what is larger than `LIMIT` before looking at it. A secret never leaves this module:
callers ask for named keys.
"""

from __future__ import annotations

import plistlib
import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

LIMIT: Final = 1 << 20
"""Bytes. Real settings files are a few KiB; one tool's state file of 600 KB is the largest seen."""

YAML_LIMIT: Final = 1 << 16
"""Bytes. The YAML reader takes 13 microseconds a byte; settings in YAML are small."""

YAML_ALIASES: Final = 1000
YAML_MERGES: Final = 8
"""Aliases where mappings are merged: each level of merging may multiply the one below it."""

YAML_NESTING: Final = 64
"""Brackets in brackets. The YAML reader's time grows with their square; settings have four or five."""

TOML_PARTS: Final = 128
"""Parts of a dotted key. The TOML reader's time grows with their square; settings have five or six."""

Value = Any
"""What JSON, TOML and YAML have in common: dict, list, str, int, float, bool, None."""

_TOKEN = re.compile(rb'["/,}\]]')
_ALIAS = re.compile(rb"(?<![\w*/.\"'\\-])\*(?=\w)")
_DOTTED = re.compile(rb"(?:\.[ \t]*[\w\"'-]{1,64}[ \t]*){%d}" % TOML_PARTS)
_BRACKET = re.compile(rb"[\[\]{}]")
_IN_STRING = re.compile(rb'["\\]')
_NEWLINE = re.compile(rb"[\r\n]")
_PLACE = re.compile(r"byte \d+|line \d+,? column \d+|end of document|truncated")


class Refused(ValueError):
    """Why a document is not read, in words of this module alone."""


def parse(data: bytes, kind: str) -> Value:
    """The document's value. `kind` is a `Location.format`: json, jsonc, toml, yaml, plist. ValueError says why not."""
    limit = YAML_LIMIT if kind == "yaml" else LIMIT
    if len(data) > limit:
        raise Refused(f"larger than {limit} bytes")
    try:
        return _parse(data, kind)
    except Refused:
        raise
    except RecursionError:
        raise Refused("nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - ruamel and plistlib let errors of many kinds through on hostile bytes
        raise Refused(_where(error)) from None


def _parse(data: bytes, kind: str) -> Value:
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if kind in ("json", "jsonc"):
        try:
            return msgspec.json.decode(data)
        except msgspec.DecodeError:
            # Editors and agents accept comments and trailing commas in files that are called .json.
            return msgspec.json.decode(without_comments(data))
    if kind == "toml":
        if _DOTTED.search(data):
            raise Refused("nested too deeply")
        return tomllib.loads(data.decode("utf-8"))
    if kind == "yaml":
        return _yaml(data)
    if kind == "plist":
        return plistlib.loads(data)
    raise Refused(f"no reader for {kind!r}")


def without_comments(data: bytes) -> bytes:
    """JSON from JSON with `//` and `/* */` comments and trailing commas. Linear in time, whatever the bytes are."""
    out: list[bytes] = []
    comma = -1  # index in `out` of a comma that nothing but space has followed yet
    at = 0
    while (match := _TOKEN.search(data, at)) is not None:
        start, token = match.start(), match.group()
        between = data[at:start]
        out.append(between)
        if between.strip():
            comma = -1
        if token == b'"':
            at = _string_end(data, start + 1)
            out.append(data[start:at])
            comma = -1
        elif data.startswith(b"//", start):
            newline = _NEWLINE.search(data, start)
            at = newline.start() if newline else len(data)
        elif data.startswith(b"/*", start):
            end = data.find(b"*/", start + 2)
            at = len(data) if end < 0 else end + 2
        else:
            if token in b"}]" and comma >= 0:
                out[comma] = b""
            comma = len(out) if token == b"," else -1
            out.append(token)
            at = start + 1
    out.append(data[at:])
    return b"".join(out)


def _string_end(data: bytes, at: int) -> int:
    while (match := _IN_STRING.search(data, at)) is not None:
        if match.group() == b'"':
            return match.end()
        at = match.end() + 1
    return len(data)


def _yaml(data: bytes) -> Value:
    aliases = len(_ALIAS.findall(data))
    if aliases > YAML_ALIASES or (b"<<" in data and aliases > YAML_MERGES):
        raise Refused("too many aliases")
    depth = 0
    for bracket in _BRACKET.findall(data):
        depth = depth + 1 if bracket in b"[{" else max(0, depth - 1)
        if depth > YAML_NESTING:
            raise Refused("nested too deeply")
    from ruamel.yaml import YAML

    loader = YAML(typ="safe", pure=True)
    loader.allow_duplicate_keys = True
    return loader.load(data.decode("utf-8"))


def _where(error: Exception) -> str:
    """Where a document stopped making sense. What a parser says quotes the document, which may hold a secret."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1}, column {mark.column + 1}"
    place = _PLACE.search(str(error))
    return " ".join(place.group().split()) if place else "not understood"


def lookup(document: Value, key: str) -> Value | None:
    """The value at a dotted key, or None. A key that itself has dots is tried whole first, at every level.

    `*` in the key stands for every member of an object or list; the first value found counts (see `lookup_all`).
    """
    return next((value for _, value in lookup_all(document, key)), None)


def lookup_all(document: Value, key: str) -> Iterator[tuple[str, Value]]:
    """Every (concrete key, value) that a dotted key with `*` members names, in document order."""
    yield from _descend(document, key, "", depth=0)


def _descend(document: Value, key: str, prefix: str, depth: int) -> Iterator[tuple[str, Value]]:
    if depth > 16:
        return
    if isinstance(document, list) and (key == "*" or key.startswith("*.")):
        document = {str(position): member for position, member in enumerate(document)}
    if not isinstance(document, dict):
        return
    if key in document:
        yield prefix + key, document[key]
        return
    parts = key.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        head, rest = ".".join(parts[:cut]), ".".join(parts[cut:])
        if head == "*":
            for name, member in document.items():
                yield from _descend(member, rest, f"{prefix}{name}.", depth + 1)
        elif head in document:
            yield from _descend(document[head], rest, f"{prefix}{head}.", depth + 1)
            return
    if key == "*":
        for name, member in document.items():
            yield f"{prefix}{name}", member
