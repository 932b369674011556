"""Small files that start a package's program: the shims of npm, pnpm and yarn, `.cmd` and PowerShell, Scoop's `.shim`.

A launcher is no program of its own: its sighting is weak and names what it starts, and `merge` makes it evidence of the
package that it belongs to. Left over without its package it shows that the tool was there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import package, sighting, text

LIMIT: Final = 1 << 13
"""Bytes. The longest shims of pnpm have 3 KB."""

KIND: Final = "launcher"

FOLDERS: Final = (
    "~/.local/bin",
    "~/bin",
    "~/.local/share/pnpm",
    "~/.local/share/pnpm/bin",
    "~/Library/pnpm",
    "~/Library/pnpm/bin",
    "~/.npm-global/bin",
    "~/.yarn/bin",
    "~/.bun/bin",
    "~/AppData/Local/pnpm",
    "~/AppData/Local/pnpm/bin",
    "~/AppData/Roaming/npm",
    "~/AppData/Local/Yarn/bin",
    "~/scoop/shims",
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/Program Files/nodejs",
)

_PACKAGE = re.compile(r"/node_modules/((?:@[^/\s\"']{1,100}/)?[^/\s\"'@.][^/\s\"']{0,200})/[^\s\"']")
_BASE = re.compile(
    r"(?:\$basedir\w*|\$\{?basedir\w*\}?|%~?dp0%?|\$PSScriptRoot|%~dp0)[\"']{0,2}[/\\][\"']{0,2}([^\"'\r\n]{1,1000}?)[\"'\r\n]"
)
_TARGET = re.compile(r"cmd-shim-target=([^\r\n]{1,1000})|^path\s*=\s*\"?([^\"\r\n]{1,1000})", re.MULTILINE)
_INTERPRETERS = ("#!", "@", ":;", "path")


class Launchers:
    """`surface: binary`, weak, until `merge` finds the package."""

    name = "launchers"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The folders that package managers put on the path."""
        return tuple(Pattern(f"{folder}/*", read=LIMIT) for folder in FOLDERS)

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting: of the tool of which a package's file is started."""
        if found.size > LIMIT:
            return ()
        data = found.data()
        if b"node_modules" not in data and b"basedir" not in data and b"path" not in data:
            return ()
        return self._launcher(found, data.decode("utf-8", "replace"), catalog)

    def _launcher(self, found: Found, script: str, catalog: Catalog) -> Iterable[Observation]:
        if not script.startswith(_INTERPRETERS):
            return
        for target in targets(script, posixpath.dirname(found.path)):
            match = _PACKAGE.search(f"{target} ")
            tool = package(catalog, "npm", match[1]) if match else None
            if tool:
                yield sighting(found, tool, "binary", found.path, "weak", (Evidence(KIND, text(target)),))
                return


def targets(script: str, folder: str) -> list[str]:
    """What a shim in `folder` starts, as absolute paths with forward slashes; the most explicit statement first."""
    stated = [first or second for first, second in _TARGET.findall(script)]
    relative = [f"{folder}/{rest}" for rest in _BASE.findall(script)]
    return [posixpath.normpath(target.strip().replace("\\", "/")) for target in (*stated, *relative)]
