"""What was seen on a host: sightings, unknown agents, coverage, and what could not be looked at."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from clearance.model.decision import Decision, PolicyRef, ToolFacts
from clearance.model.terms import OS, Confidence, EndpointClass, Surface, Topic


class Evidence(Struct, frozen=True):
    """Why a sighting is believed: `kind` is a stable word (`package.json`, `bun-entry`, …), `detail` what was read."""

    kind: str
    detail: str


class Endpoint(Struct, frozen=True, rename={"class_": "class"}):
    """Where a tool sends: a host name without port, and what kind of place that is."""

    host: str
    class_: EndpointClass = "unknown"


class SwitchState(Struct, frozen=True):
    """A data switch as it is in force for one user.

    `state`: `on` — what `stops` names flows; `off` — it is stopped; `default` — nobody set it, and `value` says what
    the vendor's default is. `where` is the file and key, or the variable, that won. `otherwise` is the place in a
    project that says the opposite of what the user set: with most vendors that counts in the project.
    """

    name: str
    state: Literal["on", "off", "default"]
    value: str
    where: str
    stops: Topic
    otherwise: str = ""


class Deviation(Struct, frozen=True):
    """A setting that is not as `allow-with-settings` asks, for `user` (None: for everybody).

    `switch` is what was seen; None where no such switch is known, so that nobody can tell. `remedy` says where and how
    it is set as asked; empty where the machine has no place for it.
    """

    setting: str
    wanted: str
    switch: SwitchState | None
    user: str | None = None
    remedy: str = ""


class Suppressed(Struct, frozen=True):
    """Somebody reviewed this finding: it stays in the result, and no longer counts for the exit code until `until`."""

    reason: str
    owner: str
    until: str


class Sighting(Struct, frozen=True):
    """A surface of a tool seen on a host. `id` is the same from run to run for the same thing in the same place.

    `path` is as the scanned host names it. `version` is None where the bytes do not show one. `deviations` are the
    settings that the decision asks for and that are not in force for those who use the tool here.
    """

    id: str
    tool: str
    name: str
    surface: Surface
    path: str
    confidence: Confidence
    version: str | None = None
    user: str | None = None
    repository: str | None = None
    running: bool = False
    pid: int | None = None
    endpoint: Endpoint | None = None
    evidence: tuple[Evidence, ...] = ()
    switches: tuple[SwitchState, ...] = ()
    decision: Decision | None = None
    suppressed: Suppressed | None = None
    deviations: tuple[Deviation, ...] = ()


class Unknown(Struct, frozen=True):
    """A program or package that no catalog entry knows but that shows traits of an agent. `score` is 0 to 1."""

    id: str
    path: str
    score: float
    traits: tuple[str, ...]
    user: str | None = None
    decision: Decision | None = None
    suppressed: Suppressed | None = None


class Coverage(Struct, frozen=True):
    """Whether a tool was looked for in a home. `why` is given where the state is not `found` or `nothing`."""

    tool: str
    user: str
    state: Literal["found", "nothing", "not-readable", "not-looked"]
    why: str = ""


class Skipped(Struct, frozen=True):
    """What was not looked at. `probe` is the probe's name, or `walk`. `matters`: the scan is incomplete without it."""

    probe: str
    path: str
    reason: str
    matters: bool = True


class Changes(Struct, frozen=True):
    """Ids of sightings and unknown agents that are new or gone since an earlier scan."""

    since: str
    new: tuple[str, ...]
    gone: tuple[str, ...]


class Host(Struct, frozen=True):
    """The scanned host. `root` is `/`, or the folder that was scanned as if it were a host."""

    name: str
    os: OS
    root: str


class Summary(Struct, frozen=True):
    """Counts of one scan. `tools` are distinct tools seen; `blocked` and `warned` are tools, not sightings.

    `deviating` are the tools that are allowed with settings which are not in force.
    """

    tools: int
    sightings: int
    blocked: int
    warned: int
    files_seen: int
    seconds: float
    homes: int = 0
    processes: int = 0
    allowed: int = 0
    unknown: int = 0
    deviating: int = 0


class ScanResult(Struct, frozen=True):
    """All that one scan says. Times are RFC 3339 in UTC. Output formats are projections of this and look nothing up.

    `tools` are the facts, as merged with the directive's, on every tool that was seen or that replaces one; `homes`
    are (user, path) of the homes that were looked at.
    """

    started: str
    finished: str
    host: Host
    policy: PolicyRef
    sightings: tuple[Sighting, ...]
    unknown: tuple[Unknown, ...]
    coverage: tuple[Coverage, ...]
    skipped: tuple[Skipped, ...]
    changes: Changes | None
    summary: Summary
    tools: tuple[ToolFacts, ...] = ()
    homes: tuple[tuple[str, str], ...] = ()
