"""Processes that visit folders.

The chief hands a worker a batch of folders; the worker goes down from them until it has seen enough files and gives
back what it observed and the folders it did not come to. So the load stays even without shared state, results are
small, and memory does not grow with the tree.

A worker that dies (killed, out of memory, a native crash on some file) costs nothing but time: its folders are handed
out again one by one, and a folder on which a worker dies once more is reported as skipped.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Final, Protocol

from msgspec import Struct

from clearance.model.sighting import Skipped
from clearance.observe.probe import Observation

ENOUGH: Final = 6000
"""Files after which a worker reports: few enough to keep all busy to the end, enough to make reporting cheap."""

BATCH: Final = 48
"""Folders handed out at once at most."""

DEATHS: Final = 32
"""Workers that may die in one walk before it is given up."""


class Visits(Protocol):
    """What a crew needs of a `Visitor`."""

    files: int

    def folder(self, path: str) -> list[str]:
        """Visit a folder; the folders below it."""
        ...

    def take(self) -> list[Observation]:
        """What was observed since the last call."""
        ...


class Report(Struct, frozen=True):
    """What one batch gave: observations, how many files and folders were seen, and the folders left over.

    The last report of a walk that was bounded has in `left` all that was not visited.
    """

    observations: tuple[Observation, ...]
    files: int
    folders: int
    left: tuple[str, ...]


class Batch(Struct, frozen=True):
    """Folders to go down from. `alone`: visit the one folder and nothing below it, because a worker died there."""

    folders: tuple[str, ...] = ()
    alone: bool = False


def visit_batch(visitor: Visits, batch: Batch) -> Report:
    """Go down from these folders until enough files were seen. Deepest first, so that little is left over."""
    stack = list(batch.folders)
    before, visited = visitor.files, 0
    enough = 1 if batch.alone else ENOUGH
    while stack and visitor.files - before < ENOUGH and visited < enough:
        visited += 1
        stack.extend(visitor.folder(stack.pop()))
    return Report(tuple(visitor.take()), visitor.files - before, visited, tuple(stack))


def visit_alone(visitor: Visits, roots: Iterable[str], most: int | None = None) -> Iterator[Report]:
    """The walk in this process, until everything or `most` folders were visited."""
    left = tuple(roots)
    folders = 0
    while left and (most is None or folders < most):
        report = visit_batch(visitor, Batch(left))
        left = report.left
        folders += report.folders
        yield report


class Crew:
    """A fixed number of workers, forked so that they share what was loaded."""

    def __init__(self, visitor: Visits, size: int) -> None:
        self._visitor = visitor
        self._context = multiprocessing.get_context("fork")
        self._workers: dict[Connection, tuple[multiprocessing.process.BaseProcess, Batch]] = {}
        self._idle: list[Connection] = []
        self._deaths = 0
        for _ in range(size):
            self._hire()

    def _hire(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._visitor, (*self._workers, ours)), daemon=True)
        process.start()
        theirs.close()
        self._workers[ours] = (process, Batch())
        self._idle.append(ours)

    def walk(self, roots: Iterable[str], most: int | None = None) -> Iterator[Report]:
        """Visit what lies below these folders, until everything or `most` folders were visited.

        The workers are stopped however the walk ends.
        """
        todo = list(roots)
        suspects: list[str] = []
        folders = 0
        try:
            while True:
                if most is None or folders < most:
                    self._hand_out(todo, suspects)
                busy = [connection for connection, (_, batch) in self._workers.items() if batch.folders]
                if not busy:
                    if todo or suspects:
                        yield Report((), 0, 0, (*suspects, *todo))
                    return
                for connection in wait(busy):
                    assert isinstance(connection, Connection)
                    report = self._report(connection, suspects)
                    todo.extend(report.left)
                    folders += report.folders
                    yield report
        finally:
            self._dismiss()

    def _hand_out(self, todo: list[str], suspects: list[str]) -> None:
        while self._idle and (todo or suspects):
            connection = self._idle.pop()
            if suspects:
                batch = Batch((suspects.pop(),), alone=True)
            else:
                # The oldest folders are the highest, and so the ones with the most below them.
                count = max(1, min(BATCH, len(todo) // (2 * len(self._workers))))
                batch = Batch(tuple(todo[:count]))
                del todo[:count]
            self._workers[connection] = (self._workers[connection][0], batch)
            try:
                connection.send(batch)
            except OSError:
                # It died while idle; `_report` finds its end of the pipe closed.
                continue

    def _report(self, connection: Connection, suspects: list[str]) -> Report:
        process, batch = self._workers[connection]
        try:
            report = connection.recv()
        except (EOFError, OSError):
            return self._bury(connection, batch, suspects)
        assert isinstance(report, Report)
        self._workers[connection] = (process, Batch())
        self._idle.append(connection)
        return report

    def _bury(self, connection: Connection, batch: Batch, suspects: list[str]) -> Report:
        process, _ = self._workers.pop(connection)
        connection.close()
        process.join(timeout=5)
        self._deaths += 1
        lost: tuple[str, ...] = ()
        if batch.alone or self._deaths > DEATHS:
            lost = batch.folders
        else:
            suspects.extend(batch.folders)
        why = f"the process that looked here ended ({_ending(process.exitcode)})"
        if self._deaths <= DEATHS:
            self._hire()
        elif not self._workers:
            lost += tuple(suspects)
            suspects.clear()
        return Report(tuple(Skipped("walk", folder, why) for folder in lost), 0, 0, ())

    def _dismiss(self) -> None:
        for connection, (process, batch) in self._workers.items():
            if batch.folders:
                process.terminate()
            connection.close()
        for process, _ in self._workers.values():
            process.join(timeout=2)
            if process.is_alive():
                process.kill()
                process.join()
        self._workers.clear()


def _ending(code: int | None) -> str:
    if code is None:
        return "not known how"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _work(connection: Connection, visitor: Visits, inherited: Iterable[Connection]) -> None:
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
            connection.send(visit_batch(visitor, connection.recv()))
    except (EOFError, OSError):
        os._exit(0)
