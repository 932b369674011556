"""The part of SARIF 2.1.0 (OASIS standard) that this program writes, as structs with the standard's names."""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType, field

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Level = Literal["none", "note", "warning", "error"]
Properties = dict[str, Any]


class Node(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What all objects have in common: names in camel case, and nothing is written for what is not given."""


class Message(Node, frozen=True):
    """A text for people, without markup."""

    text: str


class ArtifactLocation(Node, frozen=True):
    """A URI, relative to the folder that `uri_base_id` names in the run."""

    uri: str
    uri_base_id: str | UnsetType = UNSET


class Region(Node, frozen=True):
    """Lines of a file, counted from 1."""

    start_line: int


class PhysicalLocation(Node, frozen=True):
    """A file, and where in it."""

    artifact_location: ArtifactLocation
    region: Region | UnsetType = UNSET


class LogicalLocation(Node, frozen=True):
    """A thing that is not a file: a socket, a server that a file defines, a person's home."""

    fully_qualified_name: str
    kind: str


class Location(Node, frozen=True):
    """Where a result or a notification points to."""

    physical_location: PhysicalLocation | UnsetType = UNSET
    logical_locations: tuple[LogicalLocation, ...] = ()


class Suppression(Node, frozen=True):
    """Somebody reviewed the result and set it aside."""

    kind: Literal["external"]
    status: Literal["accepted"]
    justification: str
    properties: Properties = field(default_factory=dict)


class Result(Node, frozen=True):
    """One finding. `suppressions` is always written: an empty list says that nobody suppressed it."""

    rule_id: str
    rule_index: int
    level: Level
    kind: Literal["fail", "pass", "review"]
    message: Message
    locations: tuple[Location, ...]
    partial_fingerprints: dict[str, str]
    suppressions: tuple[Suppression, ...]
    baseline_state: Literal["new", "unchanged"] | UnsetType = UNSET
    properties: Properties = field(default_factory=dict)


class Configuration(Node, frozen=True):
    """What a rule's results have where they say nothing else."""

    level: Level


class Descriptor(Node, frozen=True):
    """A rule, or a kind of notification."""

    id: str
    short_description: Message
    full_description: Message | UnsetType = UNSET
    help_uri: str | UnsetType = UNSET
    default_configuration: Configuration | UnsetType = UNSET
    properties: Properties = field(default_factory=dict)


class Component(Node, frozen=True):
    """A program or a policy, with its rules."""

    name: str
    version: str | UnsetType = UNSET
    rules: tuple[Descriptor, ...] = ()
    notifications: tuple[Descriptor, ...] = ()
    properties: Properties = field(default_factory=dict)


class Reference(Node, frozen=True):
    """The descriptor that a notification is of."""

    id: str


class Notification(Node, frozen=True):
    """Something about the run itself: what it could not look at."""

    descriptor: Reference
    level: Level
    message: Message
    locations: tuple[Location, ...] = ()


class Invocation(Node, frozen=True):
    """One run of the program."""

    execution_successful: bool
    start_time_utc: str
    end_time_utc: str
    machine: str
    tool_execution_notifications: tuple[Notification, ...] = ()


class Tool(Node, frozen=True):
    """The program that made the log."""

    driver: Component


class Automation(Node, frozen=True):
    """Which runs belong together: those with the same id."""

    id: str


class Run(Node, frozen=True):
    """One run with its results. `results` is always written: an empty list says that nothing was found."""

    tool: Tool
    invocations: tuple[Invocation, ...]
    automation_details: Automation
    original_uri_base_ids: dict[str, ArtifactLocation]
    results: tuple[Result, ...]
    policies: tuple[Component, ...] = ()


class Log(Node, frozen=True):
    """A SARIF document."""

    schema_: str = field(name="$schema")
    version: Literal["2.1.0"]
    runs: tuple[Run, ...]
