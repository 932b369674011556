"""Processes that visit folders.

The chief hands a worker a batch of folders; the worker goes down from them until it has seen enough files and gives
back what it observed and the folders it did not come to. So the load stays even without shared state, results are
small, and memory does not grow with the tree. Files that take long are put off by the visits and handed out by
themselves, for one folder may hold many of them.

A worker that dies (killed, out of memory, a native crash on some file) costs nothing but time: its folders are handed
out again one by one, and a folder on which a worker dies once more is reported as skipped. So is one on which a worker
makes no progress for a long time, after it was killed for that.
"""

from __future__ import annotations

import gc
import mmap
import multiprocessing
import os
import signal
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Final, Protocol, Self

from msgspec import Struct, structs

from clearance.model.sighting import Skipped
from clearance.observe.probe import Observation

ENOUGH: Final = 6000
"""Files, or folders, after which a worker reports: few enough to keep all busy to the end, enough to be cheap."""

BATCH: Final = 48
"""Folders handed out at once at most."""

DEATHS: Final = 32
"""Workers that may die in one walk before it is given up."""

STUCK: Final = 120.0
"""Seconds without a file or folder done after which a worker is given up. The slowest file takes a few."""


class Visits(Protocol):
    """What a crew needs of a `Visitor`."""

    files: int

    def folder(self, path: str) -> list[str]:
        """Visit a folder; the folders below it."""
        ...

    def heavy(self, path: str) -> None:
        """Look into a file that was put off."""
        ...

    def take(self) -> list[Observation]:
        """What was observed since the last call."""
        ...

    def take_later(self) -> list[tuple[int, str]]:
        """Sizes and paths of the files that were put off since the last call."""
        ...


class Report(Struct, frozen=True):
    """What one batch gave: observations, how many files and folders were seen, and the folders left over.

    `later` are the files that were put off, each with its size.
    """

    observations: tuple[Observation, ...] = ()
    files: int = 0
    folders: int = 0
    left: tuple[str, ...] = ()
    later: tuple[tuple[int, str], ...] = ()


class Batch(Struct, frozen=True):
    """Folders to go down from. `level`: visit these folders and nothing below them. `suspect`: a worker died there.

    `files`: these are no folders but files that were put off.
    """

    folders: tuple[str, ...] = ()
    level: bool = False
    suspect: bool = False
    files: bool = False


def visit_batch(visitor: Visits, batch: Batch, beat: Callable[[], None] = lambda: None) -> Report:
    """Go down from these folders until enough was seen. Deepest first, so that little is left over.

    `beat` is called after each folder.
    """
    if batch.files:
        for path in batch.folders:
            visitor.heavy(path)
            beat()
        return Report(tuple(visitor.take()))
    before, visited = visitor.files, 0
    stack = list(batch.folders)
    below: list[str] = []
    most = len(stack) if batch.level or batch.suspect else ENOUGH
    found = below if batch.level or batch.suspect else stack
    while stack and visited < most and (found is below or visitor.files - before < ENOUGH):
        visited += 1
        found.extend(visitor.folder(stack.pop()))
        beat()
    seen, later = tuple(visitor.take()), tuple(visitor.take_later())
    return Report(seen, visitor.files - before, visited, (*stack, *below), later)


class Beats:
    """What each worker has done, in memory that the chief sees: a number that changes while it makes progress."""

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(-1, 8 * size)

    def beat(self, slot: int) -> None:
        """This worker has done something."""
        (count,) = struct.unpack_from("q", self._memory, 8 * slot)
        struct.pack_into("q", self._memory, 8 * slot, count + 1)

    def count(self, slot: int) -> int:
        """How often this worker has."""
        (count,) = struct.unpack_from("q", self._memory, 8 * slot)
        return int(count)


class Worker:
    """A process, the chief's end of its pipe, and what it was handed."""

    def __init__(self, process: BaseProcess, connection: Connection, slot: int) -> None:
        self.process = process
        self.connection = connection
        self.slot = slot
        self.batch = Batch()
        self.beats = 0
        self.since = time.monotonic()
        self.stuck = False

    def hand(self, batch: Batch) -> None:
        """Give it something to do."""
        self.batch = batch
        self.since = time.monotonic()
        try:
            self.connection.send(batch)
        except OSError:
            # It died while idle; the chief finds its end of the pipe closed.
            return


class Crew:
    """A fixed number of workers, forked so that they share what was loaded. Left, however, it leaves no process."""

    def __init__(self, visitor: Visits, size: int, stuck: float = STUCK) -> None:
        self._visitor = visitor
        self._context = multiprocessing.get_context("fork")
        self._beats = Beats(size)
        self._stuck = stuck
        self._workers: dict[Connection, Worker] = {}
        self._deaths = 0
        # What is loaded stays shared with the workers: a collection would write to every object.
        gc.collect()
        gc.freeze()
        try:
            for slot in range(size):
                self._hire(slot)
        except OSError:
            self.dismiss()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dismiss()

    def _hire(self, slot: int) -> None:
        ours, theirs = self._context.Pipe()
        inherited = (*self._workers, ours)
        process = self._context.Process(
            target=_work, args=(theirs, self._visitor, inherited, lambda: self._beats.beat(slot)), daemon=True
        )
        try:
            process.start()
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._workers[ours] = Worker(process, ours, slot)

    def descend(self, roots: Iterable[str]) -> Iterator[Report]:
        """Visit these folders and everything below them. What a report has `left` is for the crew to do."""
        return self._run(list(roots), Batch())

    def level(self, folders: Iterable[str]) -> Iterator[Report]:
        """Visit these folders alone; in `left` of the reports are the folders below them."""
        return self._run(list(folders), Batch(level=True))

    def files(self, paths: Iterable[str]) -> Iterator[Report]:
        """Look into these files, which were put off: best with those that take longest first."""
        return self._run(list(paths), Batch(files=True))

    def _run(self, todo: list[str], how: Batch) -> Iterator[Report]:
        suspects: list[str] = []
        while True:
            self._hand_out(todo, suspects, how)
            busy = [connection for connection, worker in self._workers.items() if worker.batch.folders]
            if not busy:
                if todo or suspects:
                    why = "too many processes that looked here ended"
                    yield Report(tuple(Skipped("walk", folder, why) for folder in (*suspects, *todo)))
                return
            for connection in wait(busy, timeout=self._stuck / 4):
                assert isinstance(connection, Connection)
                report = self._report(connection, suspects)
                if not how.level:
                    todo.extend(report.left)
                yield report
            self._rouse()

    def _hand_out(self, todo: list[str], suspects: list[str], how: Batch) -> None:
        for worker in list(self._workers.values()):
            if worker.batch.folders:
                continue
            if suspects:
                worker.hand(structs.replace(how, folders=(suspects.pop(),), suspect=True))
            elif todo:
                # The oldest folders are the highest, and so the ones with the most below them.
                parts = (8 if how.files else 2) * len(self._workers)
                count = max(1, min(BATCH, len(todo) // parts))
                worker.hand(structs.replace(how, folders=tuple(todo[:count])))
                del todo[:count]

    def _report(self, connection: Connection, suspects: list[str]) -> Report:
        worker = self._workers[connection]
        try:
            report = connection.recv()
        except (EOFError, OSError):
            return self._bury(worker, suspects)
        assert isinstance(report, Report)
        worker.batch = Batch()
        return report

    def _bury(self, worker: Worker, suspects: list[str]) -> Report:
        del self._workers[worker.connection]
        worker.connection.close()
        worker.process.join(timeout=5)
        self._deaths += 1
        lost: tuple[str, ...] = ()
        if worker.batch.suspect:
            lost = worker.batch.folders
        else:
            suspects.extend(worker.batch.folders)
        if self._deaths <= DEATHS:
            # Where no process may be started any more, those that are left go on.
            with suppress(OSError):
                self._hire(worker.slot)
        why = "took too long" if worker.stuck else f"the process that looked here ended ({_ending(worker.process)})"
        return Report(tuple(Skipped("walk", folder, why) for folder in lost))

    def _rouse(self) -> None:
        """Kill the workers that make no progress; their pipes then say that they died."""
        now = time.monotonic()
        for worker in self._workers.values():
            beats = self._beats.count(worker.slot)
            if not worker.batch.folders or beats != worker.beats:
                worker.beats, worker.since = beats, now
            elif now - worker.since > self._stuck:
                worker.stuck = True
                worker.process.kill()

    def dismiss(self) -> None:
        """End all workers."""
        for worker in self._workers.values():
            if worker.batch.folders:
                worker.process.terminate()
            worker.connection.close()
        for worker in self._workers.values():
            worker.process.join(timeout=2)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join(timeout=2)
        self._workers.clear()
        gc.unfreeze()


def _ending(process: BaseProcess) -> str:
    code = process.exitcode
    if code is None:
        return "not known how"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _work(connection: Connection, visitor: Visits, inherited: Iterable[Connection], beat: Callable[[], None]) -> None:
    """A worker: batches in, reports out, until the chief closes the pipe or is gone.

    `inherited` are the chief's ends of all pipes, which a fork copies: while a worker holds one, another would never
    learn that the chief is gone.
    """
    for end in inherited:
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    visitor.files = 0
    visitor.take()
    try:
        while True:
            connection.send(visit_batch(visitor, connection.recv(), beat))
    except (EOFError, OSError):
        os._exit(0)
