"""The undo journal: every change to the host stands here, on disk, before it is made.

One JSON document a line, each synchronised before the change that it announces. A line that a crash cut short was
never acknowledged, so its change was never begun; it is dropped. Lines are added under a lock, so that the service and
a command line can share one journal. When nothing is left to undo the file shrinks to its first line.

The folders that the journal itself needs are made in one step, by renaming: a crash leaves either none of them or all
of them with the journal inside, and `forget` removes what was made.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Final, Literal

import msgspec
from msgspec import Struct

from clearance.act.changes import Change, path_of, written
from clearance.act.files import synchronise
from clearance.errors import Error, Place

VERSION: Final = 1
NAME: Final = "journal.jsonl"
NURSERY: Final = ".clearance-new"
"""What the folders are called until they are whole."""

MODE: Final = 0o700

Outcome = Literal["undone", "nothing", "kept"]
"""`nothing`: it was as before already. `kept`: somebody changed it since, so it stays as it is."""


class Opened(Struct, frozen=True, tag="opened"):
    """The first line. `made` is the topmost folder that had to be made for the journal; empty where none was."""

    version: int
    at: str
    made: str = ""


class Planned(Struct, frozen=True, tag="change"):
    """A change that is about to be made, or was."""

    n: int
    at: str
    change: Change
    why: str = ""


class Settled(Struct, frozen=True, tag="settled"):
    """What came of undoing change `n`."""

    n: int
    at: str
    outcome: Outcome
    detail: str = ""


Line = Opened | Planned | Settled

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Line)


def now() -> str:
    """The time, UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Journal:
    """An open journal. OSError passes through where the disk does not do its part: then nothing was acknowledged."""

    def __init__(self, path: str, fd: int, clock: Callable[[], str]) -> None:
        self.path = path
        self._fd = fd
        self._clock = clock

    @classmethod
    def begin(cls, folder: str, clock: Callable[[], str] = now) -> Journal:
        """The journal in this folder, made with the folder where it is not there. `Error` where it cannot be."""
        clear_nursery(folder)
        try:
            if not os.path.isdir(folder):
                _hatch(folder, clock)
            path = os.path.join(folder, NAME)
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Error(
                f"cannot keep an undo journal: {error.strerror}",
                place=Place(os.path.join(folder, NAME)),
                remedy="nothing was changed; see to that place, or run as root",
            ) from error
        journal = cls(path, fd, clock)
        with journal._locked():
            if os.fstat(fd).st_size == 0 or not journal._lines():
                os.ftruncate(fd, 0)
                journal._append(Opened(VERSION, clock()))
                synchronise(folder)
        return journal

    @classmethod
    def find(cls, folder: str, clock: Callable[[], str] = now) -> Journal | None:
        """The journal in this folder, or None where there is none: then nothing was changed that is still undone."""
        clear_nursery(folder)
        path = os.path.join(folder, NAME)
        try:
            fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Error(f"cannot open the undo journal: {error.strerror}", place=Place(path)) from error
        return cls(path, fd, clock)

    def close(self) -> None:
        """Close the file. What it says stays."""
        os.close(self._fd)

    def record(self, change: Change, why: str = "") -> int:
        """Announce a change; when this returns the announcement is on disk and the change may be made. Its number."""
        with self._locked():
            lines = self._lines()
            n = 1 + max((line.n for line in lines if isinstance(line, Planned)), default=0)
            self._append(Planned(n, self._clock(), change, why))
        return n

    def settle(self, n: int, outcome: Outcome, detail: str = "") -> None:
        """Say that change `n` is undone, or that it stays."""
        with self._locked():
            self._append(Settled(n, self._clock(), outcome, detail))

    def pending(self) -> tuple[Planned, ...]:
        """The changes that are not settled, oldest first."""
        with self._locked():
            lines = self._lines()
        settled = {line.n for line in lines if isinstance(line, Settled)}
        return tuple(line for line in lines if isinstance(line, Planned) and line.n not in settled)

    def kept(self) -> tuple[tuple[Planned, str], ...]:
        """The changes that stayed because somebody else had changed the same thing, each with why."""
        with self._locked():
            lines = self._lines()
        planned = {line.n: line for line in lines if isinstance(line, Planned)}
        return tuple(
            (planned[line.n], line.detail)
            for line in lines
            if isinstance(line, Settled) and line.outcome == "kept" and line.n in planned
        )

    def shrink(self) -> bool:
        """Drop all lines but the first, if every change is settled. False where one is not."""
        with self._locked():
            lines = self._lines()
            settled = {line.n for line in lines if isinstance(line, Settled)}
            if any(isinstance(line, Planned) and line.n not in settled for line in lines):
                return False
            first = next((line for line in lines if isinstance(line, Opened)), None)
            if first is not None and len(lines) > 1:
                os.ftruncate(self._fd, len(_encoder.encode(first)) + 1)
                os.fsync(self._fd)
        return True

    def forget(self) -> None:
        """Remove the journal with the folders that were made for it, and all that they hold.

        Only after everything is settled. What goes is renamed first, so that a crash on the way leaves what
        `clear_nursery` removes. A folder that was there before, or into which others put something, stays.
        """
        folder = os.path.dirname(self.path)
        top = next((path_of(line.made) for line in self._lines() if isinstance(line, Opened) and line.made), "")
        self.close()
        if not top:
            os.unlink(self.path)
            synchronise(folder)
            return
        gone = _highest(top, folder)
        nursery = os.path.join(os.path.dirname(gone), NURSERY)
        os.rename(gone, nursery)
        synchronise(os.path.dirname(gone))
        shutil.rmtree(nursery)

    def _lines(self) -> list[Line]:
        data = os.pread(self._fd, os.fstat(self._fd).st_size, 0)
        whole, _, torn = data.rpartition(b"\n")
        if torn:
            os.ftruncate(self._fd, len(whole) + 1 if whole else 0)
        lines: list[Line] = []
        for number, text in enumerate(whole.split(b"\n") if whole else [], 1):
            try:
                lines.append(_decoder.decode(text))
            except msgspec.DecodeError as error:
                raise Error(
                    f"the undo journal is damaged: {error}",
                    place=Place(self.path, number),
                    remedy="nothing was undone; mend or remove that line, then run the command again",
                ) from error
        if lines and isinstance(lines[0], Opened) and lines[0].version != VERSION:
            raise Error(
                f"the undo journal is of version {lines[0].version}, and this program reads {VERSION}",
                place=Place(self.path, 1),
                remedy="use the version of clearance that wrote it",
            )
        return lines

    def _append(self, line: Line) -> None:
        before = os.fstat(self._fd).st_size
        view = memoryview(_encoder.encode(line) + b"\n")
        try:
            while view:
                view = view[os.write(self._fd, view) :]
            os.fsync(self._fd)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, before)
            raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)


def _missing(folder: str) -> list[str]:
    """The folders that are not there, topmost first."""
    missing: list[str] = []
    while not os.path.isdir(folder):
        if os.path.lexists(folder):
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder)
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return missing


def _hatch(folder: str, clock: Callable[[], str]) -> None:
    missing = _missing(folder)
    nursery = os.path.join(os.path.dirname(missing[0]), NURSERY)
    inner = os.path.normpath(os.path.join(nursery, os.path.relpath(folder, missing[0])))
    made = nursery
    # Folders on the way are what such folders are; the journal's own is private.
    os.mkdir(made, MODE if made == inner else 0o755)
    for name in os.path.relpath(inner, nursery).split("/") if inner != nursery else ():
        made = os.path.join(made, name)
        os.mkdir(made, MODE if made == inner else 0o755)
    fd = os.open(os.path.join(inner, NAME), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, _encoder.encode(Opened(VERSION, clock(), written(missing[0]))) + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)
    synchronise(inner)
    os.rename(nursery, missing[0])
    synchronise(os.path.dirname(missing[0]))


def clear_nursery(folder: str) -> None:
    """Remove folders that a crash left half made, or half removed, on the way to the journal's folder."""
    while folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        nursery = os.path.join(folder, NURSERY)
        if os.path.isdir(nursery) and not os.path.islink(nursery):
            shutil.rmtree(nursery)


def _highest(top: str, folder: str) -> str:
    """The highest folder from `top` down to `folder` that holds nothing but the way to `folder`."""
    while folder != top and os.listdir(os.path.dirname(folder)) == [os.path.basename(folder)]:
        folder = os.path.dirname(folder)
    return folder
