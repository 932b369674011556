"""What Clearance changes on a host, each kind with all that is needed to undo it, as data.

These values are what the undo journal holds, one a line. A path is written as `written` gives it, so that any name
that the kernel allows can stand in a JSON document.
"""

from __future__ import annotations

import os
from typing import Literal

from msgspec import Struct


def written(path: str) -> str:
    """A path as a journal holds it: one character for each byte of the name."""
    return os.fsencode(path).decode("latin-1")


def path_of(text: str) -> str:
    """The path that `written` was given."""
    return os.fsdecode(text.encode("latin-1"))


class Absent(Struct, frozen=True, tag="absent"):
    """Nothing is there."""


class RegularFile(Struct, frozen=True, tag="file"):
    """A file. `content` is there in what is put back, and None in what is only compared. `changed` is its mtime, ns."""

    sha256: str
    mode: int
    uid: int
    gid: int
    changed: int = 0
    attributes: dict[str, bytes] = {}
    content: bytes | None = None


class Link(Struct, frozen=True, tag="link"):
    """A symbolic link, with its target as `written` gives it."""

    target: str
    uid: int
    gid: int


class Folder(Struct, frozen=True, tag="folder"):
    """A folder, whatever it holds."""

    mode: int
    uid: int
    gid: int


class Other(Struct, frozen=True, tag="other"):
    """A device, a pipe or a socket: never changed by this program."""

    mode: int


State = Absent | RegularFile | Link | Folder | Other


class PathChanged(Struct, frozen=True, tag="path"):
    """A file written, replaced or removed, a link or a folder made. `scratch` is the name that it is made under first.

    `whole`: the folder is this program's alone, so undoing removes all that it holds by then.
    """

    path: str
    before: State
    after: State
    scratch: str = ""
    whole: bool = False


class SettingPut(Struct, frozen=True, tag="setting"):
    """A value in somebody's settings document. `uid` and `gid` are the person's, as whom the file is written.

    `old` is the value that was there as JSON, None where there was none; `new` the value put there. `format` is `json`,
    `jsonc` or `toml`, `key` the names that lead to the value.
    """

    path: str
    format: str
    key: tuple[str, ...]
    old: str | None
    new: str
    before: State
    after: State
    scratch: str
    uid: int
    gid: int


class TableMade(Struct, frozen=True, tag="nft-table"):
    """A table of packet rules. `namespace` tells the network namespace (device and inode), which another one is not."""

    family: Literal["inet", "ip", "ip6", "bridge", "netdev", "arp"]
    name: str
    namespace: str = ""


class GroupMade(Struct, frozen=True, tag="cgroup"):
    """A control group (v2). Undoing moves what is in it to the group above."""

    path: str


class UnitsChanged(Struct, frozen=True, tag="units"):
    """Unit files are about to change: the service manager reads them anew, also after they are back as they were."""


class UnitStarted(Struct, frozen=True, tag="unit"):
    """A unit was started. Undoing stops it."""

    name: str


Change = PathChanged | SettingPut | TableMade | GroupMade | UnitsChanged | UnitStarted
