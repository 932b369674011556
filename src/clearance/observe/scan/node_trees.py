"""What a project's `node_modules` says of itself: npm's list of what it put there, and the folders of pnpm and bun.

A project may have hundreds of thousands of files that a bounded walk does not go into. These few show every package in
them, aliases and nested ones too. A sighting gives the package's own folder: what is read there is the same one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.model.terms import Confidence
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import package, sighting, text
from clearance.observe.scan.node_packages import Manifest, part, place

LIMIT: Final = 64 << 20
"""Bytes. A project of 5,000 packages has a list of 2 MB."""

LONGEST_KEY: Final = 4000
STORES: Final = (".pnpm", ".bun")

_FOLDER = re.compile(r"^(?P<name>(?:@[^+@/]+\+)?[^+@/]+)@(?P<version>[^_(+/]+)")


def package_in_store(folder: str) -> str:
    """The package that a folder of a store holds, by the folder's name; empty where the name is of another form."""
    match = _FOLDER.match(folder)
    return match["name"].replace("+", "/") if match else ""


class Listing(msgspec.Struct, frozen=True):
    """What the probe asks of npm's list. A package's name is there only where its folder has another."""

    packages: dict[str, Manifest] = {}


class NodeTrees:
    """`surface: package`, of projects."""

    name = "node-trees"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The list, and for every npm package of the catalog its folders in the stores of a project."""
        names = sorted(key.removeprefix("npm:") for key in catalog.by_package if key.startswith("npm:"))
        return (
            Pattern("**/node_modules/.package-lock.json", read=LIMIT),
            *(
                Pattern(f"**/node_modules/{store}/{name.replace('/', '+')}@*", folder=True)
                for store in STORES
                for name in names
            ),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """A sighting for every package of a tool."""
        return self._folder(found, catalog) if found.folder else self._listed(found, catalog)

    def _folder(self, found: Found, catalog: Catalog) -> Iterator[Observation]:
        folder = posixpath.basename(found.path)
        match, name = _FOLDER.match(folder), package_in_store(folder)
        tool = package(catalog, "npm", name)
        if match and tool:
            root = f"{found.path}/node_modules/{name}"
            how, project = place(root)
            told = (Evidence("store", f"{name}@{match['version']}"[:200]), Evidence("place", how))
            version = match["version"]
            yield sighting(found, tool, "package", root, "strong", told, version=version, repository=project)

    def _listed(self, found: Found, catalog: Catalog) -> Iterator[Observation]:
        try:
            listing = msgspec.json.decode(found.data(), type=Listing)
        except (ValueError, RecursionError) as error:
            reason = f"larger than {LIMIT} bytes" if found.size > LIMIT else f"not valid JSON: {str(error)[:100]}"
            yield Skipped(self.name, found.path, reason)
            return
        base = posixpath.dirname(posixpath.dirname(found.path))
        for key, entry in listing.packages.items():
            folder = key.rpartition("node_modules/")[2]
            name = entry.name if isinstance(entry.name, str) else folder
            tool = package(catalog, "npm", name)
            if tool is None or not folder or ".." in key or len(key) > LONGEST_KEY:
                continue
            root = f"{base.rstrip('/')}/{key}"
            how, project = place(root)
            version = text(entry.version)
            told = [Evidence("package-lock", f"{name[:214]}@{version}"), Evidence("place", how)]
            told += part(msgspec.structs.replace(entry, name=name))
            confidence: Confidence = "weak" if told[-1].kind == "part" else "strong"
            yield sighting(found, tool, "package", root, confidence, told, version=version, repository=project)
