"""JSON objects in foreign files: what is none is an empty object, never an error."""

from __future__ import annotations

from typing import Any

import msgspec


def json_object(data: bytes) -> dict[str, Any]:
    """The object that these bytes say; empty where they are not UTF-8, not JSON, or something else than an object."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
