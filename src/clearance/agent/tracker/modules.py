"""Which file `python -m NAME` runs: over the folders that this interpreter would search, without running it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from clearance.agent.tracker.place import Place

MOST_LINKS: Final = 32
"""Files of added folders (`.pth`) that are read in one folder, and lines in each."""

PTH_BYTES: Final = 8192
IGNORES_ENVIRONMENT: Final = frozenset("EI")
IGNORES_FOLDER: Final = frozenset("PI")
IGNORES_USER: Final = frozenset("sI")


class Module(NamedTuple):
    """Where a module lies: the folder on the search path, and the path from there."""

    folder: str
    path: str


def find(place: Place, folders: tuple[str, ...], name: str, *, run: bool) -> Iterator[Module]:
    """The files that a module's name leads to. `run`: as a program, else as an import.

    The package that a module lies in is run before it.
    """
    if not name or not all(part.isidentifier() for part in name.split(".")) or len(name) > 200:
        return
    base = name.replace(".", "/")
    tries = (f"{base}/__main__.py", f"{base}.py") if run else (f"{base}/__init__.py", f"{base}.py")
    package = f"{name.partition('.')[0]}/__init__.py"
    for folder in folders:
        found = next((path for path in tries if _is_file(place, f"{folder}/{path}")), None)
        if found is not None:
            yield Module(folder, found)
            if found != package and _is_file(place, f"{folder}/{package}"):
                yield Module(folder, package)
            return


def _is_file(place: Place, path: str) -> bool:
    opened = place.open(path)
    if opened is None:
        return False
    os.close(opened.fd)
    return True


def search_path(
    place: Place, program: str, words: tuple[str, ...], environment: Mapping[str, str], flags: frozenset[str]
) -> tuple[str, ...]:
    """The folders that the interpreter `program`, started with these words, looks for modules in."""
    found: dict[str, None] = {}
    if not flags & IGNORES_FOLDER:
        found[place.folder] = None
    if not flags & IGNORES_ENVIRONMENT:
        for folder in environment.get("PYTHONPATH", "").split(":"):
            if folder:
                found[place.absolute(folder)] = None
    sites = [site for prefix in _prefixes(place, program, words, environment) for site in _sites(place, prefix)]
    if not flags & IGNORES_USER:
        base = environment.get("PYTHONUSERBASE") or f"{environment.get('HOME', '')}/.local"
        sites += _sites(place, base)
    for site in sites:
        found[site] = None
    for site in sites:
        found.update(dict.fromkeys(_added(place, site)))
    return tuple(found)


def _prefixes(place: Place, program: str, words: tuple[str, ...], environment: Mapping[str, str]) -> list[str]:
    """Where the interpreter was installed, and the virtual environment that it was started in."""
    started = words[0] if words else ""
    if started and "/" not in started:
        for folder in environment.get("PATH", "").split(":"):
            if folder and (opened := place.open(f"{folder}/{started}")) is not None:
                os.close(opened.fd)
                started = f"{folder}/{started}"
                break
    found: list[str] = []
    if "/" in started:
        folder = os.path.dirname(place.absolute(started))
        for prefix in (os.path.dirname(folder), folder):
            if (opened := place.open(f"{prefix}/pyvenv.cfg")) is not None:
                os.close(opened.fd)
                found.append(prefix)
        found.append(os.path.dirname(folder))
    if environment.get("PYTHONHOME"):
        found.append(environment["PYTHONHOME"].partition(":")[0])
    prefix = os.path.dirname(os.path.dirname(program))
    found += [prefix, "/usr/local"] if prefix == "/usr" else [prefix]
    return list(dict.fromkeys(os.path.normpath(one) for one in found if one.startswith("/")))


def _sites(place: Place, prefix: str) -> list[str]:
    found: list[str] = []
    for library in ("lib", "lib64"):
        for name in place.names(f"{prefix}/{library}"):
            if name.startswith(("python", "pypy")):
                found += [
                    f"{prefix}/{library}/{name}/{site}"
                    for site in ("site-packages", "dist-packages")
                    if place.is_folder(f"{prefix}/{library}/{name}/{site}")
                ]
    return found


def _added(place: Place, site: str) -> Iterator[str]:
    """Folders that path files of a site add to the search path, as editable installs do."""
    for name in [name for name in place.names(site) if name.endswith(".pth")][:MOST_LINKS]:
        opened = place.open(f"{site}/{name}")
        if opened is None:
            continue
        try:
            text = os.fsdecode(os.pread(opened.fd, PTH_BYTES, 0))
        except OSError:
            continue
        finally:
            os.close(opened.fd)
        for line in text.splitlines()[:MOST_LINKS]:
            if line.strip() and not line.startswith(("#", "import ", "import\t")):
                yield os.path.normpath(f"{site}/{line.strip()}") if not line.startswith("/") else line.strip()
