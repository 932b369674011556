"""Which files a runtime reads as its program: names of a command line, followed as that runtime follows them.

Nothing is run and nothing is imported. How many files are followed is bounded, whatever the names say.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import unquote

import msgspec

from clearance.agent.tracker.commands import Command, bun, javascript, node, python
from clearance.agent.tracker.modules import customized, find, named_folders, search_path
from clearance.agent.tracker.place import Opened, Place
from clearance.model.enforcement import Means
from clearance.observe.identity.runtimes import Runtime

MOST_FILES: Final = 48
"""Files of one process that are followed from its command line."""

MANY_NAMES: Final = 16
"""Of more names of modules, those are looked for that lie on the search path as files and folders."""

ENDINGS: Final = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", ".tsx")
INDEXES: Final = ("index.js", "index.mjs", "index.cjs", "index.ts")
_ADDRESS: Final = re.compile(r"file:(?://(?:localhost)?(?=/))?(?=/)", re.IGNORECASE)
_PATH: Final = re.compile(r"[?#]")
MANIFEST_BYTES: Final = 1 << 18
SETTINGS_BYTES: Final = 1 << 16
MOST_EXPORTED: Final = 8
NESTED: Final = 4
"""How deep `data:` addresses lie in one another, and conditions of what a package exports."""

UPWARDS: Final = 32
JAVASCRIPT: Final = frozenset({"node", "bun", "packed-bun", "deno", "electron"})


class Target(NamedTuple):
    """A file that is run, a package of a registry that is named, or the beginning of a text that comes through a pipe.
    `site` is the folder of the search path that a Python module was found in. `perhaps`: a text names it, which may be
    to read it only."""

    opened: Opened | None
    means: Means
    site: str = ""
    package: str = ""
    text: bytes = b""
    perhaps: bool = False


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
    runs_javascript = started.runtime in JAVASCRIPT
    yield from _script(place, command, started.runtime)
    for name in (*command.loaded, *_in_settings(place, command)):
        yield from specified(place, name, command.folder, environment)
    if command.modules or command.imports:
        own = tuple(place.absolute(one) for one in command.places)
        folders = (*own, *search_path(place, started.program, started.words, environment, command.flags))
        for name in command.modules:
            yield from _module(place, folders, name, run=True)
        near = tuple(one for one in folders if one in (*own, place.folder, *named_folders(place, environment)))
        for name in command.imports:
            yield from _module(place, near if python.is_own(name) else folders, name, run=False)
    for name in command.mentioned:
        found = specified(place, name, command.folder, environment) if runs_javascript else _opened(place.open(name))
        yield from (target._replace(perhaps=True) for target in found)
    if command.stdin:
        yield from _opened(place.descriptor(0), "stdin")
        yield from _piped(place, "/dev/fd/0")
    if started.runtime == "python":
        for path in customized(place, environment, command.flags):
            yield from _opened(place.open(path))


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
        found = found or list(_piped(place, word))
        yield from found
        if found:
            return


def _module(place: Place, folders: tuple[str, ...], name: str, *, run: bool) -> Iterator[Target]:
    for module in find(place, folders, name, run=run):
        path = f"{module.folder}/{module.path}" if module.path else module.folder
        if (opened := place.open(path)) is not None:
            yield Target(opened, "argv", module.folder if module.path else "")


def loaded(
    place: Place, started: Started, folder: str, run: tuple[str, ...], imported: tuple[str, ...],
    places: tuple[str, ...] = (),
) -> Iterator[Target]:  # fmt: skip
    """The files of Python modules that a script in `folder` has run, and imports; looked for in `places` first."""
    if not run and not imported:
        return
    near = (folder, *(place.absolute(one) for one in places), *named_folders(place, started.environment))
    folders = (*near, *search_path(place, started.program, started.words, started.environment, frozenset("P")))
    if len(imported) > MANY_NAMES:
        there = {name.partition(".")[0] for one in folders for name in place.names(one)}
        imported = tuple(name for name in imported if name.partition(".")[0] in there)
    for name in run:
        yield from _module(place, folders, name, run=True)
    for name in imported:
        yield from _module(place, near if python.is_own(name) else folders, name, run=False)


def beside(place: Place, folder: str, name: str) -> Iterator[Target]:
    """The file of a Python module that lies in a folder of its own package."""
    yield from _module(place, (folder,), name, run=False)


def _in_settings(place: Place, command: Command) -> Iterator[str]:
    """What files of variables have loaded."""
    for path in command.settings:
        if text := _text(place, path, SETTINGS_BYTES):
            said = text.decode("utf-8", "surrogateescape")
            yield from (bun.in_settings(said) if path.endswith(".toml") else node.in_settings(said))


def specified(
    place: Place, name: str, folder: str, environment: Mapping[str, str], nested: int = NESTED
) -> Iterator[Target]:
    """What JavaScript runtimes take a name for: an address, a path, or a package near a folder."""
    if name.startswith("npm:"):
        yield Target(None, "argv", package=name[4:].lstrip("/"))
    elif match := _ADDRESS.match(name):
        yield from _file(place, unquote(_PATH.split(name[match.end() :], maxsplit=1)[0]), "")
    elif name.startswith("data:"):
        for inner in javascript.loads(javascript.data(name)) if nested else ():
            yield from specified(place, inner, folder, environment, nested - 1)
    elif name.startswith(("/", "./", "../")) or name in (".", ".."):
        yield from _file(place, name, folder)
    elif name.startswith("#"):
        yield from _own(place, name, place.absolute(folder) if folder else place.folder)
    elif name and ":" not in name and "\n" not in name:
        yield from _package(place, name, place.absolute(folder) if folder else place.folder, environment)


def _file(place: Place, path: str, folder: str) -> Iterator[Target]:
    """What a path leads to; what is imported may be written as an address is."""
    for name in dict.fromkeys((path, unquote(_PATH.split(path, maxsplit=1)[0]))):
        for ending in ENDINGS:
            if (opened := place.open(name + ending, folder)) is not None:
                yield Target(opened, "argv")
                return
    whole = place.absolute(path, folder)
    if place.is_folder(whole):
        yield from _in_folder(place, whole)


def _in_folder(place: Place, folder: str) -> Iterator[Target]:
    """What a folder stands for: what its manifest says it exports, else its index."""
    document = _manifest(place, folder)
    found = list(_first(place, folder, _exported(document.get("exports"), ".")))
    main = document.get("main")
    yield from found or islice(_first(place, folder, (*((main,) if isinstance(main, str) else ()), *INDEXES)), 1)


def _first(place: Place, folder: str, names: Iterable[str]) -> Iterator[Target]:
    """The files that names in a folder lead to."""
    for name in dict.fromkeys(names):
        for ending in ENDINGS[:4]:
            if name and (opened := place.open(f"{folder}/{name}{ending}")) is not None:
                yield Target(opened, "argv")
                break


def _manifest(place: Place, folder: str) -> dict[str, object]:
    try:
        document = msgspec.json.decode(_text(place, f"{folder}/package.json", MANIFEST_BYTES) or b"{}")
    except (msgspec.DecodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _exported(table: object, key: str) -> tuple[str, ...]:
    """The files that a table of a manifest has for a name, whatever they are for."""
    if not isinstance(table, dict) or not any(isinstance(one, str) and one[:1] in (".", "#") for one in table):
        return tuple(_conditioned(table))[:MOST_EXPORTED] if key == "." else ()
    if key in table:
        return tuple(_conditioned(table[key]))[:MOST_EXPORTED]
    for pattern, value in table.items():
        first, star, last = pattern.partition("*")
        if star and key.startswith(first) and key.endswith(last) and len(key) >= len(first) + len(last):
            middle = key[len(first) : len(key) - len(last)]
            return tuple(one.replace("*", middle) for one in _conditioned(value))[:MOST_EXPORTED]
    return ()


def _conditioned(value: object, nested: int = NESTED) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and nested:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _conditioned(one, nested - 1)


def _own(place: Place, name: str, folder: str) -> Iterator[Target]:
    """What the package that a folder lies in calls by such a name."""
    for above in _upwards(folder):
        document = _manifest(place, above)
        if document:
            yield from _first(place, above, _exported(document.get("imports"), name))
            return


def _upwards(folder: str) -> Iterator[str]:
    above = os.path.normpath(folder)
    for _ in range(UPWARDS):
        yield above
        if above in ("/", ""):
            return
        above = os.path.dirname(above)


def _package(place: Place, name: str, folder: str, environment: Mapping[str, str]) -> Iterator[Target]:
    """A package by its name, and a path in it, from `node_modules` here and above."""
    parts = name.split("/")
    count = 2 if name.startswith("@") else 1
    package, rest = "/".join(parts[:count]), "/".join(parts[count:])
    if len(parts) < count or not package or package.startswith("."):
        return
    places = [f"{above.rstrip('/')}/node_modules" for above in _upwards(folder)]
    places += [place.absolute(one) for one in environment.get("NODE_PATH", "").split(":") if one]
    for one in places:
        if place.is_folder(f"{one}/{package}"):
            if not rest:
                yield from _in_folder(place, f"{one}/{package}")
                return
            names = _exported(_manifest(place, f"{one}/{package}").get("exports"), f"./{rest}")
            yield from _first(place, f"{one}/{package}", names) if names else _file(place, f"{one}/{name}", "")
            return


def _piped(place: Place, path: str) -> Iterator[Target]:
    if text := place.piped(path):
        yield Target(None, "stdin", text=text)


def _opened(opened: Opened | None, means: Means = "argv") -> Iterator[Target]:
    if opened is not None:
        yield Target(opened, means)


def _text(place: Place, path: str, most: int) -> bytes:
    """The beginning of a file; empty where there is none."""
    opened = place.open(path)
    if opened is None:
        return b""
    try:
        return os.pread(opened.fd, most, 0)
    except OSError:
        return b""
    finally:
        os.close(opened.fd)
