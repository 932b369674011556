"""What enforcement shares between its processes: the table of decisions, and what was seen and done.

A table is compiled from a directive for this host; whoever holds one can answer without judging.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from clearance.model.terms import Confidence, Enforce

Action = Literal["allow", "warn", "block"]
"""What is done about a start, a packet or a name. `warn` lets it run and tells the person."""

Done = Literal[
    "allowed", "warned", "blocked", "killed", "refused", "would-warn", "would-block", "late", "failed"
]  # fmt: skip
"""What came of it. `killed`: it had begun; `refused`: a connection or a name; `would-…`: the host only observes."""

Means = Literal["exec", "open", "argv", "stdin", "loader", "memory", "mount", "running", "name", "tls", "address"]
"""How it was noticed: a start (`exec`), an interpreter reading a marked script (`open`), a look at a process after its
start (`argv`, `stdin`, `loader`, `memory`, `mount`), what already ran (`running`), or the network."""

UNKNOWN_AGENT: Final = ""
"""The tool of a row about agents that no catalog entry knows."""


class Row(Struct, frozen=True, array_like=True):
    """What to do. `would` is the same without the host's mode; `decision` is the place of the Decision in the list of
    the service that compiled the table."""

    action: Action
    would: Action
    decision: int


class Entry(Struct, frozen=True, array_like=True):
    """A row of the table and what it is for: a tool, a user id (None: one nobody knows here), a version and how sure
    the identification is (both None where the decision does not depend on them).
    """

    tool: str
    version: str | None
    uid: int | None
    row: Row
    confidence: Confidence | None = None


class KnownFile(Struct, frozen=True, array_like=True):
    """A file whose content was identified, at the state that device, inode and change time (ns) tell.

    `tool` is None for no tool, `UNKNOWN_AGENT` for an agent no entry knows; `entry`: it is a program's text that an
    interpreter reads, so reading it is starting it; `runtime`: it is an interpreter or a loader itself.
    """

    device: int
    inode: int
    changed: int
    tool: str | None
    version: str | None = None
    score: float | None = None
    entry: bool = False
    runtime: bool = False
    path: str = ""
    confidence: Confidence = "certain"


class Table(Struct, frozen=True):
    """All that a guard needs to answer. `serial` counts the tables of one run; `generation` is the directive's.

    `versioned` are tools whose decision depends on version or confidence. `users` are the user ids that rows were made
    for: one without an entry for a tool has the tool's row in `general`. `strangers`: an agent that no catalog entry
    knows may be blocked or warned of, so that it is worth looking for. `critical` are the (device, inode) of programs
    that nothing may block.
    """

    serial: int
    generation: int
    mode: Enforce
    deadline_ms: int
    on_failure: Literal["open", "closed"]
    entries: tuple[Entry, ...]
    versioned: tuple[str, ...] = ()
    users: tuple[int, ...] = ()
    critical: tuple[tuple[int, int], ...] = ()
    files: tuple[KnownFile, ...] = ()
    paused: bool = False
    general: tuple[tuple[str, Row], ...] = ()
    strangers: bool = False
