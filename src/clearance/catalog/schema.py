"""The JSON Schema of the catalog's files, for editors and for programs that read `clearance explain --json`.

`python -m clearance.catalog schema` prints it; `schemas/catalog-v1.json` is its output, and a test keeps the two equal.
"""

from __future__ import annotations

import json
from inspect import cleandoc
from typing import Any

import msgspec

from clearance.model.tool import Tool


def schema() -> dict[str, Any]:
    """The schema of one tool's file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An entry of the Clearance catalog (clearance/catalog/v1)",
        **_cleaned(msgspec.json.schema(Tool)),
    }


def _cleaned(node: Any) -> Any:
    """The schema with its descriptions free of the source's indentation."""
    if isinstance(node, dict):
        return {
            key: cleandoc(value) if key == "description" and isinstance(value, str) else _cleaned(value)
            for key, value in node.items()
        }
    return [_cleaned(member) for member in node] if isinstance(node, list) else node


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
