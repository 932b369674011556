"""The scan document `clearance/scan/v1`, for other programs.

Guarantees: fields are those of the contract, in its order, with additions after them; the same result gives the same
bytes; the document is valid UTF-8. A name on a disk need not be: in every string a byte that is not UTF-8 is written
`\\xNN`, and a backslash that would read so `\\x5c` (`escape.scalar`, whose inverse gives the name back).

The structs are the shape of the document. `python -m clearance.prove.formats.scan.json` prints its JSON Schema;
`schemas/scan-v1.json` is its output, and a test keeps the two equal.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from clearance.model.sighting import ScanResult
from clearance.model.terms import OS, Confidence, Effect, EndpointClass, Enforce, Risk, Surface, Topic
from clearance.prove.formats.decision import document as decision_document
from clearance.prove.formats.escape import json_text, scalars
from clearance.prove.formats.rendering import RenderOptions


class Host(Struct, frozen=True):
    """The scanned host. `root` is `/`, or the folder that was scanned as if it were a host."""

    name: str
    os: OS
    root: str


class Policy(Struct, frozen=True):
    """The directive that judged. `example`: none is configured here, and a shipped example was used."""

    generation: int
    sha256: str
    directives: tuple[str, ...]
    title: str = ""
    example: bool = False


class DecisionPolicy(Struct, frozen=True):
    """The directive that decided."""

    generation: int
    sha256: str
    directives: tuple[str, ...]


class Replacement(Struct, frozen=True):
    """What to use instead, and the command that starts it."""

    tool: str
    name: str
    command: str


class Upcoming(Struct, frozen=True, rename={"from_": "from"}):
    """A rule that has not begun and would change the decision."""

    rule: str
    effect: Effect
    from_: str


class Decision(Struct, frozen=True, rename={"schema_": "schema"}):
    """What the directive says."""

    schema_: Literal["clearance/decision/v1"]
    tool: str | None
    effect: Effect
    enforce: Enforce
    rule: str | None
    waiver: str | None
    reason: str
    replacement: Replacement | None
    message: str
    risk: Risk | None
    at: str
    upcoming: Upcoming | None
    undetermined: tuple[str, ...]
    policy: DecisionPolicy
    settings: dict[str, str | int | float | bool] | UnsetType = UNSET


class Endpoint(Struct, frozen=True, rename={"class_": "class"}):
    """A host that is sent to, and what kind of place it is."""

    host: str
    class_: EndpointClass


class Evidence(Struct, frozen=True):
    """Why the sighting is believed."""

    kind: str
    detail: str


class Switch(Struct, frozen=True):
    """A data switch as it is in force. `on`: what `stops` names flows; `default`: nobody set it, `value` is it.

    `otherwise`: the place in a project that says the opposite of what the user set; with most vendors it counts there.
    """

    name: str
    state: Literal["on", "off", "default"]
    value: str
    where: str
    stops: Topic
    otherwise: str


class Deviation(Struct, frozen=True):
    """A setting that is not as the decision asks. `switch` null: none is known, so nobody can tell."""

    setting: str
    wanted: str
    switch: Switch | None
    user: str | None
    remedy: str


class Suppressed(Struct, frozen=True):
    """Who reviewed the finding and set it aside, why, and until when."""

    reason: str
    owner: str
    until: str


class Sighting(Struct, frozen=True):
    """A surface of a tool. `id` is the same from run to run for the same thing in the same place.

    `deviations` are the settings that an `allow-with-settings` decision asks for and that are not in force.
    """

    id: str
    tool: str
    name: str
    surface: Surface
    path: str
    version: str | None
    user: str | None
    repository: str | None
    running: bool
    pid: int | None
    endpoint: Endpoint | None
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    switches: tuple[Switch, ...]
    decision: Decision | None
    suppressed: Suppressed | None
    deviations: tuple[Deviation, ...]


class Unknown(Struct, frozen=True):
    """A program that no catalog entry knows but that shows traits of an agent."""

    id: str
    path: str
    score: float
    traits: tuple[str, ...]
    decision: Decision | None
    user: str | None
    suppressed: Suppressed | None


class Coverage(Struct, frozen=True):
    """Whether a tool was looked for in somebody's home, and why not."""

    tool: str
    user: str
    state: Literal["found", "nothing", "not-readable", "not-looked"]
    why: str


class Skipped(Struct, frozen=True):
    """What was not looked at. `matters`: the scan is incomplete without it."""

    probe: str
    path: str
    reason: str
    matters: bool


class Changes(Struct, frozen=True):
    """Ids that are new or gone since an earlier scan."""

    since: str
    new: tuple[str, ...]
    gone: tuple[str, ...]


class Summary(Struct, frozen=True):
    """Counts. `tools`, `blocked`, `warned`, `allowed` and `deviating` are tools, not sightings."""

    tools: int
    sightings: int
    blocked: int
    warned: int
    files_seen: int
    seconds: float
    homes: int
    processes: int
    allowed: int
    unknown: int
    deviating: int


class Scan(Struct, frozen=True, rename={"schema_": "schema"}):
    """One scan of a host. Times are RFC 3339 in UTC."""

    schema_: Literal["clearance/scan/v1"]
    started: str
    finished: str
    host: Host
    policy: Policy
    sightings: tuple[Sighting, ...]
    unknown: tuple[Unknown, ...]
    coverage: tuple[Coverage, ...]
    skipped: tuple[Skipped, ...]
    changes: Changes | None
    summary: Summary


def render(result: ScanResult, options: RenderOptions) -> str:
    """The document, indented, ending with a line feed."""
    return json_text(msgspec.json.format(msgspec.json.encode(document(result)), indent=2)) + "\n"


def document(result: ScanResult) -> dict[str, Any]:
    """The document as plain objects."""
    bare = structs.replace(
        result,
        sightings=tuple(structs.replace(seen, decision=None) for seen in result.sightings),
        unknown=tuple(structs.replace(seen, decision=None) for seen in result.unknown),
    )
    made: dict[str, Any] = {"schema": "clearance/scan/v1"}
    for field in structs.fields(Scan)[1:]:
        part = msgspec.convert(getattr(bare, field.name), field.type, from_attributes=True)
        made[field.encode_name] = scalars(msgspec.to_builtins(part))
    decisions = [seen.decision for seen in result.sightings] + [seen.decision for seen in result.unknown]
    for entry, decision in zip(made["sightings"] + made["unknown"], decisions, strict=True):
        entry["decision"] = decision_document(decision) if decision else None
    return made


def schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Clearance scan (clearance/scan/v1)",
        **msgspec.json.schema(Scan),
    }


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
