"""Formulae and casks of Homebrew, by the cellar and the cask room of each prefix."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.model.tool import Tool
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import sighting, text

PREFIXES: Final = ("/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew", "~/.linuxbrew", "~/homebrew")
CORE: Final = ("", "homebrew/core", "homebrew/cask")
LIMIT: Final = 1 << 18


class Homebrew:
    """`surface: package`. Names collide between taps, so a formula counts with its tap only."""

    name = "homebrew"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """Each prefix's receipts of formulae and folders of casks."""
        return tuple(
            pattern
            for prefix in PREFIXES
            for pattern in (
                Pattern(f"{prefix}/Cellar/*/*/INSTALL_RECEIPT.json", read=LIMIT, tag="brew"),
                Pattern(f"{prefix}/Caskroom/*/*", folder=True, tag="cask"),
            )
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """At most one sighting."""
        if found.pattern.tag == "cask":
            return self._cask(found, catalog)
        return self._formula(found, catalog)

    def _formula(self, found: Found, catalog: Catalog) -> Iterator[Observation]:
        keg = posixpath.dirname(found.path)
        name, version = posixpath.basename(posixpath.dirname(keg)), posixpath.basename(keg)
        candidates = _named(catalog, "brew").get(name.lower(), ())
        if not candidates:
            return
        try:
            receipt = msgspec.json.decode(found.data())
            source = receipt.get("source") if isinstance(receipt, dict) else None
            tap = text(source.get("tap")) if isinstance(source, dict) else ""
        except (ValueError, RecursionError) as error:
            yield Skipped(self.name, found.path, f"not valid JSON: {str(error)[:100]}")
            tap = ""
        for own, tool in candidates:
            if own == tap.lower() or (own in CORE and tap.lower() in CORE):
                evidence = (Evidence("brew", f"{tap or 'unknown tap'} {name} {version}"[:200]),)
                yield sighting(found, tool, "package", keg, "strong", evidence, version=version)

    def _cask(self, found: Found, catalog: Catalog) -> Iterator[Observation]:
        folder, version = posixpath.split(found.path)
        name = posixpath.basename(folder)
        if version.startswith("."):
            return
        for _, tool in _named(catalog, "cask").get(name.lower(), ()):
            evidence = (Evidence("cask", f"{name} {version}"[:200]),)
            yield sighting(found, tool, "package", found.path, "strong", evidence, version=version.partition(",")[0])


@lru_cache(maxsize=8)
def _named(catalog: Catalog, ecosystem: str) -> dict[str, tuple[tuple[str, Tool], ...]]:
    """For each last part of a name the taps and tools it may stand for."""
    index: dict[str, tuple[tuple[str, Tool], ...]] = {}
    for key, tool in catalog.by_package.items():
        kind, _, full = key.lower().partition(":")
        if kind == ecosystem:
            tap, _, name = full.rpartition("/")
            index[name] = (*index.get(name, ()), (tap, tool))
    return index
