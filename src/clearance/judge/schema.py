"""The JSON Schemas of the directive and of its test cases, for editors and for programs that write them.

`python -m clearance.judge.schema directive` (or `directive-test`) prints one; `schemas/*-v1.json` are its output, and a
test keeps them equal. They are made of the types that the reader itself uses, so that both accept the same documents;
only what lies within a text (a date, a range) is checked by the reader alone.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import msgspec

from clearance.model.directive import Directive, DirectiveTest

DOCUMENTS: Final[dict[str, tuple[type[msgspec.Struct], str]]] = {
    "directive": (Directive, "A Clearance directive (clearance/v1)"),
    "directive-test": (DirectiveTest, "Test cases for a Clearance directive (clearance/v1)"),
}
"""The types by the name of their schema."""


def schema(name: str) -> dict[str, Any]:
    """The schema of this name."""
    kind, title = DOCUMENTS[name]
    found: dict[str, Any] = msgspec.json.schema(kind)
    if kind is Directive:
        found = _without_null(found)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **found}


def text(name: str) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def _without_null(part: Any) -> Any:
    """The schema without null: in a directive, an empty value is an error, since it would silently mean "any"."""
    if isinstance(part, list):
        return [_without_null(item) for item in part if item != {"type": "null"}]
    if not isinstance(part, dict):
        return part
    cleaned = {key: _without_null(value) for key, value in part.items() if not (key == "default" and value is None)}
    choices = cleaned.get("anyOf")
    if isinstance(choices, list) and len(choices) == 1:
        del cleaned["anyOf"]
        cleaned |= choices[0]
    return cleaned


if __name__ == "__main__":
    print(text(sys.argv[1]), end="")
