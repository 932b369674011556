"""One process as `/proc` shows it: which program, which words, which variables. All of it hostile, all of it passing.

What cannot be read is empty; only the program's file decides whether there is a process at all. Nothing is kept longer
than a look: arguments and environments hold what people write.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Final

WORDS_BYTES: Final = 8 << 20
"""The kernel allows no more words than a quarter of the stack's limit: 2 MiB as a rule."""

MOST_WORDS: Final = 262_144
"""Words that are looked at from the first on; of more, the last ones too."""

LAST_WORDS: Final = 4_096
ENVIRONMENT_BYTES: Final = 8 << 20
"""The kernel allows words and variables of 6 MiB together, whatever the stack's limit."""

STATUS_BYTES: Final = 4096
START_CODE: Final = 23
"""Of the fields after the name in proc_pid_stat(5), counted from 0, the one called `startcode`."""

DELETED: Final = " (deleted)"
MEMORY: Final = "/memfd:"


def words(pid: int) -> tuple[str, ...]:
    """The command line. Empty where it cannot be read, and in the instant before the kernel has laid it out."""
    data = _read(pid, "cmdline", WORDS_BYTES)
    # Variables are laid out after the words, and take long where there are many: nothing counts before both are there.
    if not data or not _laid_out(pid):
        return ()
    found = os.fsdecode(data).removesuffix("\0").split("\0", MOST_WORDS)
    if len(found) > MOST_WORDS:
        found = [*found[:MOST_WORDS], *found[MOST_WORDS].rsplit("\0", LAST_WORDS)[1:]]
    return tuple(found)


def variables(pid: int, wanted: Iterable[str]) -> dict[str, str]:
    """Those variables of the process's first environment that are wanted."""
    data = b"\0" + _read(pid, "environ", ENVIRONMENT_BYTES)
    found: dict[str, str] = {}
    for name in wanted:
        at = data.find(b"\0" + name.encode() + b"=")
        if at >= 0:
            start = at + len(name) + 2
            end = data.find(b"\0", start)
            found[name] = os.fsdecode(data[start : end if end >= 0 else None])
    return found


def link(pid: int, name: str) -> str:
    """Where a link of the process's folder leads (`exe`, `cwd`, `root`, `fd/0`); empty where it cannot be read."""
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return ""


def ancestors(pid: int) -> frozenset[int]:
    """The process itself and all above it."""
    found: set[int] = set()
    while pid > 0 and pid not in found:
        found.add(pid)
        match = re.search(rb"\nPPid:\t(\d+)", _read(pid, "status", STATUS_BYTES))
        pid = int(match[1]) if match else 0
    return frozenset(found)


def pids() -> list[int]:
    """All processes of this namespace."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _laid_out(pid: int) -> bool:
    """Whether the kernel is done with words and variables: only then it says where the program's code is.

    Source: fs/binfmt_elf.c, `load_elf_binary`. True where it may not be seen (1).
    """
    fields = _read(pid, "stat", STATUS_BYTES).rpartition(b")")[2].split()
    return len(fields) <= START_CODE or fields[START_CODE] != b"0"


def _read(pid: int, name: str, limit: int) -> bytes:
    try:
        fd = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    pieces: list[bytes] = []
    try:
        while limit > 0 and (piece := os.read(fd, min(limit, 1 << 17))):
            pieces.append(piece)
            limit -= len(piece)
    except OSError:
        # It ended meanwhile; what was read is what it had.
        pass
    finally:
        os.close(fd)
    return b"".join(pieces)
