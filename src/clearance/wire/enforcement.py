"""Messages between the processes of `clearance enforce`. Every one is tagged; unknown fields are ignored."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from clearance.model.enforcement import Done, KnownFile, Means, Row, Table
from clearance.model.network import NetworkTable
from clearance.model.terms import Confidence


class NewTable(Struct, frozen=True, tag="table"):
    """From now on this table holds. It replaces the one before in one step.

    `forget`: what files are is told by another catalog now, so all that is known of them is forgotten.
    """

    table: Table
    forget: bool = False


class Ask(Struct, frozen=True, tag="ask"):
    """There is no row for this tool, version and user. `ticket` comes back with the answer."""

    ticket: int
    tool: str
    version: str | None
    uid: int | None
    score: float | None = None
    confidence: Confidence = "certain"


class Answer(Struct, frozen=True, tag="answer"):
    """The row asked for. It may be kept for as long as the table of this serial holds."""

    ticket: int
    serial: int
    tool: str
    version: str | None
    uid: int | None
    row: Row
    confidence: Confidence = "certain"


class Examine(Struct, frozen=True, tag="examine"):
    """What is this file? Its descriptor travels with the message."""

    ticket: int
    path: str
    pid: int = 0


class Examined(Struct, frozen=True, tag="examined"):
    """What the file is. `complete` is False where it could not be read; then `file.tool` says nothing."""

    ticket: int
    file: KnownFile
    complete: bool = True


class Arrived(Struct, frozen=True, tag="arrived"):
    """A program was written, and nobody writes it any more. Its descriptor travels with the message."""


class Seen(Struct, frozen=True, tag="seen"):
    """A start that the directive has something to say about, or a connection, and what was done.

    `path` is what was started (or the host name), `means` how it was noticed. `uid` None: not known. `serial` and
    `row.decision` say which Decision it was. `latency_us` is from notice to answer. `terminal` is the number of the
    controlling terminal (0: none), `locale` the variables of the process that say its reader's language.
    """

    means: Means
    done: Done
    pid: int
    uid: int | None
    path: str
    tool: str | None
    version: str | None
    row: Row
    serial: int
    latency_us: int
    score: float | None = None
    detail: str = ""
    confidence: Confidence = "certain"
    terminal: int = 0
    locale: dict[str, str] = {}


class Failed(Struct, frozen=True, tag="failed"):
    """A failure mode occurred `count` times since it was told last. `reason` is one of the enumerated ones."""

    reason: str
    count: int = 1
    detail: str = ""


class Pulse(Struct, frozen=True, tag="pulse"):
    """Progress of a process, with its counters since its start. Sent about once a second while it works."""

    who: Literal["guard", "examiner", "tracker", "network", "notifier"]
    counters: dict[str, int]


class Learned(Struct, frozen=True, tag="learned"):
    """Files that one process identified and another should know."""

    files: tuple[KnownFile, ...]


class Tell(Struct, frozen=True, tag="tell"):
    """Show a text to a person. `terminals` are device paths (`/dev/pts/3`) that were the process's own.

    `text` is for them, in a character set that `encoding` names; `body` is for a desktop. `uid` owns the terminals.
    """

    uid: int
    title: str
    text: str
    terminals: tuple[str, ...] = ()
    body: str = ""
    encoding: str = "utf-8"


class NewNetworkTable(Struct, frozen=True, tag="network-table"):
    """From now on this table holds for names and addresses. It replaces the one before in one step."""

    table: NetworkTable


class Cut(Struct, frozen=True, tag="cut"):
    """This process, known to be barred, is to have no network any more; nor those that it starts from now on.

    `started` is the start time of /proc/PID/stat, so that no other process is meant that got its number; 0: not known.
    """

    pid: int
    started: int = 0


class Stop(Struct, frozen=True, tag="stop"):
    """End cleanly."""


Message = (
    NewTable | Ask | Answer | Examine | Examined | Arrived | Seen | Failed | Pulse | Learned | Tell | NewNetworkTable
    | Cut | Stop
)  # fmt: skip
