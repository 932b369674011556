"""What the registered probes say about a folder tree: every file is offered to every pattern that it matches.

Independent of the walk, so that a test of a probe's patterns does not rest on the walk's own matching.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from clearance.catalog.index import Catalog
from clearance.model.sighting import Sighting, Skipped
from clearance.model.terms import OS
from clearance.observe.probe import Found, Home, Observation, Pattern, Probe
from clearance.observe.scan import PROBES
from clearance.observe.scan.applications import Applications
from clearance.observe.scan.browser_extensions import BrowserExtensions
from clearance.observe.scan.bundled_packages import BundledPackages
from clearance.observe.scan.cargo_packages import CargoPackages
from clearance.observe.scan.conda_packages import CondaPackages
from clearance.observe.scan.editor_extensions import EditorExtensions
from clearance.observe.scan.emacs_packages import EmacsPackages
from clearance.observe.scan.homebrew import Homebrew
from clearance.observe.scan.install_places import InstallPlaces
from clearance.observe.scan.jetbrains import JetBrainsPlugins
from clearance.observe.scan.launchers import Launchers
from clearance.observe.scan.manifests import Manifests
from clearance.observe.scan.node_caches import NodeCaches
from clearance.observe.scan.node_trees import NodeTrees
from clearance.observe.scan.python_packages import PythonPackages
from clearance.observe.scan.rpm_packages import RpmPackages
from clearance.observe.scan.system_packages import SystemPackages
from clearance.observe.scan.vim_plugins import VimPlugins
from clearance.observe.scan.windows_packages import WindowsPackages
from clearance.observe.scan.zed import ZedExtensions

PACKAGE_PROBES: tuple[Probe, ...] = (
    Manifests(), NodeTrees(), NodeCaches(), PythonPackages(), CondaPackages(), CargoPackages(), SystemPackages(),
    RpmPackages(),
    BundledPackages(), Homebrew(), WindowsPackages(), Applications(), Launchers(), InstallPlaces(), EditorExtensions(),
    JetBrainsPlugins(), ZedExtensions(), VimPlugins(), EmacsPackages(), BrowserExtensions(),
)  # fmt: skip
"""The probes of packages, applications, editors and browsers."""


class FileReader:
    """Reads a file of the tree when asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size

    def read(self, offset: int, length: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


@lru_cache(maxsize=4096)
def regex(glob: str, home: str) -> re.Pattern[str]:
    """The glob's meaning, as `Pattern` states it."""
    parts = []
    for part in re.split(r"(\*\*/|\*\*|\*)", glob.replace("~/", f"{home}/", 1) if glob.startswith("~/") else glob):
        parts.append({"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*"}.get(part) or re.escape(part))
    text = "".join(parts)
    return re.compile(f"/{text}" if glob.startswith("**/") else text, re.DOTALL)


def matching(pattern: Pattern, path: str, homes: Sequence[Home]) -> bool:
    if pattern.glob.startswith("~/"):
        return any(regex(pattern.glob, home.path).fullmatch(path) for home in homes)
    return regex(pattern.glob, "").fullmatch(path) is not None


def offered(root: Path, homes: Sequence[Home], os_name: OS) -> Iterator[Found]:
    """Every file and folder below the root, without a pattern yet."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        names = tuple(sorted([*files, *folders]))
        for name in sorted([*files, *folders]):
            real = Path(folder, name)
            if real.is_symlink():
                continue
            path = "/" + str(real.relative_to(root))
            home = max((h for h in homes if path.startswith(h.path + "/")), key=lambda h: len(h.path), default=None)
            is_folder = real.is_dir()
            own = tuple(sorted(os.listdir(real))) if is_folder else names
            yield Found(
                path, Pattern(""), FileReader(real), home=home, os=os_name, size=real.stat().st_size, names=own,
                folder=is_folder, mtime=0.0,
            )  # fmt: skip


def observe(
    root: Path, catalog: Catalog, homes: Sequence[Home], *, os_name: OS = "linux", probes: Sequence[Probe] = PROBES
) -> list[Observation]:
    """All observations, in path order."""
    patterns = [(probe, pattern) for probe in probes for pattern in probe.patterns(catalog)]
    candidates: dict[str, list[tuple[Probe, Pattern]]] = {}
    seen: list[Observation] = []
    for found in offered(root, homes, os_name):
        name = found.path.rpartition("/")[2]
        if name not in candidates:
            candidates[name] = [one for one in patterns if fnmatchcase(name, one[1].glob.rpartition("/")[2])]
        for probe, pattern in candidates[name]:
            if pattern.folder == found.folder and matching(pattern, found.path, homes):
                found.pattern = pattern
                seen.extend(probe.parse(found, catalog))
    return seen


def sightings(observations: Sequence[Observation]) -> list[Sighting]:
    return [one for one in observations if isinstance(one, Sighting)]


def skipped(observations: Sequence[Observation]) -> list[Skipped]:
    return [one for one in observations if isinstance(one, Skipped)]
