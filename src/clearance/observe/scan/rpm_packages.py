"""Packages of rpm, by its database, in the place and format of each distribution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.observe import rpm_database
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import package, sighting

FOLDERS: Final = ("/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm")
FILES: Final = ("rpmdb.sqlite", "Packages.db", "Packages")
LOG: Final = "rpmdb.sqlite-wal"


class RpmPackages:
    """`surface: package`, from the rpm database."""

    name = "rpm-packages"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The database's three forms in its three places."""
        return tuple(
            Pattern(f"{folder}/{file}", read=rpm_database.MAGIC_BYTES, tag=file)
            for folder in FOLDERS
            for file in (*FILES, LOG)
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """A sighting for every package of a tool."""
        if found.pattern.tag == LOG:
            if found.size:
                yield Skipped(self.name, found.path, "packages that are only in the write-ahead log are not seen")
            return
        try:
            for entry in rpm_database.packages(found.reader):
                tool = package(catalog, "rpm", entry.name)
                if tool:
                    version = f"{entry.version}-{entry.release}" if entry.release else entry.version
                    evidence = [Evidence("rpm", f"{entry.name} {version}"[:200])]
                    if entry.vendor:
                        evidence.append(Evidence("packager", entry.vendor[:200]))
                    yield sighting(
                        found, tool, "package", found.path, "strong", evidence, version=entry.version, extra=entry.name
                    )
        except ValueError as error:
            yield Skipped(self.name, found.path, str(error))
