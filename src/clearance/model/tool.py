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
    document itself where that is older. `third_party`: at least one source is not the vendor's own; `indirect`: no
    source is.
    """

    value: T
    checked: dt.date
    source: tuple[str, ...] = ()
    text: str = ""
    as_of: dt.date | None = None
    third_party: bool = False
    indirect: bool = False


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
    winget conda cargo go docker gh app`; `app` is the bundle id of a macOS application. A library is the vendor's SDK,
    or what others built on it: its presence is not the tool's. `carriers` are those libraries that bring the tool's
    program along, in themselves or in a package of theirs for one platform: whether they do, their bytes tell.
    `extensions` are `EDITOR:ID` with `vscode jetbrains zed vim emacs chrome firefox`.
    """

    binaries: Fact[tuple[str, ...]] | None = None
    packages: Fact[tuple[str, ...]] | None = None
    libraries: Fact[tuple[str, ...]] | None = None
    carriers: Fact[tuple[str, ...]] | None = None
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


Role = Literal["package", "entry", "module", "banner", "build-path", "variable", "text"]
"""What a marker is in the program that holds it.

`package`: the program's own name in its metadata. `entry`: the module or script that starts it. `module`: other modules
of its own. `banner`: what it says of itself, or its licence line. `build-path`: where it was built. `variable`: names
that only its own code reads or defines. `text`: words that others may hold too; they never tell a tool alone.
"""

Where = Literal["package", "entry", "argv", "modules", "code", "data"]
"""The part of a program that a marker lies in.

`package`: names in metadata, as `ECOSYSTEM:NAME`. `entry`: the name of the entry module or script. `argv`: arguments
that a single-file program gives its runtime. `modules`: names of modules and members. `code`: source text, scripts,
byte code. `data`: constants of a compiled program.
"""


class Marker(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Strings by which a program of this tool can be told, and the role that they play in it.

    The role decides, not the presence: programs about a tool hold the same words. `least` of the different strings
    `any` must be found for the marker to count. Markers of two roles make an identification `certain`, of one
    `strong`, of `text` alone `weak`. One that is `support` says nothing by itself (a vendor's licence line, an entry
    called `cli`): it adds to another, or two of them make a `strong`. In `package` a `*` stands for anything; in
    `entry`, `argv` and `modules` a `^` or `$` at the ends binds the string to the ends of the name.
    """

    role: Role
    where: Where
    any: tuple[str, ...]
    least: int = 1
    support: bool = False


class VersionMarker(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a program of this tool says its version.

    `pattern` is a regular expression with one group that begins with literal text. `near` are the places, as a share
    of the part's length, where it lay in releases that were looked at: where to look first, never a condition.
    """

    where: Where
    pattern: str
    near: tuple[float, ...] = ()


class Identity(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the tool's programs are told by their content, whatever their name.

    `over` lists the tools that this one is built from: their markers lie in it too, and it goes before them.
    """

    markers: tuple[Marker, ...]
    checked: dt.date
    source: tuple[str, ...]
    versions: tuple[VersionMarker, ...] = ()
    over: tuple[str, ...] = ()
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


class Shared(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What several tools have in common, so that it is no sign of any one of them.

    `instructions` and `mcp` are files that many tools read. `cloud_hosts` are the model services of cloud providers,
    `relay_hosts` public services that pass requests on to other vendors' models (both globs), `relay_names` programs
    that do so on one's own machine. `commit_lines` are texts in commit messages and notes that tell of some AI tool
    without saying which.
    """

    instructions: Fact[tuple[str, ...]]
    mcp: Fact[tuple[Location, ...]]
    cloud_hosts: Fact[tuple[str, ...]]
    relay_hosts: Fact[tuple[str, ...]]
    relay_names: Fact[tuple[str, ...]]
    commit_lines: Fact[tuple[str, ...]]
