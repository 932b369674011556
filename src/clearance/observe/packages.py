"""The package that a program lies in: the nearest metadata upwards, and whether that names the file as a program.

Identity weighs it. Hostile metadata gives no package, never an error.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from clearance.observe.identity import manifests
from clearance.observe.identity.types import Package
from clearance.observe.rooted import Rooted

T = TypeVar("T")

MANIFEST: Final = 1 << 18
"""Bytes of a metadata file that are read; what is longer is cut and then mostly does not parse."""

LAUNCHER: Final = 1 << 15
"""Bytes of a program that are searched for the name of what it loads: launchers are short."""

MOST_PROGRAMS: Final = 8
UPWARDS: Final = 8
REMEMBERED: Final = 4096
SITES: Final = ("site-packages", "dist-packages")
STORE: Final = re.compile(r"archive-v\d+")
"""The folder in uv's cache whose folders each hold what one wheel held."""

MOST_DISTRIBUTIONS: Final = 5000
TOP: Final = re.compile(r"^([^/,\n.]{1,200}(?:\.py(?=,))?)[/,]", re.MULTILINE)
CONSOLE: Final = re.compile(r"^\s*[\w.+ -]{1,200}=\s*([\w.]{1,200})", re.MULTILINE)


class View(Protocol):
    """What packages are looked up in: a host, or the root of a process."""

    @property
    def rooted(self) -> Rooted:
        """Its files."""
        ...

    def text(self, path: str, limit: int = ...) -> str:
        """The beginning of a small text file; empty where there is none."""
        ...


class Manifest(msgspec.Struct, frozen=True):
    """What a `package.json` says of itself. `programs` are the files that it names as commands, as absolute paths;
    `says` is its description.
    """

    name: str
    version: str | None
    path: str
    programs: frozenset[str]
    says: str = ""


class Site(msgspec.Struct, frozen=True):
    """A folder of Python distributions: by top module, and the modules that console scripts start.

    `distributions` are all of them, for modules whose name only a distribution's list of files tells.
    """

    modules: dict[str, tuple[str, str | None, str]]
    started: frozenset[str]
    distributions: tuple[tuple[str, str | None, str], ...]


class Packages:
    """Finds and remembers the packages of folders."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._manifests: OrderedDict[str, Manifest | None] = OrderedDict()
        self._sites: OrderedDict[str, Site] = OrderedDict()
        self._listed: OrderedDict[str, dict[str, tuple[str, str | None, str]]] = OrderedDict()

    def of(self, path: str) -> Package | None:
        """The package that the file at `path` belongs to; None where no metadata is near."""
        return self._python(path) or self._node(path)

    def is_part(self, path: str, package: Package) -> bool:
        """Whether a file is but a part of an npm package that is installed: none of its programs, nor named by one.

        What a program loads first is as good as the program, unless the package says that it is something else than an
        agent: a library, a kit, a viewer. A bundle holds much that its package does not do, and bundlers write the
        line that starts a script into every part.
        """
        if package.ecosystem != "npm" or package.program or "/node_modules/" not in package.path:
            return False
        manifest = _remembered(self._manifests, os.path.dirname(package.path), self._manifest)
        if manifest is None:
            return False
        stem = f"/{os.path.basename(path).partition('.')[0]}"
        if not any(stem in self.view.text(program, LAUNCHER) for program in sorted(manifest.programs)[:MOST_PROGRAMS]):
            return True
        return manifests.ABOUT.search(manifest.says) is not None

    def _node(self, path: str) -> Package | None:
        folder = os.path.dirname(path)
        for _ in range(UPWARDS):
            found = _remembered(self._manifests, folder, self._manifest)
            if found is not None:
                return Package("npm", found.name, found.version, found.path, path in found.programs)
            parent, _, name = folder.rpartition("/")
            if not parent or name == "node_modules":
                return None
            folder = parent
        return None

    def _manifest(self, folder: str) -> Manifest | None:
        path = f"{folder}/package.json"
        text = self.view.text(path, MANIFEST)
        if not text:
            return None
        try:
            document = msgspec.json.decode(text.encode("utf-8", "replace"))
        except (msgspec.DecodeError, RecursionError):
            return None
        # A nested package.json without a name only sets the module type of a folder.
        name = document.get("name") if isinstance(document, dict) else None
        if not isinstance(name, str) or not name or len(name) > 214:
            return None
        version, commands, says = (document.get(key) for key in ("version", "bin", "description"))
        targets = [commands] if isinstance(commands, str) else commands.values() if isinstance(commands, dict) else ()
        programs = frozenset(os.path.normpath(os.path.join(folder, t)) for t in targets if isinstance(t, str))
        known = version[:64] if isinstance(version, str) else None
        return Manifest(name, known, path, programs, says[: manifests.LONGEST] if isinstance(says, str) else "")

    def _python(self, path: str) -> Package | None:
        parts = path.split("/")
        at = next((number for number, part in enumerate(parts) if part in SITES), None)
        if at is None and (store := next((n for n, part in enumerate(parts) if STORE.fullmatch(part)), None)):
            at = store + 1
        if at is None or at + 2 > len(parts):
            return None
        return self.in_site("/".join(parts[: at + 1]), "/".join(parts[at + 1 :]))

    def in_site(self, base: str, path: str) -> Package | None:
        """The distribution that brought a module to the folder `base`, on the search path; `path` counts from there."""
        parts = path.split("/")
        site = _remembered(self._sites, base, self._site)
        path = path.removesuffix("c") if path.endswith(".pyc") else path
        module = parts[0].removesuffix(".pyc").removesuffix(".py")
        found = site.modules.get(_normal(module)) or _remembered(self._listed, base, self._lists).get(module)
        if found is None:
            return None
        dotted = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        name, version, metadata = found
        return Package("pypi", name, version, metadata, dotted in site.started or dotted == f"{module}.__main__")

    def _site(self, base: str) -> Site:
        modules: dict[str, tuple[str, str | None, str]] = {}
        started: set[str] = set()
        try:
            names = [name for name in self.view.rooted.list(base) if name.endswith(".dist-info")]
        except OSError:
            names = []
        for name in names[:MOST_DISTRIBUTIONS]:
            project, _, version = name.removesuffix(".dist-info").rpartition("-")
            info = f"{base}/{name}"
            known = (_normal(project), version or None, f"{info}/METADATA")
            for line in (*self.view.text(f"{info}/top_level.txt", MANIFEST).split(), project):
                modules.setdefault(_normal(line), known)
            _, found, scripts = self.view.text(f"{info}/entry_points.txt", MANIFEST).partition("[console_scripts]")
            if found:
                started.update(CONSOLE.findall(scripts.partition("\n[")[0]))
        return Site(modules, frozenset(started), tuple(dict.fromkeys(modules.values())))

    def _lists(self, base: str) -> dict[str, tuple[str, str | None, str]]:
        """By top module, the distribution that says it brought it."""
        found: dict[str, tuple[str, str | None, str]] = {}
        for known in _remembered(self._sites, base, self._site).distributions:
            record = self.view.text(f"{os.path.dirname(known[2])}/RECORD", MANIFEST)
            for top in dict.fromkeys(TOP.findall(record)):
                found.setdefault(top.removesuffix(".py"), known)
        return found


def _remembered(memory: OrderedDict[str, T], key: str, find: Callable[[str], T]) -> T:
    if key in memory:
        memory.move_to_end(key)
        return memory[key]
    memory[key] = find(key)
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)
    return memory[key]


def _normal(name: str) -> str:
    """PEP 503: case, `-`, `_` and `.` make no difference."""
    return re.sub(r"[-_.]+", "-", name).lower()
