"""What a process's program is, and what it runs as that program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final, NamedTuple

from clearance.agent.tracker import process
from clearance.agent.tracker.commands import VARIABLES, command
from clearance.agent.tracker.eyes import Eyes, Finding, Stranger
from clearance.agent.tracker.place import Opened, Place
from clearance.agent.tracker.scripts import JAVASCRIPT, Started
from clearance.model.enforcement import KnownFile
from clearance.observe.identity.runtimes import Runtime, packs_bun, runtime
from clearance.observe.reader import FdReader

AWAITING: Final = ("python", *JAVASCRIPT)


class Program(NamedTuple):
    """What a program's file is."""

    file: KnownFile
    runtime: Runtime | None


def identified(eyes: Eyes, place: Place, opened: Opened) -> Program:
    """What a native program is: a runtime if its form says so at once, else a tool, else a runtime after all."""
    reader = FdReader(opened.fd, opened.what.st_size)
    kind = runtime(reader, constants=False)
    if kind is not None:
        what = opened.what
        return Program(
            KnownFile(what.st_dev, what.st_ino, what.st_ctime_ns, None, runtime=True, path=opened.path), kind
        )
    file = eyes.file(place, opened)
    return Program(file, runtime(reader) if file.tool is None or packs_bun(reader) else None)


def run(eyes: Eyes, place: Place, program: Program, words: tuple[str, ...]) -> tuple[list[Finding], list[Stranger]]:
    """The tools that a runtime runs that was started with these words, and scripts that are none.

    A program that was loaded by hand is looked at as if it had been started.
    """
    kind = program.runtime
    if kind is None:
        return [], []
    environment = process.variables(place.pid, VARIABLES)
    told = command(kind, words, environment)
    if kind != "loader":
        return eyes.scripts(place, Started(kind, program.file.path, words, environment, told))
    opened = place.open(told.program[0]) if told.program else None
    if opened is None:
        return [], []
    try:
        file, inner = identified(eyes, place, opened)
    finally:
        os.close(opened.fd)
    if file.tool is not None:
        return [Finding(file, "loader")], []
    if inner is None or inner == "loader":
        return [], []
    told = command(inner, told.program, environment)._replace(program=told.program)
    return eyes.scripts(place, Started(inner, file.path, told.program, environment, told))


def awaited(place: Place, program: Program, words: tuple[str, ...]) -> bool:
    """Whether a runtime waits for what it is to run, through a pipe in which nothing stands yet."""
    if program.runtime not in AWAITING:
        return False
    told = command(program.runtime, words, process.variables(place.pid, VARIABLES))
    return any(place.piped(path) == b"" for path in (*told.script[:1], *(("/dev/fd/0",) if told.stdin else ())))


def by_shell(eyes: Eyes, place: Place) -> Iterator[KnownFile]:
    """The script that a shell says it started, if it is a tool's. Many programs write a title over their words."""
    said = process.variables(place.pid, ("_",)).get("_", "")
    opened = place.open(said) if said.startswith("/") else None
    if opened is None:
        return
    try:
        file = eyes.file(place, opened) if os.pread(opened.fd, 2, 0) == b"#!" else None
    finally:
        os.close(opened.fd)
    if file is not None and file.tool is not None:
        yield file
