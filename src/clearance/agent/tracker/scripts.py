"""Which files a runtime reads as its program: names of a command line, followed as that runtime follows them.

Nothing is run and nothing is imported. How many files are followed is bounded, whatever the names say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

import msgspec

from clearance.agent.tracker.commands import Command
from clearance.agent.tracker.modules import find, search_path
from clearance.agent.tracker.place import Opened, Place
from clearance.model.enforcement import Means
from clearance.observe.identity.runtimes import Runtime

MOST_FILES: Final = 32
"""Files of one process that are followed from its command line."""

ENDINGS: Final = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", ".tsx")
INDEXES: Final = ("index.js", "index.mjs", "index.cjs", "index.ts")
CONDITIONS: Final = ("node", "import", "module", "require", "default")
MANIFEST_BYTES: Final = 1 << 18
UPWARDS: Final = 32
JAVASCRIPT: Final = frozenset({"node", "bun", "packed-bun", "deno", "electron"})


class Target(NamedTuple):
    """A file that is run, or a package of a registry that is named. `site` is the folder of the search path that a
    Python module was found in."""

    opened: Opened | None
    means: Means
    site: str = ""
    package: str = ""


class Started(NamedTuple):
    """A runtime that was started: how, from where, and the path of its own program."""

    runtime: Runtime
    program: str
    words: tuple[str, ...]
    environment: Mapping[str, str]
    command: Command


def targets(place: Place, started: Started) -> Iterator[Target]:
    """What is run, in order. The receiver closes what is open."""
    left = MOST_FILES
    for target in _targets(place, started):
        yield target
        left -= 1
        if left <= 0:
            return


def _targets(place: Place, started: Started) -> Iterator[Target]:
    command, environment = started.command, started.environment
    javascript = started.runtime in JAVASCRIPT
    for name in command.loaded:
        yield from specified(place, name, command.folder, environment)
    yield from _script(place, command, started.runtime)
    if command.modules or command.imports:
        folders = search_path(place, started.program, started.words, environment, command.flags)
        for name in command.modules:
            yield from _module(place, folders, name, run=True)
        for name in command.imports:
            yield from _module(place, folders, name, run=False)
    for name in command.mentioned:
        if javascript:
            yield from specified(place, name, command.folder, environment)
        elif "/" in name or name.endswith(".py"):
            yield from _opened(place.open(name))
    if command.stdin:
        yield from _opened(place.descriptor(0), "stdin")


def _script(place: Place, command: Command, runtime: Runtime) -> Iterator[Target]:
    for word in command.script:
        if word.startswith(("npm:", "file:")):
            found = list(specified(place, word, command.folder, {}))
        elif runtime == "python" and place.is_folder(place.absolute(word)):
            found = list(_opened(place.open(f"{word}/__main__.py")))
        elif runtime in JAVASCRIPT:
            found = list(_file(place, word, command.folder))
        else:
            found = list(_opened(place.open(word)))
        yield from found
        if found:
            return


def _module(place: Place, folders: tuple[str, ...], name: str, *, run: bool) -> Iterator[Target]:
    for module in find(place, folders, name, run=run):
        if (opened := place.open(f"{module.folder}/{module.path}")) is not None:
            yield Target(opened, "argv", module.folder)


def loaded(
    place: Place, started: Started, folder: str, run: tuple[str, ...], imported: tuple[str, ...]
) -> Iterator[Target]:
    """The files of Python modules that a script in `folder` has run, and imports."""
    if not run and not imported:
        return
    folders = (folder, *search_path(place, started.program, started.words, started.environment, frozenset("P")))
    for name in run:
        yield from _module(place, folders, name, run=True)
    for name in imported:
        yield from _module(place, folders, name, run=False)


def specified(place: Place, name: str, folder: str, environment: Mapping[str, str]) -> Iterator[Target]:
    """What JavaScript runtimes take a name for: an address, a path, or a package near a folder."""
    if name.startswith("npm:"):
        yield Target(None, "argv", package=name[4:].lstrip("/"))
    elif name.startswith("file://"):
        yield from _file(place, unquote(name[7:]), "")
    elif name.startswith(("/", "./", "../")) or name in (".", ".."):
        yield from _file(place, name, folder)
    elif name and ":" not in name and "\n" not in name:
        yield from _package(place, name, place.absolute(folder) if folder else place.folder, environment)


def _file(place: Place, path: str, folder: str) -> Iterator[Target]:
    for ending in ENDINGS:
        if (opened := place.open(path + ending, folder)) is not None:
            yield Target(opened, "argv")
            return
    whole = place.absolute(path, folder)
    if place.is_folder(whole):
        yield from _in_folder(place, whole)


def _in_folder(place: Place, folder: str) -> Iterator[Target]:
    """What a folder stands for: what its manifest says it exports, else its index."""
    for name in dict.fromkeys((*_named(place, folder), *INDEXES)):
        for ending in ENDINGS[:4]:
            if (opened := place.open(f"{folder}/{name}{ending}")) is not None:
                yield Target(opened, "argv")
                return


def _named(place: Place, folder: str) -> Iterator[str]:
    opened = place.open(f"{folder}/package.json")
    if opened is None:
        return
    try:
        document = msgspec.json.decode(os.pread(opened.fd, MANIFEST_BYTES, 0))
    except (OSError, msgspec.DecodeError, RecursionError):
        return
    finally:
        os.close(opened.fd)
    if not isinstance(document, dict):
        return
    exported = document.get("exports")
    if isinstance(exported, dict) and "." in exported:
        exported = exported["."]
    if isinstance(exported, dict):
        exported = next((exported[key] for key in CONDITIONS if isinstance(exported.get(key), str)), None)
    yield from (one for one in (exported, document.get("main")) if isinstance(one, str) and one)


def _package(place: Place, name: str, folder: str, environment: Mapping[str, str]) -> Iterator[Target]:
    """A package by its name, and a path in it, from `node_modules` here and above."""
    parts = name.split("/")
    count = 2 if name.startswith("@") else 1
    package, rest = "/".join(parts[:count]), "/".join(parts[count:])
    if len(parts) < count or not package or package.startswith("."):
        return
    above = os.path.normpath(folder)
    places: list[str] = []
    for _ in range(UPWARDS):
        places.append(f"{above.rstrip('/')}/node_modules")
        if above in ("/", ""):
            break
        above = os.path.dirname(above)
    places += [place.absolute(one) for one in environment.get("NODE_PATH", "").split(":") if one]
    for one in places:
        if place.is_folder(f"{one}/{package}"):
            yield from _file(place, f"{one}/{name}", "") if rest else _in_folder(place, f"{one}/{package}")
            return


def _opened(opened: Opened | None, means: Means = "argv") -> Iterator[Target]:
    if opened is not None:
        yield Target(opened, means)
