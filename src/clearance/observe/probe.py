"""What a probe is: path patterns, and a pure parse of what the walk found there.

The walk (`observe/walk.py`) goes over the tree once and hands every probe the paths it asked for. A probe opens nothing
itself. What it yields crosses a process boundary, so observations are small frozen values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from msgspec import Struct

from clearance.catalog.index import Catalog
from clearance.model.sighting import Sighting, Skipped
from clearance.model.terms import OS, Confidence, Scope
from clearance.observe.reader import Reader


class Home(Struct, frozen=True):
    """A person's home on the scanned host: `path` as that host names it. `user` is the login, or the folder's name."""

    user: str
    path: str


class Pattern(Struct, frozen=True):
    """Which paths a probe wants.

    `glob` begins with `~/` (each home), `/` (the host's root) or `**/` (anywhere); `*` matches within a name, `**`
    any depth. `read` is how many bytes the probe needs at most (0: presence is enough). `folder` asks for a directory
    instead of a regular file. `tool` is handed back in `Found` for patterns that come from a catalog entry.
    """

    glob: str
    read: int = 0
    folder: bool = False
    tool: str = ""
    scope: Scope = "user"
    tag: str = ""


class Found:
    """A path that matched. `path` is as the scanned host names it, with undecodable bytes as surrogates.

    `home` is the home it lies in, if any. `names` are the entries of its folder (of itself, for a folder), so that a
    probe sees its neighbours without asking. `reader` is open during `parse` only; `data()` is the first
    `pattern.read` bytes. `beside(path)` gives the beginning of a file near this one, by its path from this folder;
    nothing where none can be read. It costs an open: a probe asks where the file itself gave a reason to.
    """

    __slots__ = ("beside", "folder", "home", "mode", "mtime", "names", "os", "path", "pattern", "reader", "size", "uid")

    def __init__(
        self, path: str, pattern: Pattern, reader: Reader, *, home: Home | None = None, os: OS = "linux", size: int = 0,
        mode: int = 0, mtime: float = 0.0, uid: int = 0, names: tuple[str, ...] = (), folder: bool = False,
        beside: Callable[[str], bytes] = lambda path: b"",
    ) -> None:  # fmt: skip
        self.path = path
        self.pattern = pattern
        self.reader = reader
        self.home = home
        self.os = os
        self.size = size
        self.mode = mode
        self.mtime = mtime
        self.uid = uid
        self.names = names
        self.folder = folder
        self.beside = beside

    def data(self) -> bytes:
        """The first `pattern.read` bytes. OSError where the medium fails, which the walk turns into `Skipped`."""
        return self.reader.read(0, self.pattern.read)


class SettingRead(Struct, frozen=True):
    """A value that some place gives to a data switch, a base URL or a credential variable of a tool.

    Which one is in force is settled later (`settle.py`). `name` is the switch's name, else the variable or key.
    `value` never holds a secret: of a base URL only scheme, host and port are kept, of a credential nothing.
    `user` None means every user of the host; `line` counts from 1, 0 where the place has none; `folder` is the
    project that it holds for. `pid` is set where a running process has it in its environment.
    """

    tool: str
    what: Literal["switch", "base-url", "credential"]
    name: str
    value: str
    scope: Scope
    path: str
    key: str
    user: str | None
    line: int = 0
    folder: str = ""
    pid: int | None = None


class AgentTraits(Struct, frozen=True):
    """A program or package that no catalog entry knows, with the traits of an agent that it shows.

    `package` is the folder of the metadata of the package that it lies in, if any: what belongs to a tool that is
    installed there is no agent of its own. `name` is set where a package as a whole says it of itself
    (`npm:NAME@VERSION`); `path` is then that folder.
    """

    path: str
    score: float
    traits: tuple[str, ...]
    user: str | None = None
    confidence: Confidence = "weak"
    package: str = ""
    name: str = ""


class Span(Struct, frozen=True):
    """One file of a session store: how large, and when it was written last. Stores are summed up per user later."""

    tool: str
    user: str | None
    store: str
    path: str
    bytes: int
    mtime: float


Observation = Sighting | SettingRead | AgentTraits | Span | Skipped


class Probe(Protocol):
    """One kind of surface. `name` is a stable word that `skipped` and `coverage` use."""

    name: str

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The paths wanted, from the probe's own knowledge and from the catalog's."""
        ...

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """What this path shows. Pure; bad bytes give a `Skipped`, never an exception, whatever they are."""
        ...


def sighting_id(tool: str, surface: str, path: str, user: str | None = None, extra: str = "") -> str:
    """A short id that is the same from run to run for the same thing in the same place."""
    text = "\0".join((tool, surface, path, user or "", extra))
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
