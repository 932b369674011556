"""The files of a ledger: how they are called, and how they are read.

`000000000001.jsonl` holds records, one a line, beginning with the record of that number; `000000000001.leaves` the
leaf hashes of records that are no longer kept; `000000000001.start` the frontier of the tree before that record, with a
signed checkpoint of it. Reading takes the memory of one line, whatever the files hold.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from typing import BinaryIO, Final, Literal

import msgspec
from msgspec import Struct

from clearance.prove.formats.record.json import LONGEST, SCHEMA
from clearance.prove.ledger.merkle import SIZE, Frontier
from clearance.prove.ledger.note import decoded, encoded

META: Final = "ledger.json"
CHECKPOINT: Final = "checkpoint"
LOCK: Final = "lock"
LEDGER: Final = "clearance/ledger/v1"
START: Final = "clearance/ledger-start/v1"
LARGEST_SMALL_FILE: Final = 1 << 20

_PART: Final = re.compile(r"([0-9]{12,18})\.(jsonl|leaves)")


class Part(Struct, frozen=True):
    """A file of records, or of the hashes of records that are gone, from the record `first` on."""

    first: int
    name: str
    what: Literal["records", "hashes"]


class Start(Struct, frozen=True):
    """The tree before a part: its frontier, and the signed checkpoint."""

    frontier: tuple[bytes, ...]
    checkpoint: str


class Meta(Struct, frozen=True):
    """Whose ledger it is: its origin, and the key (a vkey) that signs its checkpoints."""

    schema: str
    origin: str
    key: str
    created: str


class _Start(Struct):
    schema: str
    frontier: list[str]
    checkpoint: str


class Head(Struct):
    """What of a record says where and when it belongs."""

    schema: str
    n: int
    at: str


_HEAD: Final = msgspec.json.Decoder(Head)


def records_name(first: int) -> str:
    """The file of records that begins with this one."""
    return f"{first:012d}.jsonl"


def leaves_name(first: int) -> str:
    """The file of hashes that begins with this record's."""
    return f"{first:012d}.leaves"


def start_name(first: int) -> str:
    """The file with the tree before this record."""
    return f"{first:012d}.start"


def part_of(name: str) -> Part | None:
    """The part that a file's name stands for; None for any other file."""
    match = _PART.fullmatch(name)
    if not match or int(match[1]) < 1:
        return None
    return Part(int(match[1]), name, "records" if match[2] == "jsonl" else "hashes")


def parts_of(names: Iterator[str] | list[str]) -> list[Part]:
    """The parts among files, in order. Records win over their hashes: they are about to be dropped, but are not yet."""
    found: dict[int, Part] = {}
    for part in filter(None, map(part_of, names)):
        if part.what == "records" or part.first not in found:
            found[part.first] = part
    return [found[first] for first in sorted(found)]


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file with their ends. One that is longer than a record may be comes in pieces without an end."""
    while line := file.readline(LONGEST + 1):
        yield line


def hashes(file: BinaryIO) -> Iterator[bytes]:
    """The leaf hashes of a file. The last may be shorter, where the file is damaged."""
    while block := file.read(SIZE << 12):
        for at in range(0, len(block), SIZE):
            yield block[at : at + SIZE]


def head_of(line: bytes) -> Head:
    """The number and time that a record's line claims. ValueError where it is no record."""
    try:
        head = _HEAD.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("it is not a record") from error
    if head.schema != SCHEMA:
        raise ValueError("it is a record of an unknown version")
    return head


def start_bytes(frontier: Frontier, checkpoint: str) -> bytes:
    """The file that keeps a frontier."""
    found = {"schema": START, "frontier": [encoded(node) for node in frontier.nodes], "checkpoint": checkpoint}
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"


def parse_start(data: bytes) -> Start:
    """What `start_bytes` wrote. ValueError for anything else."""
    try:
        found = msgspec.json.decode(data, type=_Start)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("it does not say where the tree begins") from error
    if found.schema != START:
        raise ValueError("it is of an unknown version")
    return Start(tuple(decoded(node) for node in found.frontier), found.checkpoint)


def parse_meta(data: bytes) -> Meta:
    """Whose ledger it is. ValueError where that cannot be read."""
    try:
        found = msgspec.json.decode(data, type=Meta)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("it does not say whose ledger it is") from error
    if found.schema != LEDGER:
        raise ValueError("it is of an unknown version")
    return found


def opened(path: str) -> BinaryIO:
    """A file to be read. OSError as open gives, and for what is no ordinary file: reading that might never end."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is no ordinary file", path)
    return os.fdopen(fd, "rb")


def small_file(path: str) -> bytes:
    """A file that is small by its nature. OSError as `opened` gives; ValueError where it is not small."""
    with opened(path) as file:
        data = file.read(LARGEST_SMALL_FILE + 1)
    if len(data) > LARGEST_SMALL_FILE:
        raise ValueError("it is too large to be what its name says")
    return data


def names_in(folder: str) -> list[str]:
    """The names of a folder's files, in order."""
    return sorted(os.listdir(folder))
