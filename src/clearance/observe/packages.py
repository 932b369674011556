"""The package that a program lies in: the nearest metadata upwards. Identity weighs it; it is never a verdict alone."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from typing import Final

import msgspec

from clearance.observe.host import HostView
from clearance.observe.identity.types import Package

MANIFEST: Final = 1 << 18
"""Bytes of a package.json or METADATA that are read; what is longer is cut and then mostly does not parse."""

UPWARDS: Final = 8
REMEMBERED: Final = 4096
SITES: Final = ("site-packages", "dist-packages")


class _Manifest(msgspec.Struct):
    name: str = ""
    version: str = ""


class Packages:
    """Finds and remembers the packages of folders."""

    def __init__(self, view: HostView) -> None:
        self.view = view
        self._known: OrderedDict[str, Package | None] = OrderedDict()

    def nearest(self, folder: str) -> Package | None:
        """The package that a file in this folder belongs to; None where no metadata is near."""
        if folder in self._known:
            self._known.move_to_end(folder)
            return self._known[folder]
        package = self._python(folder) or self._node(folder)
        self._known[folder] = package
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return package

    def _node(self, folder: str) -> Package | None:
        for _ in range(UPWARDS):
            text = self.view.text(f"{folder}/package.json", MANIFEST)
            if text:
                try:
                    manifest = msgspec.json.decode(text.encode("utf-8", "replace"), type=_Manifest)
                except (msgspec.MsgspecError, RecursionError):
                    manifest = _Manifest()
                # A nested package.json without a name only sets the module type of a folder.
                if manifest.name:
                    return Package("npm", manifest.name, manifest.version or None, f"{folder}/package.json")
            parent, _, name = folder.rpartition("/")
            if not parent or name == "node_modules":
                return None
            folder = parent
        return None

    def _python(self, folder: str) -> Package | None:
        parts = folder.split("/")
        site = next((i for i, part in enumerate(parts) if part in SITES), None)
        if site is None or site + 1 >= len(parts):
            return None
        base = "/".join(parts[: site + 1])
        module = _normal(parts[site + 1])
        try:
            names = self.view.rooted.list(base)
        except OSError:
            return None
        for name in names:
            if not name.endswith(".dist-info"):
                continue
            project, _, version = name.removesuffix(".dist-info").rpartition("-")
            if _normal(project) == module or module in _modules(self.view.text(f"{base}/{name}/top_level.txt", 4096)):
                return Package("pypi", _normal(project), version or None, f"{base}/{name}/METADATA")
        return None


def _normal(name: str) -> str:
    """PEP 503: case, `-`, `_` and `.` make no difference."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _modules(text: str) -> set[str]:
    return {_normal(line.strip()) for line in text.splitlines() if line.strip()}


def folder_of(path: str) -> str:
    """The folder that a path lies in, without a trailing slash; empty for the root."""
    return os.path.dirname(path).rstrip("/")
