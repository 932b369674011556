"""Packages of the operating system's own managers, by their databases: dpkg, apk and pacman.

dpkg's names are those of the catalog (`deb:NAME`). Alpine's and Arch's repositories name packages as they like, and
short names collide, so there a name counts only where the recorded home page or description shows the vendor too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import named, package, sighting, text

DATABASE_LIMIT: Final = 64 << 20
"""Bytes. The status file of a machine with 5,000 packages has about 6 MB."""

RECORD_LIMIT: Final = 1 << 16

_STANZA = re.compile(rb"\n[ \t]*\r?\n")
_BUILD = re.compile(r"-(bin|git|appimage|desktop|cli|nightly|stable|latest)$")


class SystemPackages:
    """`surface: package`, from the databases of dpkg, apk and pacman."""

    name = "system-packages"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """The databases, those of images without a package manager too."""
        return (
            Pattern("/var/lib/dpkg/status", read=DATABASE_LIMIT, tag="dpkg"),
            Pattern("/var/lib/dpkg/status.d/*", read=RECORD_LIMIT, tag="dpkg"),
            Pattern("/lib/apk/db/installed", read=DATABASE_LIMIT, tag="apk"),
            Pattern("/usr/lib/apk/db/installed", read=DATABASE_LIMIT, tag="apk"),
            Pattern("/var/lib/pacman/local/*/desc", read=RECORD_LIMIT, tag="pacman"),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """A sighting for every package of a tool."""
        if found.size > found.pattern.read:
            yield Skipped(self.name, found.path, f"only the first {found.pattern.read} bytes were looked at")
        yield from _PARSERS[found.pattern.tag](found, catalog)


def dpkg(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """Debian packages whose files are installed (what was removed keeps a stanza of its own)."""
    for stanza in _STANZA.split(found.data()):
        name = _field(stanza, b"Package")
        tool = package(catalog, "deb", name) if name else None
        if tool is None:
            continue
        status = _field(stanza, b"Status")
        if status.endswith(("config-files", "not-installed")):
            continue
        version = _field(stanza, b"Version")
        evidence = (Evidence("dpkg", f"{name} {version}"[:200]),)
        yield sighting(found, tool, "package", found.path, "strong", evidence, version=version, extra=name)


def apk(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """Alpine packages: `P:` name, `V:` version, `U:` home page, `T:` description, `m:` maintainer."""
    for stanza in _STANZA.split(found.data()):
        fields = {line[:1]: line[2:] for line in reversed(stanza.split(b"\n")[:64]) if line[1:2] == b":"}
        shown = {key: value.decode("utf-8", "replace").strip() for key, value in fields.items()}
        yield from _distribution(
            found, catalog, "apk", shown.get(b"P", ""), shown.get(b"V", ""), [shown.get(b"U", ""), shown.get(b"T", "")]
        )


def pacman(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """Arch packages: `%NAME%` and the like, each followed by lines of values."""
    fields = {}
    for block in _STANZA.split(found.data()):
        key, _, value = block.strip().partition(b"\n")
        fields[key.strip(b"%")] = value.decode("utf-8", "replace").partition("\n")[0].strip()
    signs = [fields.get(b"URL", ""), fields.get(b"DESC", "")]
    yield from _distribution(found, catalog, "pacman", fields.get(b"NAME", ""), fields.get(b"VERSION", ""), signs)


_PARSERS: Final[dict[str, Callable[[Found, Catalog], Iterator[Observation]]]] = {
    "dpkg": dpkg,
    "apk": apk,
    "pacman": pacman,
}


def _distribution(
    found: Found, catalog: Catalog, manager: str, name: str, version: str, signs: list[str]
) -> Iterator[Observation]:
    match = named(catalog, _BUILD.sub("", name), signs) if name else None
    if match is None:
        return
    tool, sign = match
    evidence = (Evidence(manager, f"{name} {version}"[:200]), Evidence("vendor", sign))
    path = posixpath.dirname(found.path) if manager == "pacman" else found.path
    yield sighting(found, tool, "package", path, "strong", evidence, version=version, extra=text(name))


def _field(stanza: bytes, name: bytes) -> str:
    match = re.search(rb"^" + name + rb":[ \t]*([^\r\n]{1,300})", stanza, re.MULTILINE)
    return match[1].decode("utf-8", "replace").strip() if match else ""
