"""What the catalog knows of an AI coding tool. Every fact names its source and the day it was checked.

The YAML files under `catalog/tools/` are exactly these structs; `schemas/catalog-v1.json` is generated from them.
A fact that was looked for and not found has the value `unknown`; one nobody looked for is absent (`None`).
"""

from __future__ import annotations

import datetime as dt
from typing import Generic, Literal, TypeVar

from msgspec import Struct

from clearance.model.terms import Deployment, Kind, Risk, Scope, Topic, Training

T = TypeVar("T")

Format = Literal[
    "json", "jsonc", "toml", "yaml", "env", "jsonl", "sqlite", "leveldb", "plist", "text", "folder", "other"
]  # fmt: skip
"""How a file of a tool is written."""


class Fact(Struct, Generic[T], frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value with its provenance.

    `source` lists where it was read: an address, or `npm:NAME@VERSION` and the like for a package that was opened.
    It may be empty only when the value is `unknown`. `checked` is the day somebody looked; `as_of` the date of the
    document itself where that is older. `third_party`: at least one source is not the vendor's own.
    """

    value: T
    checked: dt.date
    source: tuple[str, ...] = ()
    text: str = ""
    as_of: dt.date | None = None
    third_party: bool = False


class Vendor(Struct, frozen=True, forbid_unknown_fields=True):
    """Who offers the tool. `country` is the ISO 3166-1 alpha-2 code of the vendor's seat, or `unknown`."""

    name: str
    country: str


class Location(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A file or folder of a tool.

    `path` begins with `~/` (a home), `/` (the root of the host) or `./` (any project folder); `*` stands for
    anything within a name, `**` for any depth. macOS and Windows places are written the same way:
    `~/Library/…`, `~/AppData/Roaming/…`, `/Program Files/…`. `key` is where in the document the matter lies.
    """

    path: str
    scope: Scope = "user"
    format: Literal[
        "json", "jsonc", "toml", "yaml", "env", "jsonl", "sqlite", "leveldb", "plist", "text", "folder", "other"
    ] = "other"
    key: str = ""
    schema: str = ""


class Surfaces(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The ways a tool shows on a host.

    `packages` and `libraries` are `ECOSYSTEM:NAME` with the ecosystems `npm pypi deb rpm snap flatpak brew cask
    winget conda cargo go docker`; a library is the vendor's SDK: its presence is not the tool's.
    `extensions` are `EDITOR:ID` with `vscode jetbrains zed vim emacs chrome firefox`.
    """

    binaries: Fact[tuple[str, ...]] | None = None
    packages: Fact[tuple[str, ...]] | None = None
    libraries: Fact[tuple[str, ...]] | None = None
    extensions: Fact[tuple[str, ...]] | None = None
    installs: Fact[tuple[str, ...]] | None = None
    config: Fact[tuple[Location, ...]] | None = None
    instructions: Fact[tuple[str, ...]] | None = None
    mcp: Fact[tuple[Location, ...]] | None = None
    sessions: Fact[tuple[Location, ...]] | None = None
    residue: Fact[tuple[str, ...]] | None = None
    credentials: Fact[tuple[Location, ...]] | None = None
    credential_env: Fact[tuple[str, ...]] | None = None
    base_url_env: Fact[tuple[str, ...]] | None = None
    base_url_settings: Fact[tuple[Location, ...]] | None = None
    hosts: Fact[tuple[str, ...]] | None = None
    telemetry_hosts: Fact[tuple[str, ...]] | None = None
    ports: Fact[tuple[int, ...]] | None = None
    trailers: Fact[tuple[str, ...]] | None = None


class Incident(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something reported in public: what was observed, when, by whom. `date` may be a month or `unknown`."""

    what: str
    date: str
    source: tuple[str, ...]
    third_party: bool = False


class DataHandling(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the vendor states about content that the tool sends.

    `residency` are region codes as the vendor states them, or `in-house`, or `unknown`. `retention` is the longest
    time in days that the vendor states for ordinary content on any plan offered (0: not kept), or `unknown`; the
    shorter ones are in its text. `models` are the primary ones.
    """

    deployment: Fact[Deployment]
    residency: Fact[tuple[str, ...]]
    retention: Fact[int | Literal["unknown"]]
    training: Fact[Training]
    telemetry: Fact[Literal["on", "off", "opt-in", "none", "unknown"]]
    models: Fact[tuple[str, ...]]
    price: Fact[Literal["free", "subscription", "usage", "mixed", "unknown"]]
    guarantees: Fact[tuple[str, ...]]
    attestations: Fact[tuple[str, ...]]
    availability: Fact[str]
    incidents: tuple[Incident, ...] = ()
    notes: str = ""


class Setter(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One place where a data switch can be set.

    `where` is a path as in `Location`, or `env` for an environment variable. `key` is the variable's name or the
    dotted key in the document (a key that itself has dots is tried whole first). `off` lists the values that stop
    the flow, `on` those that allow it; a value in neither list is reported as it is. `*` stands for any value.
    """

    where: str
    key: str
    scope: Scope = "user"
    off: tuple[str | int | bool, ...] = ()
    on: tuple[str | int | bool, ...] = ()


class Switch(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A documented setting that decides whether something leaves the machine.

    `stops` is what no longer flows when the switch is off; `default` is the state where nobody set it.
    """

    name: str
    stops: Topic
    default: Literal["on", "off", "unknown"]
    set: tuple[Setter, ...]
    checked: dt.date
    source: tuple[str, ...]
    text: str = ""
    third_party: bool = False


class Marker(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Bytes by which a program of this tool can be told, and the role they play in it.

    The role decides, not the presence: programs about a tool hold the same words. Two markers of independent roles
    make an identification `certain`, one makes it `strong`.
    """

    role: Literal["entry", "module", "banner", "build-path", "note", "version", "variable", "section", "text"]
    pattern: str
    where: Literal["head", "entry", "names", "rodata", "buildinfo", "sea", "tail", "any"] = "any"
    regex: bool = False


class Identity(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the tool's programs are told by their content, whatever their name. `version` is a regex with one group."""

    markers: tuple[Marker, ...]
    checked: dt.date
    source: tuple[str, ...]
    version: str = ""
    text: str = ""


class Tool(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An AI coding tool that the catalog knows.

    `command` is what a person types to start it (shown when it replaces another). `aliases` are former or regional
    names. `unverified` lists what could not be checked against the tool's own release, and why.
    """

    id: str
    name: str
    vendor: Fact[Vendor]
    kind: Fact[tuple[Kind, ...]]
    data: DataHandling
    surfaces: Surfaces
    command: str = ""
    aliases: tuple[str, ...] = ()
    status: str = ""
    risk: Fact[Risk] | None = None
    switches: tuple[Switch, ...] = ()
    identity: Identity | None = None
    unverified: tuple[str, ...] = ()
