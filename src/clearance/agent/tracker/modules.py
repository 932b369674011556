"""Which file `python -m NAME` runs: over the folders that this interpreter would search, without running it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from clearance.agent.tracker.place import Place
from clearance.observe import archive
from clearance.observe.reader import FdReader

MOST_LINKS: Final = 32
"""Files of added folders (`.pth`) that are read in one folder, and lines in each."""

ENDINGS: Final = (".py", ".pyc")
MOST_MEMBERS: Final = 20_000
PTH_BYTES: Final = 8192
MOST_NAMES: Final = 4_096
IGNORES_SITES: Final = frozenset("S")
IGNORES_ENVIRONMENT: Final = frozenset("EI")
IGNORES_FOLDER: Final = frozenset("PI")
IGNORES_USER: Final = frozenset("sI")


class Module(NamedTuple):
    """Where a module lies: the folder on the search path, and the path from there; none in an archive on it."""

    folder: str
    path: str


def find(place: Place, folders: tuple[str, ...], name: str, *, run: bool) -> Iterator[Module]:
    """The files that a module's name leads to. `run`: as a program, else as an import.

    The package that a module lies in is run before it.
    """
    if not name or not all(part.isidentifier() for part in name.split(".")) or len(name) > 200:
        return
    base = name.replace(".", "/")
    stems = (f"{base}/__main__" if run else f"{base}/__init__", base)
    package = f"{name.partition('.')[0]}/__init__"
    for folder in folders:
        found = _source(place, folder, stems)
        if found:
            yield Module(folder, found)
            whole = _source(place, folder, (package,))
            if whole not in ("", found):
                yield Module(folder, whole)
            return
        if _holds(place, folder, stems):
            yield Module(folder, "")
            return


def _source(place: Place, folder: str, stems: tuple[str, ...]) -> str:
    """The first of these that is there, as text or compiled."""
    tries = (f"{stem}{ending}" for stem in stems for ending in ENDINGS)
    return next((path for path in tries if _is_file(place, f"{folder}/{path}")), "")


def _holds(place: Place, path: str, stems: tuple[str, ...]) -> bool:
    """Whether a place on the search path is an archive that has one of these."""
    opened = place.open(path)
    if opened is None:
        return False
    wanted = {f"{stem}{ending}" for stem in stems for ending in ENDINGS}
    try:
        names = islice(archive.members(FdReader(opened.fd, opened.what.st_size)), MOST_MEMBERS)
        return any(member.name in wanted for member in names)
    except (ValueError, OSError):
        return False
    finally:
        os.close(opened.fd)


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
        found.update(dict.fromkeys(named_folders(place, environment)))
    sites = [site for prefix in _prefixes(place, program, words, environment) for site in _sites(place, prefix)]
    if not flags & IGNORES_USER:
        base = environment.get("PYTHONUSERBASE") or f"{environment.get('HOME', '')}/.local"
        sites += _sites(place, base)
    for site in sites:
        found[site] = None
    for site in sites:
        found.update(dict.fromkeys(_added(place, site)))
    return tuple(found)


def named_folders(place: Place, environment: Mapping[str, str]) -> list[str]:
    """The folders that the environment names to look for modules in."""
    return [place.absolute(one) for one in environment.get("PYTHONPATH", "").split(":") if one]


def customized(place: Place, environment: Mapping[str, str], flags: frozenset[str]) -> Iterator[str]:
    """The files that an interpreter runs before all else, where the environment or the user's own folder has them."""
    if flags & IGNORES_SITES:
        return
    folders: list[str] = []
    if not flags & IGNORES_ENVIRONMENT:
        folders += named_folders(place, environment)
    own: list[str] = []
    if not flags & IGNORES_USER:
        own = _sites(place, environment.get("PYTHONUSERBASE") or f"{environment.get('HOME', '')}/.local")
    for folder in (*folders, *own):
        for name in ("sitecustomize", "usercustomize"):
            if found := _source(place, folder, (f"{name}/__init__", name)):
                yield f"{folder}/{found}"
    for folder in own:
        yield from (f"{folder}/{name}" for name in place.names(folder)[:MOST_NAMES] if name.endswith(".pth"))


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
