"""The JSON Schema of a record's document: `python -m clearance.prove.formats.record.schema` prints it.

`schemas/record-v1.json` is its output, and a test keeps the two equal.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from clearance.model.record import Outcome, PolicyMark, RecordKind
from clearance.prove.formats.scan.json import Decision


class Document(Struct, frozen=True, rename={"schema_": "schema"}):
    """What was decided or happened, and what came of it. Its canonical form (RFC 8785) is a line of the ledger."""

    schema_: Literal["clearance/record/v1"]
    n: Annotated[int, Meta(ge=1, description="Counts from 1 without a gap. It is leaf n - 1 of the tree.")]
    at: Annotated[str, Meta(description="RFC 3339, in UTC.")]
    kind: RecordKind
    subject: Annotated[dict[str, Any], Meta(description="What it is about.")]
    decision: Annotated[Decision | None, Meta(description="The whole decision, where there is one.")]
    outcome: Outcome
    policy: PolicyMark


def schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A record of the ledger (clearance/record/v1)",
        **msgspec.json.schema(Document),
    }


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
