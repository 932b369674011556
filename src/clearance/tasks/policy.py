"""Directives read from disk and put to use: the rim around the pure judge.

A directive is a file, or a folder of `*.yaml` files read in name order; files of test cases (`*.test.yaml`), hidden
files and folders in it are passed over. Only regular files are opened, and never more of one than a directive may have.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final, Literal

import msgspec
from msgspec import Struct

from clearance.catalog import Catalog
from clearance.catalog.source import LARGEST, shown
from clearance.errors import Error, Errors, Place
from clearance.judge.cases import run_cases
from clearance.judge.engine import Judge
from clearance.judge.lint import lint
from clearance.judge.merged import Merged
from clearance.judge.parse import parse
from clearance.model.decision import Request, ToolFacts
from clearance.model.review import CaseResult, Remark, Subject
from clearance.model.terms import Confidence, Surface
from clearance.observe.urls import host_of
from clearance.tasks.judges import facts as facts
from clearance.tasks.judges import judge_of as judge_of

LARGEST_SCAN: Final = 256 << 20
"""The most bytes that are read of a scan's document."""

_SUFFIXES: Final = (".yaml", ".yml")
_TESTS: Final = (".test.yaml", ".test.yml")


def now() -> dt.datetime:
    """This instant, in UTC."""
    return dt.datetime.now(dt.UTC)


def load(path: str) -> Merged:
    """The directive in a file or folder. `Error` (or `Errors`), with what to do next, where there is none to read."""
    try:
        return parse(documents(path))
    except Errors as error:
        *others, last = error.errors
        raise Errors((*others, _with_command(last, path))) from None
    except Error as error:
        raise _with_command(error, path) from None


def documents(path: str) -> tuple[tuple[str, bytes], ...]:
    """The names and bytes of the documents that make a directive. `Error` where one cannot be read."""
    return tuple((name, _read(name, LARGEST + 1)) for name in _documents(path))


def check(merged: Merged, catalog: Catalog, at: dt.datetime) -> tuple[Remark, ...]:
    """What the lint remarks on the directive as of an instant."""
    switches = {tool.id: frozenset(switch.name for switch in tool.switches) for tool in catalog.tools.values()}
    return lint(merged, facts(catalog), at, hosts=catalog.hosts, switches=switches)


def tool_named(judge: Judge, catalog: Catalog, name: str) -> ToolFacts:
    """The facts of the tool with this id or alias. `Error` with the nearest ids where there is none."""
    if name in judge.tools:
        return judge.tools[name]
    known = catalog.tool(name)
    if known is not None:
        return judge.tools[known.id]
    near = get_close_matches(name[:60].lower(), judge.tools, n=1)
    raise Error(
        f'the tool "{shown(name)}" is known neither to the catalog nor to the directive',
        hint=f'did you mean "{shown(near[0])}"?' if near else "",
        remedy="see the ids with: clearance explain",
    )


def endpoint_named(text: str) -> str:
    """The host that a URL, a `host:port` or a plain name means."""
    return host_of(text) or text


def cases_of(directive: str, cases: Sequence[str]) -> tuple[str, ...]:
    """The files of test cases: those named, else those beside the directive."""
    if cases:
        return tuple(cases)
    if os.path.isdir(directive):
        return tuple(name for name in _names(directive) if name.endswith(_TESTS))
    stem = next((directive.removesuffix(suffix) for suffix in _SUFFIXES if directive.endswith(suffix)), directive)
    return tuple(stem + suffix for suffix in _TESTS if os.path.exists(stem + suffix))


def run_tests(files: Iterable[str], judge: Judge) -> tuple[CaseResult, ...]:
    """The results of all cases in these files."""
    return tuple(result for name in files for result in run_cases(name, _read(name, LARGEST + 1), judge))


class _Endpoint(Struct, frozen=True):
    host: str


class _Sighting(Struct, frozen=True):
    id: str
    tool: str
    path: str
    name: str = ""
    version: str | None = None
    surface: Surface | None = None
    user: str | None = None
    confidence: Confidence | None = None
    endpoint: _Endpoint | None = None


class _Unknown(Struct, frozen=True):
    id: str
    path: str
    score: float
    user: str | None = None


class _Host(Struct, frozen=True):
    name: str


class _Scan(Struct, frozen=True):
    schema: Literal["clearance/scan/v1"]
    host: _Host
    sightings: tuple[_Sighting, ...] = ()
    unknown: tuple[_Unknown, ...] = ()


class _Header(Struct, frozen=True):
    schema: str = ""


def sightings(path: str, tools: Mapping[str, ToolFacts], at: dt.datetime) -> tuple[Subject, ...]:
    """What a scan's document (`clearance scan --json`) holds, as requests at this instant.

    A sighting of a tool that is not known here any more is passed over. `Error` where it is no such document.
    """
    data = _read(path, LARGEST_SCAN + 1)
    place = Place(shown(path, 400))
    if len(data) > LARGEST_SCAN:
        raise Error(f"is larger than {LARGEST_SCAN >> 20} MiB", place=place, remedy="scan fewer paths at a time")
    try:
        header = msgspec.json.decode(data, type=_Header)
        if header.schema != "clearance/scan/v1":
            raise Error(
                f'has the schema "{shown(header.schema)}", and only "clearance/scan/v1" is read here',
                place=place,
                remedy="make it with: clearance scan --json",
            )
        scan = msgspec.json.decode(data, type=_Scan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"is not the document of a scan: {shown(str(error), 200)}"
        raise Error(what, place=place, remedy="make it with: clearance scan --json") from None
    seen = [
        Subject(
            Request(
                tool=tools[sighting.tool],
                at=at,
                version=sighting.version,
                surface=sighting.surface,
                endpoint=sighting.endpoint.host if sighting.endpoint else None,
                user=sighting.user,
                host=scan.host.name,
                confidence=sighting.confidence,
            ),
            sighting.name or sighting.tool,
            sighting.id,
            (sighting.path,),
        )
        for sighting in scan.sightings
        if sighting.tool in tools
    ]
    agents = [
        Subject(
            Request(tool=None, at=at, surface="binary", user=agent.user, host=scan.host.name, score=agent.score),
            "an unknown agent",
            agent.id,
            (agent.path,),
        )
        for agent in scan.unknown
    ]
    return (*seen, *agents)


def _documents(path: str) -> tuple[str, ...]:
    if not os.path.isdir(path):
        return (path,)
    names = tuple(name for name in _names(path) if not name.endswith(_TESTS))
    if not names:
        raise Error("holds no *.yaml file", place=Place(shown(path, 400)), remedy="name a file, or another folder")
    return names


def _names(folder: str) -> tuple[str, ...]:
    """The YAML files of a folder in name order."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise _unopened(folder, error) from None
    wanted = (name for name in names if name.endswith(_SUFFIXES) and not name.startswith("."))
    paths = (os.path.join(folder, name) for name in wanted)
    return tuple(path for path in paths if not os.path.isdir(path))


def _read(path: str, most: int) -> bytes:
    """At most so many bytes of a regular file. `Error` where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Error("is not a regular file", place=Place(shown(path, 400)), remedy="name a file or a folder")
            return file.read(most)
    except (OSError, ValueError) as error:
        raise _unopened(path, error) from None


def _unopened(path: str, error: OSError | ValueError) -> Error:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Error(f"cannot be read: {why}", place=Place(shown(path, 400)), remedy="check the name and your rights")


def _with_command(error: Error, path: str) -> Error:
    again = f"check again with: clearance policy check {shown(path, 400)}"
    remedy = f"{error.remedy}\n  {again}" if error.remedy else again
    return Error(error.what, place=error.place, hint=error.hint, remedy=remedy)
