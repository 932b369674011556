"""The JSON Schemas of what `clearance enforce` says: `python -m clearance.prove.formats.enforcement.schema NAME`.

`schemas/enforce-report-v1.json` and `schemas/enforce-status-v1.json` are its output, and a test keeps them equal.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import msgspec
from msgspec import Struct

from clearance.model.status import EnforceStatus
from clearance.prove.formats.enforcement.report import Report

DOCUMENTS: Final[dict[str, tuple[type[Struct], str]]] = {
    "report": (Report, "What a directive did on a host (clearance/enforce-report/v1)"),
    "status": (EnforceStatus, "The state of enforcement on a host (clearance/enforce-status/v1)"),
}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one of the documents."""
    document, title = DOCUMENTS[name]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **msgspec.json.schema(document),
    }


def schema_text(name: str) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text(sys.argv[1]))
