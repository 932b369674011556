"""Packages that npm, pnpm and yarn keep packed: yarn's zipped cache and its loader file, npm's and pnpm's indexes.

A zipped package runs as it lies there, so it counts as one that is installed. An index entry only shows that the
package was fetched once: a weak sighting, of what may be left of a use that is over.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final

import msgspec

from clearance.catalog.index import Catalog
from clearance.model.sighting import Evidence, Skipped
from clearance.model.terms import Confidence
from clearance.observe import archive
from clearance.observe.probe import Found, Observation, Pattern
from clearance.observe.scan.claims import fits, package, sighting, text
from clearance.observe.scan.node_packages import LIMIT, Manifest, declared

LOADER_LIMIT: Final = 16 << 20
INDEX_LIMIT: Final = 8192

_ZIP = re.compile(r"^(?P<slug>.+)-npm-(?P<version>.+?)-[0-9a-f]{6,}(?:-[0-9a-f]+)?\.zip$")
_LOCATION = re.compile(rb'\["(?:npm|virtual):([^"]{1,200})",\s*\{[\\\s]*"packageLocation":\s*"([^"]{1,2000})"')
_TARBALL = re.compile(
    rb'"key":"[^"]{0,400}?/((?:@[^/"%]{1,100}(?:/|%2[fF]))?[^/"@]{1,200})/-/[^/"]{1,200}?-(\d[^/"]{0,100})\.tgz"'
)
_TIME = re.compile(rb'"time":(\d{10,14})')


class NodeCaches:
    """`surface: package`, from what package managers keep packed."""

    name = "node-caches"

    def patterns(self, catalog: Catalog) -> tuple[Pattern, ...]:
        """All of them anywhere. The indexes may have tens of thousands of entries: they are not looked up, but met."""
        return (
            Pattern("~/.yarn/berry/cache/*.zip", read=archive.MAGIC_BYTES, tag="zip"),
            Pattern("~/AppData/Local/Yarn/Berry/cache/*.zip", read=archive.MAGIC_BYTES, tag="zip"),
            Pattern("**/.yarn/cache/*.zip", read=archive.MAGIC_BYTES, tag="zip"),
            Pattern("**/.pnp.cjs", read=LOADER_LIMIT, tag="loader"),
            Pattern("**/.pnp.data.json", read=LOADER_LIMIT, tag="loader"),
            Pattern("**/_cacache/index-v5/*/*/*", read=INDEX_LIMIT, tag="npm"),
            Pattern("**/pnpm/store/*/index/*/*.json", read=INDEX_LIMIT, tag="pnpm"),
        )

    def parse(self, found: Found, catalog: Catalog) -> Iterable[Observation]:
        """The tools' packages that this file holds or names."""
        return _PARSERS[found.pattern.tag](found, catalog)


def zipped(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A package that yarn runs out of its archive, by the `package.json` in it."""
    file = _ZIP.match(posixpath.basename(found.path))
    name = _slugs(catalog).get(file["slug"]) if file else None
    tool = package(catalog, "npm", name) if name else None
    if file is None or name is None or tool is None:
        return
    evidence = [Evidence("yarn-archive", f"{name}@{file['version']}"[:200])]
    version = file["version"]
    programs: list[str] = []
    named_inside = False
    try:
        data = archive.member(found.reader, f"node_modules/{name}/package.json", LIMIT)
        manifest = msgspec.json.decode(data or b"{}", type=Manifest)
        if manifest.name == name:
            named_inside = True
            version = text(manifest.version)
            programs = list(declared(manifest))
            evidence.append(Evidence("package.json", f"{name}@{version}"))
    except (ValueError, RecursionError) as error:
        yield Skipped(NodeCaches.name, found.path, str(error)[:200])
    fitting = fits(tool, programs)
    if fitting:
        evidence.append(Evidence("bin", ", ".join(fitting)[:200]))
    project, own, _ = found.path.partition("/.yarn/cache/")
    evidence.append(Evidence("place", "project" if own else "yarn cache"))
    confidence: Confidence = "certain" if fitting else "strong" if named_inside else "weak"
    repository = (project or "/") if own else None
    yield sighting(found, tool, "package", found.path, confidence, evidence, version=version, repository=repository)


def loader(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """The tools' packages that a project's yarn loader file hands out."""
    project = posixpath.dirname(found.path)
    for match in _LOCATION.finditer(found.data()):
        version, location = (group.decode("utf-8", "replace") for group in match.groups())
        name = location.rstrip("/").rpartition("/node_modules/")[2]
        tool = package(catalog, "npm", name)
        if tool is None:
            continue
        version = version.rpartition("#npm:")[2]
        evidence = (Evidence("yarn-loader", f"{name}@{version}"[:200]), Evidence("location", location[:200]))
        yield sighting(
            found, tool, "package", found.path, "strong", evidence, version=version, repository=project, extra=name
        )


def fetched(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """Tools' packages that npm has downloaded, and when."""
    data = found.data()
    for match in _TARBALL.finditer(data):
        plain = match[1].decode("utf-8", "replace").replace("%2f", "/").replace("%2F", "/")
        tool = package(catalog, "npm", plain)
        if tool is None:
            continue
        shown = match[2].decode("utf-8", "replace")
        at = _TIME.search(data, match.end())
        evidence = (
            Evidence("npm-cache", f"{plain}@{shown}"),
            Evidence("fetched", _day(int(at[1])) if at else "unknown"),
        )
        yield sighting(found, tool, "package", found.path, "weak", evidence, version=shown, extra=f"{plain}@{shown}")


def stored(found: Found, catalog: Catalog) -> Iterator[Observation]:
    """A tool's package in pnpm's store, which keeps the files under names of their own."""
    match = re.match(rb'\s*\{"name":"([^"\\]{1,214})","version":"([^"\\]{1,200})"', found.data())
    tool = package(catalog, "npm", match[1].decode("utf-8", "replace")) if match else None
    if match is None or tool is None:
        return
    name, version = match[1].decode("utf-8", "replace"), match[2].decode("utf-8", "replace")
    yield sighting(
        found,
        tool,
        "package",
        found.path,
        "weak",
        (Evidence("pnpm-store", f"{name}@{version}"[:200]),),
        version=version,
    )


_PARSERS: Final[dict[str, Callable[[Found, Catalog], Iterator[Observation]]]] = {
    "zip": zipped,
    "loader": loader,
    "npm": fetched,
    "pnpm": stored,
}


def _day(milliseconds: int) -> str:
    try:
        return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "unknown"


@lru_cache(maxsize=8)
def _slugs(catalog: Catalog) -> dict[str, str]:
    """Yarn's file name for each npm package of the catalog."""
    names = (key.removeprefix("npm:") for key in catalog.by_package if key.startswith("npm:"))
    return {name.replace("/", "-"): name for name in names}
