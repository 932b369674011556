"""The directive: what is cleared, restricted or barred, from when, for whom, why, and what replaces it.

These structs are the shape of the document (`apiVersion: clearance/v1`), which `schemas/directive-v1.json` is
generated from. What the fields mean is in `docs/directive.md`; how a request is judged is in `judge/engine.py`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from clearance.model.terms import Confidence, Deployment, Effect, EndpointClass, Enforce, Kind, Risk, Surface, Training

OneOrMore = str | tuple[str, ...]


class Vetted(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Matches a tool that the vet lab examined: at most so many days ago, with one of these verdicts."""

    within_days: int | None = None
    verdict: OneOrMore | None = None


class Match(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All fields given must hold. A list is "any of". `not` negates the whole of what it holds."""

    tool: OneOrMore | None = None
    vendor: OneOrMore | None = None
    country: OneOrMore | None = None
    kind: Kind | tuple[Kind, ...] | None = None
    deployment: Deployment | tuple[Deployment, ...] | None = None
    residency: OneOrMore | None = None
    retention: str | int | None = None
    training: Training | tuple[Training, ...] | None = None
    risk: OneOrMore | None = None
    version: OneOrMore | None = None
    surface: Surface | tuple[Surface, ...] | None = None
    endpoint: OneOrMore | None = None
    endpoint_class: EndpointClass | tuple[EndpointClass, ...] | None = None
    host: OneOrMore | None = None
    group: OneOrMore | None = None
    user: OneOrMore | None = None
    confidence: Confidence | tuple[Confidence, ...] | None = None
    known: bool | None = None
    score: str | float | None = None
    vetted: Vetted | None = None
    not_: Match | None = field(default=None, name="not")


class Rule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One rule. `from`/`until` bound when it holds; a bare date is a whole day in `metadata.timezone`."""

    id: str
    match: Match
    effect: Effect
    enforce: Enforce | None = None
    from_: str | None = field(default=None, name="from")
    until: str | None = None
    risk: Risk | None = None
    reason: str = ""
    replacement: str | None = None
    message: str = ""
    settings: dict[str, str | int | float | bool] = field(default_factory=dict)


class Default(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What holds where no rule does."""

    effect: Effect = "warn"
    enforce: Enforce | None = None
    reason: str = ""
    replacement: str | None = None
    message: str = ""


class Waiver(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A time-boxed exception with owner, reason and end. It comes before all rules and gives `allow`."""

    id: str
    until: str
    owner: str = ""
    reason: str = ""
    tool: OneOrMore | None = None
    match: Match | None = None
    group: OneOrMore | None = None
    user: OneOrMore | None = None
    host: OneOrMore | None = None
    from_: str | None = field(default=None, name="from")


class Group(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who belongs: any of these users, unix groups or hosts (globs)."""

    users: tuple[str, ...] = ()
    unix_groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class LocalTool(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The company's own facts on a tool: a new one, or fields that win over the catalog's."""

    id: str
    name: str | None = None
    vendor: str | None = None
    country: str | None = None
    kind: Kind | tuple[Kind, ...] | None = None
    deployment: Deployment | None = None
    residency: tuple[str, ...] | None = None
    retention: int | Literal["unknown"] | None = None
    training: Training | None = None
    risk: Risk | None = None
    command: str | None = None
    binaries: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class EndpointRule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"class_": "class"}):
    """What kind of place a host (a glob) is, and where data sent to it stays."""

    host: str
    class_: EndpointClass
    residency: tuple[str, ...] = ()


class Metadata(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who answers for the directive, until when it was reviewed, and whose midnight its dates mean (an IANA zone)."""

    id: str
    title: str = ""
    owner: str = ""
    review: str | None = None
    timezone: str = "UTC"


class PerPerson(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """For what named purpose, and to which roles, an audit may name people."""

    purpose: str = ""
    roles: tuple[str, ...] = ()


class AuditTerms(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What may leave a machine in an audit."""

    content: Literal["never", "protected", "always"] = "never"
    per_person: PerPerson = PerPerson()


class Enforcement(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How enforcement behaves when it fails, how many programs a change may stop (percent), how long records stay.

    `mode` is that of hosts on which nobody set another by hand.
    """

    on_failure: Literal["open", "closed"] = "open"
    blast_radius: int = 5
    retention_days: int = 400
    mode: Enforce | None = None


class Directive(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One directive document, or several merged (see `judge/parse.py`)."""

    apiVersion: Literal["clearance/v1"]
    kind: Literal["Directive"]
    metadata: Metadata | UnsetType = UNSET
    contact: str | UnsetType = UNSET
    groups: dict[str, Group] = field(default_factory=dict)
    tools: tuple[LocalTool, ...] = ()
    endpoints: tuple[EndpointRule, ...] = ()
    rules: tuple[Rule, ...] = ()
    default: Default | UnsetType = UNSET
    waivers: tuple[Waiver, ...] = ()
    protected: tuple[str, ...] = ()
    audit: AuditTerms | UnsetType = UNSET
    enforcement: Enforcement | UnsetType = UNSET


class GivenVetted(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The newest dossier on the tool of a test case."""

    verdict: str
    at: str


class Given(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The request of a test case. Without `tool` it is an unknown agent; what is left out was not observed."""

    tool: str | None = None
    version: str | None = None
    surface: Surface | None = None
    endpoint: str | None = None
    user: str | None = None
    unix_groups: tuple[str, ...] | None = None
    host: str | None = None
    confidence: Confidence | None = None
    score: float | None = None
    vetted: GivenVetted | None = None
    at: str | None = None


class Expected(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a test case expects of the decision. What is left out may be anything; `null` expects that there is none.

    `replacement` is a tool's id, `upcoming` a rule's; `message` is a text that the message holds.
    """

    effect: Effect | UnsetType = UNSET
    enforce: Enforce | UnsetType = UNSET
    rule: str | UnsetType | None = UNSET
    waiver: str | UnsetType | None = UNSET
    reason: str | UnsetType = UNSET
    replacement: str | UnsetType | None = UNSET
    message: str | UnsetType = UNSET
    risk: Risk | UnsetType | None = UNSET
    upcoming: str | UnsetType | None = UNSET
    undetermined: tuple[str, ...] | UnsetType = UNSET
    endpoint_class: EndpointClass | UnsetType = UNSET


class Case(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One test case: given this request, this decision is expected."""

    name: str
    given: Given
    expect: Expected


class DirectiveTest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Test cases for a directive. `at` is the instant of every case that gives none of its own."""

    apiVersion: Literal["clearance/v1"]
    kind: Literal["DirectiveTest"]
    cases: tuple[Case, ...]
    at: str | None = None
