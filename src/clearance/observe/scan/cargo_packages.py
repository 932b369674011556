"""Programs that `cargo install` has built, by the record it keeps beside them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import fits, named, package, sighting, text
from clearance.observe.urls import redact

LIMIT: Final = 4 << 20

_KEY = re.compile(r"^(?P<name>\S{1,100}) (?P<version>\S{1,100}) \((?P<source>[^)]{0,1000})\)$")


class CargoPackages:
    """`surface: package`, from `.crates2.json`."""

    name = "cargo-packages"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The record in each home and wherever else cargo installs to."""
        return (Pattern("~/.cargo/.crates2.json", read=LIMIT), Pattern("**/.crates2.json", read=LIMIT))

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """A sighting for each installed crate that is a tool's: by its name in the catalog, or by name and source."""
        try:
            record = msgspec.json.decode(found.data())
        except (ValueError, RecursionError) as error:
            yield Skipped(self.name, found.path, f"not valid JSON: {str(error)[:100]}")
            return
        installs = record.get("installs") if isinstance(record, dict) else None
        for key, entry in installs.items() if isinstance(installs, dict) else ():
            match = _KEY.match(key)
            if match is None:
                continue
            source = match["source"].partition("+")[2]
            bins = entry.get("bins") if isinstance(entry, dict) else None
            programs = [text(name) for name in bins[:64]] if isinstance(bins, list) else []
            told = [Evidence("crates2.json", f"{match['name']} {match['version']}"), Evidence("source", redact(source))]
            tool = package(catalog, "cargo", match["name"])
            if tool is None:
                guess = named(catalog, match["name"], [source])
                if guess is None:
                    continue
                tool, sign = guess[0], redact(guess[1])
                told.append(Evidence("vendor", sign))
            fitting = fits(tool, programs)
            told += [Evidence("bin", ", ".join(fitting)[:200])] if fitting else []
            yield sighting(
                found, tool, "package", posixpath.dirname(found.path), "strong", told,
                version=match["version"], extra=match["name"],
            )  # fmt: skip
