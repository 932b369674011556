"""A disk that writes down what is done to it, and every state that a crash could leave it in.

What is not synced may be there, may not, may be there in part, or with a hole of zeros before its end; names that were
given, changed or removed since the last sync of the folder may have been, each by itself.
"""

from __future__ import annotations

import errno
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

from clearance.prove.ledger.disk import Disk

BLOCK = 64
"""The unit of which a crash keeps or loses what was not synced. Smaller than a real one, so that more is torn."""


@dataclass(frozen=True)
class Operation:
    """`what` was done to a file; `other` is its new name."""

    what: str
    name: str = ""
    data: bytes = b""
    size: int = 0
    other: str = ""


class RecordingDisk(Disk):
    """Writes down every operation, and says the disk is full where it is told to."""

    log: list[Operation]
    full_in: int = 0

    def create(self, name: str) -> None:
        super().create(name)
        self.log.append(Operation("create", name))

    def append(self, name: str, data: bytes) -> None:
        if self.full_in:
            self.full_in -= 1
            if not self.full_in:
                data = data[: len(data) * 2 // 3]
                super().append(name, data)
                self.log.append(Operation("append", name, data))
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().append(name, data)
        self.log.append(Operation("append", name, data))

    def truncate(self, name: str, size: int) -> None:
        super().truncate(name, size)
        self.log.append(Operation("truncate", name, size=size))

    def sync(self, name: str) -> None:
        super().sync(name)
        self.log.append(Operation("sync", name))

    def rename(self, old: str, new: str) -> None:
        super().rename(old, new)
        self.log.append(Operation("rename", old, other=new))

    def remove(self, name: str) -> None:
        super().remove(name)
        self.log.append(Operation("remove", name))

    def sync_folder(self) -> None:
        super().sync_folder()
        self.log.append(Operation("sync_folder"))


@dataclass
class _File:
    safe: bytes = b""
    now: bytes = b""
    pending: list[Operation] = field(default_factory=list)


@dataclass
class Crashed:
    """What the disk holds after some operations: for sure, and perhaps."""

    names: dict[str, _File] = field(default_factory=dict)
    safe_names: dict[str, _File] = field(default_factory=dict)
    pending_names: list[tuple[Operation, _File]] = field(default_factory=list)

    def do(self, done: Operation) -> None:
        """Take one operation in."""
        if done.what == "create":
            if done.name in self.names:
                self._write(self.names[done.name], Operation("truncate", done.name, size=0))
            else:
                self.names[done.name] = _File()
                self.pending_names.append((done, self.names[done.name]))
        elif done.what in ("append", "truncate"):
            self._write(self.names[done.name], done)
        elif done.what == "sync":
            file = self.names[done.name]
            file.safe, file.pending = file.now, []
        elif done.what == "rename":
            file = self.names[done.other] = self.names.pop(done.name)
            self.pending_names.append((done, file))
        elif done.what == "remove":
            self.pending_names.append((done, self.names.pop(done.name)))
        else:
            self.safe_names, self.pending_names = dict(self.names), []

    def _write(self, file: _File, done: Operation) -> None:
        file.pending.append(done)
        file.now = file.now + done.data if done.what == "append" else file.now[: done.size]

    def lay_out(self, folder: Path, draw: random.Random | None, *, everything: bool = False) -> None:
        """Write a state that the crash could have left: the least, everything, or one that is drawn."""
        names = dict(self.safe_names)
        for done, file in self.pending_names:
            if everything or (draw and draw.random() < 0.6):
                if done.what == "create":
                    names[done.name] = file
                else:
                    names = {name: each for name, each in names.items() if each is not file}
                    if done.what == "rename":
                        names[done.other] = file
        for name, file in names.items():
            (folder / name).write_bytes(file.now if everything else _some(file, draw))


def _some(file: _File, draw: random.Random | None) -> bytes:
    data = file.safe
    for done in file.pending if draw else ():
        assert draw
        choice = draw.randrange(4)
        if done.what == "truncate":
            data = data if choice == 0 else data[: done.size]
        elif choice == 1:
            data += done.data
        elif choice == 2:
            data += done.data[: draw.randrange(len(done.data) + 1)]
        elif choice == 3:
            kept = bytearray(done.data)
            for at in range(0, len(kept), BLOCK):
                if draw.random() < 0.5:
                    kept[at : at + BLOCK] = bytes(len(kept[at : at + BLOCK]))
            data += bytes(kept)
    return data
