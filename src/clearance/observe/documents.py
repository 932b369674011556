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

Value = Any
"""What JSON, TOML and YAML have in common: dict, list, str, int, float, bool, None."""

_TOKEN = re.compile(rb'["/,}\]]')
_IN_STRING = re.compile(rb'["\\]')
_NEWLINE = re.compile(rb"[\r\n]")


def parse(data: bytes, kind: str) -> Value:
    """The document's value. `kind` is a `Location.format`: json, jsonc, toml, yaml, plist. ValueError says why not."""
    limit = YAML_LIMIT if kind == "yaml" else LIMIT
    if len(data) > limit:
        raise ValueError(f"larger than {limit} bytes")
    try:
        return _parse(data, kind)
    except ValueError as error:
        raise ValueError(_one_line(error)) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - ruamel and plistlib let errors of many kinds through on hostile bytes
        raise ValueError(_one_line(error)) from None


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
        return tomllib.loads(data.decode("utf-8"))
    if kind == "yaml":
        return _yaml(data)
    if kind == "plist":
        return plistlib.loads(data)
    raise ValueError(f"no reader for {kind!r}")


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
    if data.count(b"*") > 1000 and data.count(b"&") > 8:
        raise ValueError("too many aliases")
    from ruamel.yaml import YAML

    loader = YAML(typ="safe", pure=True)
    loader.allow_duplicate_keys = True
    return loader.load(data.decode("utf-8"))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


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
